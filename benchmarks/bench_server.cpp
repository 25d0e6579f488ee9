// SPDX-License-Identifier: BSL-1.0
// The server that load drivers measure: echo, ack, bcast, join, room.
#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace {

namespace sio = cosio;

template <class Codec>
void serve(std::uint16_t port, const sio::server_options& options)
{
    using socket = sio::basic_socket<Codec>;
    sio::runtime runtime;
    sio::basic_server<Codec> io{runtime.home(), options};

    io.on("echo", [](socket client, sio::arguments all) { client.emit("echo", all); });
    io.on("ack", [](sio::arguments all, sio::ack<sio::arguments> reply) { reply(all); });
    io.on("bcast", [&io](sio::arguments all) { io.emit("bcast", all); });
    io.on("join", [](socket client, std::string room, sio::ack<> reply) {
        client.join(room);
        reply();
    });
    io.on("room", [&io](std::string room, sio::arguments all) { io.to(room).emit("room", all); });

    sio::listener listener{runtime.home(), io, {.port = port}};
    runtime.on_signal();
    std::printf("listening on port %u\n", listener.port());
    std::fflush(stdout);
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Socket.IO server for load drivers"};
    std::uint16_t port = 3000;
    unsigned shards = 1;
    std::string codec = "json";
    bool tls = false;
    bool deflate = false;
    bool recovery = false;
    app.add_option("--port", port, "TCP port, 0 lets the system choose");
    app.add_option("--shards", shards, "threads")->check(CLI::Range(1u, 1u));
    app.add_option("--codec", codec, "json or msgpack")->check(CLI::IsMember({"json", "msgpack"}));
    app.add_flag("--tls", tls, "not available yet");
    app.add_flag("--deflate", deflate, "permessage-deflate with its default options");
    app.add_flag("--recovery", recovery, "not available yet");
    try {
        app.parse(argc, argv);
        if (tls || recovery)
            throw std::invalid_argument{"--tls and --recovery are not available yet"};
        sio::server_options options;
        if (deflate)
            options.engine.websocket.deflate.emplace();
        codec == "json" ? serve<sio::json>(port, options) : serve<sio::msgpack>(port, options);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_bench_server: %s\n", error.what());
        return 1;
    }
    return 0;
}
