// SPDX-License-Identifier: BSL-1.0
// A namespace for each document, made when somebody opens it, and a question to everybody in it.
// Try it: const doc = io("http://localhost:3000/doc-7"); doc.on("agree?", (title, answer) => answer(true));
//         from another page on the same document: doc.emit("propose", "New title", console.log) prints 1 1.
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <algorithm>
#include <iostream>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

/// Asks all others at once. Those who have not answered after two seconds do not count.
sio::task<> propose(sio::json_socket socket, std::string title, sio::ack<int, int> reply)
{
    auto asking = socket.broadcast().timeout(2s).emit_with_ack<bool>("agree?", title);
    const sio::broadcast_replies<bool> votes = co_await std::move(asking);
    const auto agreed = std::ranges::count(votes.values, true);
    reply(static_cast<int>(agreed), static_cast<int>(votes.asked));
    if (agreed == static_cast<std::ptrdiff_t>(votes.asked))
        socket.broadcast().emit("title", title);
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    sio::server_options options;
    options.cleanup_empty_child_namespaces = true;  // a document that nobody has open costs nothing
    sio::json_server io{runtime.home(), options};

    io.of(sio::name_pattern{"^/doc-[0-9]+$"})
        .on("edit",
            [](sio::json_socket socket, std::string text) { socket.broadcast().emit("edit", text); }
        )
        .on("propose", sio::unordered(propose));  // who proposes may edit meanwhile
    io.on_new_namespace([](sio::json_namespace made) {
        std::cout << "opened " << made.name() << std::endl;
    });

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "12_documents: " << error.what() << '\n';
    return 1;
}
