// SPDX-License-Identifier: BSL-1.0
// The smallest server: it greets every client and answers one event.
// Try it: run it, and in Node: const socket = require("socket.io-client")("http://localhost:3000");
//         socket.on("hello", console.log); socket.emit("greet", "Ada"); socket.on("greeting", console.log);
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>

namespace sio = cosio;

int main()
try {
    sio::runtime runtime;
    sio::json_server io{runtime.home()};

    io.on_connection([](sio::json_socket socket) { socket.emit("hello", "You are", socket.id()); });
    io.on("greet", [](sio::json_socket socket, std::string name) {
        socket.emit("greeting", "Hello, " + name + "!");
    });

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "01_hello: " << error.what() << '\n';
    return 1;
}
