// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/server.hpp>

#include <string>

namespace cosio::bench {

/// Answers what load drivers ask: echo, ack, bcast, join, leave, room.
/// Lifetime: `io` must outlive its connections.
template <class Codec>
void answer_bench_events(basic_server<Codec>& io)
{
    using socket = basic_socket<Codec>;
    io.on("echo", [](socket client, arguments all) { client.emit("echo", all); });
    io.on("ack", [](arguments all, ack<arguments> reply) { reply(all); });
    io.on("bcast", [&io](arguments all) { io.emit("bcast", all); });
    io.on("join", [](socket client, std::string room, ack<> reply) {
        client.join(room);
        reply();
    });
    io.on("leave", [](socket client, std::string room, ack<> reply) {
        client.leave(room);
        reply();
    });
    io.on("room", [&io](std::string room, arguments all) { io.to(room).emit("room", all); });
}

}  // namespace cosio::bench
