// SPDX-License-Identifier: BSL-1.0
#include <cosio/limit.hpp>

#include <string>

namespace cosio {
namespace {

class limit_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.limit"; }

    std::string message(int value) const override
    {
        return "the limit " + std::string{to_string(static_cast<limit>(value))} + " was reached";
    }
};

}  // namespace

std::string_view to_string(limit which) noexcept
{
    switch (which) {
    case limit::max_connections: return "max_connections";
    case limit::max_header_bytes: return "max_header_bytes";
    case limit::max_target_bytes: return "max_target_bytes";
    case limit::header_timeout: return "header_timeout";
    case limit::min_body_bytes_per_second: return "min_body_bytes_per_second";
    case limit::keep_alive_timeout: return "keep_alive_timeout";
    case limit::write_timeout: return "write_timeout";
    case limit::max_payload_bytes: return "max_payload_bytes";
    case limit::max_packets_per_post: return "max_packets_per_post";
    case limit::max_query_keys: return "max_query_keys";
    case limit::max_websocket_fragments: return "max_websocket_fragments";
    case limit::max_sessions: return "max_sessions";
    case limit::max_send_queue: return "max_send_queue";
    case limit::max_running_handlers: return "max_running_handlers";
    case limit::max_held_events: return "max_held_events";
    case limit::ping_timeout: return "ping_timeout";
    case limit::upgrade_timeout: return "upgrade_timeout";
    case limit::hook_timeout: return "hook_timeout";
    case limit::close_timeout: return "close_timeout";
    case limit::connect_timeout: return "connect_timeout";
    case limit::namespace_idle_timeout: return "namespace_idle_timeout";
    case limit::attachment_timeout: return "attachment_timeout";
    case limit::max_attachments: return "max_attachments";
    case limit::max_attachment_bytes: return "max_attachment_bytes";
    case limit::max_args: return "max_args";
    case limit::max_depth: return "max_depth";
    case limit::max_namespace_bytes: return "max_namespace_bytes";
    case limit::max_event_bytes: return "max_event_bytes";
    case limit::max_namespaces_per_client: return "max_namespaces_per_client";
    case limit::max_pending_acks: return "max_pending_acks";
    case limit::ack_timeout: return "ack_timeout";
    case limit::max_rooms_per_socket: return "max_rooms_per_socket";
    case limit::max_child_namespaces: return "max_child_namespaces";
    case limit::max_buffered: return "max_buffered";
    case limit::max_early: return "max_early";
    }
    return "";
}

const boost::system::error_category& limit_category() noexcept
{
    static const limit_category_type instance;
    return instance;
}

boost::system::error_condition make_error_condition(limit value) noexcept
{
    return {static_cast<int>(value), limit_category()};
}

void limit_counters::count(error_code why) noexcept
{
    const boost::system::error_condition means = why.default_error_condition();
    if (means.category() == limit_category())
        count(static_cast<limit>(means.value()));
}

}  // namespace cosio
