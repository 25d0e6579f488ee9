// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cosio::test {

/// What must have happened somewhere in a long run (reliability.md 6.5): a swarm that never comes to the interesting
/// places shows nothing by being green.
enum class milestone
{
    event_up,
    event_down,
    attachment_up,
    volatile_heard,
    volatile_dropped,
    answer,
    answer_timeout,
    answer_lost_with_connection,
    broadcast_answers_all,
    broadcast_answers_some,
    room_left_out,
    connected_by_polling,
    connected_by_websocket,
    upgraded,
    recovered,
    recovery_refused,
    kept_event_repeated,
    came_again_in_one_turn,
    handler_threw,
    ended_by_own_handler,
    ended_by_server,
    ended_with_connection,
    ended_by_ping_timeout,
    ended_by_transport_close,
    ended_by_transport_error,
    ended_by_shutdown,
    crashed_with_clients,
    waited_for_descriptor,
    healed_with_clients,
    several_shards,
    last = several_shards,
};

[[nodiscard]] constexpr std::string_view to_string(milestone what) noexcept
{
    using enum milestone;
    switch (what) {
    case event_up: return "event of a client";
    case event_down: return "event of the server";
    case attachment_up: return "event with an attachment";
    case volatile_heard: return "volatile event heard";
    case volatile_dropped: return "volatile event dropped";
    case answer: return "answer";
    case answer_timeout: return "answer too late";
    case answer_lost_with_connection: return "answer lost with its connection";
    case broadcast_answers_all: return "broadcast answered by all";
    case broadcast_answers_some: return "broadcast answered by some";
    case room_left_out: return "broadcast without a room";
    case connected_by_polling: return "connected over polling";
    case connected_by_websocket: return "connected over WebSocket";
    case upgraded: return "upgraded";
    case recovered: return "recovered";
    case recovery_refused: return "recovery refused";
    case kept_event_repeated: return "retried event came twice";
    case came_again_in_one_turn: return "left and came again in one turn";
    case handler_threw: return "handler threw";
    case ended_by_own_handler: return "socket ended by its own handler";
    case ended_by_server: return "socket ended by the server";
    case ended_with_connection: return "connection ended by the server";
    case ended_by_ping_timeout: return "ping timeout";
    case ended_by_transport_close: return "transport close";
    case ended_by_transport_error: return "transport error";
    case ended_by_shutdown: return "server shut down";
    case crashed_with_clients: return "server crashed with clients";
    case waited_for_descriptor: return "connection waited for a descriptor";
    case healed_with_clients: return "network healed with clients";
    case several_shards: return "several shards";
    }
    return "";
}

using milestone_counts = std::array<std::uint64_t, static_cast<std::size_t>(milestone::last) + 1>;

}  // namespace cosio::test
