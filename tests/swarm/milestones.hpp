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
    heard_once_of_two_rooms,
    attachment_down,
    asked_by_coroutine,
    joined_with_leave_all,
    broadcast_with_end_of_namespace,
    connected_by_polling,
    connected_by_websocket,
    upgraded,
    recovered,
    recovery_refused,
    kept_event_repeated,
    came_again_in_one_turn,
    came_again_before_it_was_there,
    handler_threw,
    callback_threw,
    disconnect_handler_threw,
    connection_handler_threw,
    middleware_threw,
    client_handler_threw,
    client_answer_threw,
    client_connect_threw,
    client_disconnect_threw,
    ended_by_own_handler,
    ended_by_server,
    ended_with_connection,
    ended_by_ping_timeout,
    ping_timeout_during_upgrade,
    ended_by_transport_close,
    ended_by_transport_error,
    ended_by_shutdown,
    crashed_with_clients,
    waited_for_descriptor,
    healed_with_clients,
    several_shards,
    upgrade_ended_in_handshake,
    upgrade_ended_before_probe,
    upgrade_ended_after_probe,
    upgrade_ended_after_answer,
    poll_answered_during_upgrade,
    ended_in_frame_header,
    ended_in_frame_mask,
    ended_in_frame_payload,
    claimed_first,
    claimed_in_vain,
    refused_unknown_session,
    refused_expired,
    refused_unknown_offset,
    refused_too_old,
    refused_too_much,
    queue_full_disconnected,
    queue_full_dropped,
    answered_too_late,
    shut_down_with_queue,
    clock_set_in_backoff,
    last = clock_set_in_backoff,
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
    case heard_once_of_two_rooms: return "broadcast to two rooms of one member";
    case attachment_down: return "event of the server with an attachment";
    case asked_by_coroutine: return "question of a coroutine";
    case joined_with_leave_all: return "joined in the turn in which all had to leave";
    case broadcast_with_end_of_namespace:
        return "broadcast in the turn in which its namespace ended";
    case connected_by_polling: return "connected over polling";
    case connected_by_websocket: return "connected over WebSocket";
    case upgraded: return "upgraded";
    case recovered: return "recovered";
    case recovery_refused: return "recovery refused";
    case kept_event_repeated: return "retried event came twice";
    case came_again_in_one_turn: return "left and came again in one turn";
    case came_again_before_it_was_there: return "left and came again before it was connected";
    case handler_threw: return "handler threw";
    case callback_threw: return "callback of an answer threw";
    case disconnect_handler_threw: return "handler of a disconnect threw";
    case connection_handler_threw: return "handler of a connection threw";
    case middleware_threw: return "middleware threw";
    case client_handler_threw: return "handler of a client threw";
    case client_answer_threw: return "callback of a client's answer threw";
    case client_connect_threw: return "handler of a client's connect threw";
    case client_disconnect_threw: return "handler of a client's disconnect threw";
    case ended_by_own_handler: return "socket ended by its own handler";
    case ended_by_server: return "socket ended by the server";
    case ended_with_connection: return "connection ended by the server";
    case ended_by_ping_timeout: return "ping timeout";
    case ping_timeout_during_upgrade: return "ping timeout during an upgrade";
    case ended_by_transport_close: return "transport close";
    case ended_by_transport_error: return "transport error";
    case ended_by_shutdown: return "server shut down";
    case crashed_with_clients: return "server crashed with clients";
    case waited_for_descriptor: return "connection waited for a descriptor";
    case healed_with_clients: return "network healed with clients";
    case several_shards: return "several shards";
    case upgrade_ended_in_handshake: return "upgrade ended in its handshake";
    case upgrade_ended_before_probe: return "upgrade ended before its probe";
    case upgrade_ended_after_probe: return "upgrade ended after its probe";
    case upgrade_ended_after_answer: return "upgrade ended after the answer of its probe";
    case poll_answered_during_upgrade: return "poll answered during an upgrade";
    case ended_in_frame_header: return "connection ended in the header of a frame";
    case ended_in_frame_mask: return "connection ended in the mask of a frame";
    case ended_in_frame_payload: return "connection ended in the payload of a frame";
    case claimed_first: return "session recovered by who claims it";
    case claimed_in_vain: return "session claimed in vain";
    case refused_unknown_session: return "recovery refused: unknown session";
    case refused_expired: return "recovery refused: session expired";
    case refused_unknown_offset: return "recovery refused: unknown offset";
    case refused_too_old: return "recovery refused: offset too old";
    case refused_too_much: return "recovery refused: too much was missed";
    case queue_full_disconnected: return "queue full: disconnected";
    case queue_full_dropped: return "queue full: event dropped";
    case answered_too_late: return "answered after the asker gave up";
    case shut_down_with_queue: return "server shut down while something waited";
    case clock_set_in_backoff: return "wall clock set while a client waited to come back";
    }
    return "";
}

/// It takes two faults at one moment: once in thousands of programs.
[[nodiscard]] constexpr bool is_rare(milestone what) noexcept
{
    return what == milestone::ping_timeout_during_upgrade;
}

using milestone_counts = std::array<std::uint64_t, static_cast<std::size_t>(milestone::last) + 1>;

}  // namespace cosio::test
