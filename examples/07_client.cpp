// SPDX-License-Identifier: BSL-1.0
// A client: the chat of 02_chat in a terminal. Lines are read where events are, by Asio: there is no second thread.
// Try it: run 02_chat, then this with a name in two terminals, stop 02_chat, write a line, run it again.
#include "chat_client.hpp"

#include <cosio/transports/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <iostream>
#include <unistd.h>

namespace sio = cosio;
namespace asio = boost::asio;

/// Says what is typed, until /quit or the end of the input.
sio::task<> read_lines(sio::runtime& runtime, chat_client& who)
{
    asio::posix::stream_descriptor input{runtime.home().executor(), ::dup(STDIN_FILENO)};
    std::string typed;
    auto buffer = asio::dynamic_buffer(typed, 64 * 1024);
    while (true) {
        auto reading = asio::async_read_until(input, buffer, '\n', asio::as_tuple(asio::deferred));
        const auto outcome = co_await std::move(reading);
        if (std::get<0>(outcome))
            break;
        const std::string line = typed.substr(0, std::get<1>(outcome) - 1);
        buffer.consume(line.size() + 1);
        if (line == "/quit")
            break;
        if (!line.empty())
            who.say(line);
    }
    // What was said last is still on its way.
    if (who.idle())
        runtime.stop();
    else
        who.on_idle = [&runtime] { runtime.stop(); };
}

int main(int argc, char** argv)
try {
    if (argc < 2) {
        std::cerr << "usage: example_07_client NAME [ROOM]\n";
        return 2;
    }
    sio::runtime runtime;
    chat_client who{runtime.home(), argv[1], argc > 2 ? argv[2] : "lobby"};
    who.on_message = [](const chat::message& said) {
        std::cout << said.author << ": " << said.text << std::endl;
    };
    who.on_note = [](const std::string& note) { std::cout << "* " << note << std::endl; };
    asio::co_spawn(runtime.context(), read_lines(runtime, who), asio::detached);
    runtime.on_signal();
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "07_client: " << error.what() << '\n';
    return 1;
}
