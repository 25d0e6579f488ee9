// SPDX-License-Identifier: BSL-1.0
// Engine.IO without Socket.IO: text and bytes over long-polling and WebSocket, and no protocol above them.
// Try it: run it, and in Node: const { Socket } = require("engine.io-client");
//         const socket = new Socket("http://localhost:3000"); socket.on("message", console.log); socket.send("hi");
#include "port.hpp"

#include <cosio/engine_server.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>

namespace sio = cosio;

int main()
try {
    sio::runtime runtime;
    sio::engine_server server{runtime.home()};

    server.on_connection([](sio::engine_socket socket, const sio::http_request& request) {
        socket.send("you asked for " + std::string{request.path()});
        socket.on_text([socket](std::string_view text) { socket.send(text); });
        socket.on_binary([socket](sio::binary bytes) { socket.send(bytes); });
        socket.on_upgrade([socket] { socket.send("now over WebSocket"); });
    });

    sio::listener listener{runtime.home(), server, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "16_engine_only: " << error.what() << '\n';
    return 1;
}
