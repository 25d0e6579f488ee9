// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/options.hpp>
#include <cosio/protocol/recovery.hpp>

namespace cosio::detail {

/// Precondition: `options.recovery` is set. `tag`: one for all shards and namespaces of the server.
[[nodiscard]] inline protocol::recovery_config make_recovery_config(
    const server_options& options, std::uint16_t shard, const protocol::recovery_tag& tag
)
{
    const recovery_options& wanted = *options.recovery;
    return {
        .max_disconnection_duration = wanted.max_disconnection_duration,
        // A pong shows that all before its ping has arrived; the ping may have waited for that long too, during an
        // upgrade there is none, and who is excused (Z10) has that long once more.
        .unconfirmed = options.engine.ping_interval + options.engine.upgrade_timeout +
                       3 * options.engine.ping_timeout,
        .max_log_bytes = wanted.max_log_bytes,
        .max_log_packets = wanted.max_log_packets,
        .max_sessions = wanted.max_sessions,
        // Other namespaces of the same connection come back with it, and new events follow.
        .max_missed_bytes = options.engine.max_send_queue_bytes / 2,
        .max_missed_frames = options.engine.max_send_queue_packets / 2,
        .shard = shard,
        .tag = tag,
    };
}

}  // namespace cosio::detail
