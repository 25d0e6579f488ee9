// SPDX-License-Identifier: BSL-1.0
// What one connection says to a whole server: HTTP, long-polling, WebSocket, Engine.IO, Socket.IO, in virtual time.
// Nothing is left of it at the end (I24), and the application sees the same however it is cut (I32). The answers may
// differ with the parts: one that comes before its request has been read whole ends the connection.
#include "fuzz.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <array>
#include <optional>

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
        io.on_connection([this](json_socket socket) {
            said += fmt::format("{} comes\n", socket.id());
            socket.on_disconnect([this](close_reason why) { said += to_string(why); });
        });
        io.on("echo", [this](json_socket socket, arguments all) {
            said += fmt::format("echo {}\n", boost::json::serialize(all.values));
            socket.emit("echo", all);
        });
        io.on("ask", [this](arguments all, ack<arguments> reply) {
            said += fmt::format("ask {}\n", boost::json::serialize(all.values));
            reply(all);
        });
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
        ended = ended || ec;
    }

    std::string said;    ///< by the application
    bool ended = false;  ///< by the server
    simulation world;
    json_server io{world.home(), small()};
    http_server http{world.home(), {&io.engine()}, {}};
    std::unique_ptr<byte_stream> client;
};

/// What the application has seen; null where the server has ended the connection.
std::optional<std::string> converse(bytes_view input, std::uint8_t seed)
{
    conversation one;
    fuzz::in_parts(input, seed, [&](bytes_view part) { one.send(part); });
    std::optional<std::string> said;
    if (!one.ended)
        said = one.said;
    one.client->close();
    one.world.run_for(std::chrono::minutes{3});
    fuzz::require(one.io.clients_count() == 0, "a session is left");
    fuzz::require(one.http.connection_count() == 0, "a connection is left");
    return said;
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    const std::optional<std::string> whole = converse(input, 0);
    const std::optional<std::string> parts = converse(input, seed);
    require(!whole || !parts || *whole == *parts, "another outcome when it comes in other parts");
}
