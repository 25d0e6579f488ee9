// SPDX-License-Identifier: BSL-1.0
// Acknowledgements both ways: a handler answers its event, and the server asks a client and waits for it.
// Try it: socket.emit("divide", 7, 2, console.log) prints { quotient: 3, remainder: 1, error: '' };
//         socket.on("guess", (low, high, answer) => answer(42)); socket.emit("play", 42, console.log).
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/describe/class.hpp>

#include <iostream>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

/// Travels as an object of its members.
struct division
{
    int quotient = 0;
    int remainder = 0;
    std::string error;
};
BOOST_DESCRIBE_STRUCT(division, (), (quotient, remainder, error))

/// The last parameter is the answer: call it once, now or later.
void divide(int dividend, int divisor, sio::ack<division> reply)
{
    if (divisor == 0 || divisor == -1)
        return reply({.error = "I do not divide by that."});
    reply({.quotient = dividend / divisor, .remainder = dividend % divisor});
}

/// A handler may be a coroutine. The client has two seconds for each answer; no answer is an error, not
/// an exception.
sio::task<> play(sio::json_socket socket, int secret, sio::ack<std::string> reply)
{
    for (int tries = 1; tries <= 3; ++tries) {
        const sio::result<int> guess = co_await socket.emit_with_ack<int>(2s, "guess", 1, 100);
        if (!guess) {
            reply("No guess: " + guess.error().message());
            co_return;
        }
        if (*guess == secret) {
            reply("Found it at try " + std::to_string(tries) + ".");
            co_return;
        }
    }
    reply("It was " + std::to_string(secret) + ".");
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    sio::json_server io{runtime.home()};
    io.on("divide", divide);
    io.on("play", play);

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "04_acks: " << error.what() << '\n';
    return 1;
}
