// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace cosio {

/// What is limited, by the name of its option. Also an error condition: `ec == limit::max_payload_bytes`.
enum class limit : int
{
    max_connections = 1,
    max_header_bytes,  ///< or max_headers
    max_target_bytes,
    header_timeout,
    min_body_bytes_per_second,
    keep_alive_timeout,
    write_timeout,
    max_payload_bytes,
    max_packets_per_post,
    max_query_keys,
    max_websocket_fragments,
    max_sessions,
    max_send_queue,  ///< bytes or packets; with overflow_policy::drop each event that is dropped
    max_running_handlers,  ///< each time that reading pauses
    max_held_events,       ///< the same
    ping_timeout,
    upgrade_timeout,
    hook_timeout,
    close_timeout,
    connect_timeout,
    namespace_idle_timeout,
    attachment_timeout,
    max_attachments,
    max_attachment_bytes,
    max_args,
    max_depth,
    max_namespace_bytes,
    max_event_bytes,
    max_namespaces_per_client,
    max_pending_acks,
    ack_timeout,
    max_rooms_per_socket,
    max_child_namespaces,
    max_buffered,  ///< bytes or packets that a client's socket keeps
    max_early,     ///< bytes or messages that come before the CONNECT reply
    last = max_early,
};

[[nodiscard]] std::string_view to_string(limit which) noexcept;

[[nodiscard]] const boost::system::error_category& limit_category() noexcept;
[[nodiscard]] boost::system::error_condition make_error_condition(limit value) noexcept;

/// How often each limit was reached. Thread: any.
class limit_counters
{
public:
    limit_counters() = default;
    limit_counters(const limit_counters&) = delete;
    limit_counters& operator=(const limit_counters&) = delete;

    void count(limit which) noexcept { ++counts_[static_cast<std::size_t>(which)]; }

    /// Counts the limit that `why` speaks of, if it is one.
    void count(error_code why) noexcept;

    [[nodiscard]] std::uint64_t operator[](limit which) const noexcept
    {
        return counts_[static_cast<std::size_t>(which)];
    }

private:
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(limit::last) + 1> counts_{};
};

}  // namespace cosio

namespace boost::system {
template <>
struct is_error_condition_enum<cosio::limit> : std::true_type
{};
}  // namespace boost::system
