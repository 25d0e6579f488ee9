// SPDX-License-Identifier: BSL-1.0
// Binary data is an argument like any other, also as a member of a structure; its bytes are never copied.
// Try it: socket.on("picture", console.log); socket.emit("share", { name: "dot.png", data: Buffer.from(
//         [137, 80, 78, 71]) }, console.log); socket.emit("latest", console.log);
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/describe/class.hpp>

#include <iostream>
#include <numeric>

namespace sio = cosio;

namespace {

/// In JavaScript: { name: "...", data: Buffer }, or an ArrayBuffer in the browser.
struct picture
{
    std::string name;
    sio::binary data;
};
BOOST_DESCRIBE_STRUCT(picture, (), (name, data))

unsigned sum_of(sio::bytes_view bytes)
{
    return std::accumulate(bytes.begin(), bytes.end(), 0U, [](unsigned sum, std::byte each) {
        return sum + std::to_integer<unsigned>(each);
    });
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    sio::json_server io{runtime.home()};

    // The bytes that arrived are the bytes that are kept and sent on: a `binary` shares them.
    std::optional<picture> latest;
    io.on(
        "share",
        [&latest](sio::json_socket socket, picture shared, sio::ack<std::size_t, unsigned> reply) {
            socket.broadcast().emit("picture", shared);
            reply(shared.data.size(), sum_of(shared.data.bytes()));
            latest = std::move(shared);
        }
    );
    // An empty optional is null.
    io.on("latest", [&latest](sio::ack<std::optional<picture>> reply) { reply(latest); });

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "05_binary: " << error.what() << '\n';
    return 1;
}
