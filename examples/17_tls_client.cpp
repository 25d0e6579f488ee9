// SPDX-License-Identifier: BSL-1.0
// A client over TLS. By default it believes whom the system trusts; a server with a certificate of its own has to be
// vouched for. Try it: run it; it is its own server, and ends by itself.
#include "self_signed.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/network_connector.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>

namespace sio = cosio;

namespace {

std::unique_ptr<sio::json_manager> make_client(
    sio::shard& home, const std::string& url, const sio::tls_client_options& tls
)
{
    sio::client_options options;
    options.auto_connect = false;
    options.reconnection = false;
    auto network = sio::make_network_connector(home, url, options, {.tls = tls});
    return std::make_unique<sio::json_manager>(home, std::move(network), options);
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    const sio::bench::identity identity = sio::bench::make_identity();
    const sio::tls_options certificate{
        .certificate_chain = identity.certificate, .private_key = identity.private_key
    };
    sio::json_server io{runtime.home()};
    io.on("add", [](int a, int b, sio::ack<int> reply) { reply(a + b); });
    const sio::tls_context tls = sio::tls_context::make(certificate).value();
    sio::listener listener{runtime.home(), io, {.tls = tls}};
    const std::string url = "https://localhost:" + std::to_string(listener.port());

    const auto usual = make_client(runtime.home(), url, {});
    const auto knowing = make_client(runtime.home(), url, {.ca = identity.certificate});
    usual->on_error([&](sio::error_code, std::string_view text) {
        std::cout << "by default: " << text << std::endl;
        knowing->open();
    });
    const sio::json_client_socket socket = knowing->socket();
    socket.on_connect([&] {
        socket.emit("add", 1, 2, [&](sio::result<int> sum) {
            std::cout << "with its certificate: 1 + 2 = " << sum.value() << std::endl;
            runtime.stop();
        });
    });
    usual->open();
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "17_tls_client: " << error.what() << '\n';
    return 1;
}
