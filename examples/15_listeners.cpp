// SPDX-License-Identifier: BSL-1.0
// One server behind several listeners: TCP, TLS, and a Unix socket for a proxy on the same machine.
// Try it: run it, and: curl --unix-socket 15_listeners.sock "http://localhost/socket.io/?EIO=4&transport=polling"
#include "port.hpp"
#include "self_signed.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>

namespace sio = cosio;

int main()
try {
    sio::runtime runtime;
    sio::json_server io{runtime.home()};
    io.on_connection([](sio::json_socket socket) {
        const sio::handshake& shake = socket.shake();
        socket.emit("hello", shake.secure() ? "TLS" : shake.address().empty() ? "Unix" : "TCP");
    });
    io.on("say", [&io](std::string text) { io.all().emit("said", text); });

    const char* const path = std::getenv("SOCKET");
    const cosio::bench::identity identity = cosio::bench::make_identity();
    const sio::tls_options certificate{
        .certificate_chain = identity.certificate, .private_key = identity.private_key
    };
    sio::listener tcp{runtime.home(), io, {.port = port_to_use()}};
    sio::listener tls{
        runtime.home(), io, {.port = 0, .tls = sio::tls_context::make(certificate).value()}
    };
    sio::listener local{
        runtime.home(),
        io,
        {.unix_path = path ? path : "15_listeners.sock", .unix_permissions = 0660}
    };
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << tcp.port()
              << " and https://localhost:" << tls.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "15_listeners: " << error.what() << '\n';
    return 1;
}
