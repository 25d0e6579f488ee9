// SPDX-License-Identifier: BSL-1.0
// What one connection says to a whole server: HTTP, long-polling, WebSocket, Engine.IO, Socket.IO, in virtual time.
// Nothing is left of it at the end (I24). The answers may differ with the parts: one that comes before its request has
// been read whole ends the connection.
#include "fuzz.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation.hpp>

#include <array>

using namespace cosio;

namespace {

server_options small()
{
    server_options options;
    options.engine.max_payload_bytes = 2'000;
    options.engine.allow_eio3 = true;
    return options;
}

struct conversation
{
    conversation()
    {
        io.on("echo", [](json_socket socket, arguments all) { socket.emit("echo", all); });
        io.on("ask", [](arguments all, ack<arguments> reply) { reply(all); });
        auto [server_end, client_end] = make_memory_streams(world.home());
        client = std::move(client_end);
        http.serve(std::move(server_end));
        world.run();
    }

    void send(bytes_view bytes)
    {
        error_code ec;
        while (!bytes.empty() && !ec) {
            const std::size_t written = client->try_write({&bytes, 1}, ec);
            bytes = bytes.subspan(written);
            world.run();
            read();
            if (written == 0)
                return;  // the server reads no more
        }
    }

    void read()
    {
        std::array<std::byte, 4'096> block;
        error_code ec;
        while (client->try_read(block, ec) != 0) {
        }
    }

    simulation world;
    json_server io{world.home(), small()};
    http_server http{world.home(), {&io.engine()}, {}};
    std::unique_ptr<byte_stream> client;
};

void converse(bytes_view input, std::uint8_t seed)
{
    conversation one;
    fuzz::in_parts(input, seed, [&](bytes_view part) { one.send(part); });
    one.client->close();
    one.world.run_for(std::chrono::minutes{3});
    fuzz::require(one.io.clients_count() == 0, "a session is left");
    fuzz::require(one.http.connection_count() == 0, "a connection is left");
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    converse(input, 0);
    converse(input, seed);
}
