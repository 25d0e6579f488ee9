// SPDX-License-Identifier: BSL-1.0
// The configuration that the official protocol test suites ask for, and a bare Engine.IO echo server.
#include <cosio/engine_server.hpp>
#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

sio::engine_options engine_options(std::string path, bool eio3)
{
    sio::engine_options options;
    options.path = std::move(path);
    options.allow_eio3 = eio3;
    options.ping_interval = 300ms;
    options.ping_timeout = 200ms;
    options.max_payload_bytes = 1'000'000;
    options.cors.origins = {"*"};
    return options;
}

void set_up(sio::json_namespace nsp)
{
    nsp.on_connection([](sio::json_socket client) {
        const boost::json::value& auth = client.shake().auth();
        client.emit("auth", auth.is_null() ? boost::json::value(boost::json::object{}) : auth);
    });
    nsp.on("message", [](sio::json_socket client, sio::arguments all) {
        client.emit("message-back", all);
    });
    nsp.on("message-with-ack", [](sio::arguments all, sio::ack<sio::arguments> reply) {
        reply(all);
    });
}

void serve(std::uint16_t port, bool eio3)
{
    sio::runtime runtime;
    sio::server_options options;
    options.engine = engine_options("/socket.io/", eio3);
    options.connect_timeout = 1000ms;
    sio::json_server io{runtime.home(), options};
    set_up(io.of("/"));
    set_up(io.of("/custom"));
    sio::engine_server bare{runtime.home(), engine_options("/engine.io/", eio3)};
    bare.on_connection([](sio::engine_socket socket, const sio::http_request&) {
        socket.on_text([socket](std::string_view text) { socket.send(text); });
        socket.on_binary([socket](sio::binary bytes) { socket.send(bytes); });
    });
    sio::listener listener{runtime.home(), {&io.engine(), &bare.engine()}, {.port = port}};
    runtime.on_signal();
    std::printf("listening on port %u\n", listener.port());
    std::fflush(stdout);
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Server for the official protocol test suites"};
    std::uint16_t port = 3000;
    bool eio3 = false;
    app.add_option("--port", port, "TCP port, 0 lets the system choose");
    app.add_flag("--eio3", eio3, "clients of Engine.IO 3 too");
    try {
        app.parse(argc, argv);
        serve(port, eio3);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_conformance_server: %s\n", error.what());
        return 1;
    }
    return 0;
}
