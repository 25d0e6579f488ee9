// SPDX-License-Identifier: BSL-1.0
#include "option_rules.hpp"

#include <cosio/any_value.hpp>
#include <cosio/client_options.hpp>
#include <cosio/detail/ascii.hpp>
#include <cosio/detail/utf8.hpp>
#include <cosio/options.hpp>

#include <algorithm>

namespace cosio {
namespace {

using detail::is_graphic;
using detail::require;
using detail::require_count;
using detail::require_deflate;
using detail::require_positive;
using detail::require_range;
using detail::require_tokens;

/// The client is told in milliseconds, and refuses what is out of this range (engine::parse_open).
void require_heartbeat(duration value, std::string_view option)
{
    require(
        value >= std::chrono::milliseconds{1} && value <= std::chrono::hours{1},
        option,
        "must be from one millisecond to one hour"
    );
}

void require_packet(const protocol::packet_limits& packet)
{
    require_count(packet.max_args, "packet.max_args");
    require_count(packet.max_depth, "packet.max_depth");
    // What is deeper no codec reads alike: JSON's ends the connection, msgpack's fails in the handler.
    static_assert(detail::max_any_depth == 256);
    require(packet.max_depth <= detail::max_any_depth, "packet.max_depth", "must be at most 256");
    require_count(packet.max_event_bytes, "packet.max_event_bytes");
    require_count(packet.max_namespace_bytes, "packet.max_namespace_bytes");
}

void require_recovery(const recovery_options& recovery)
{
    require(
        recovery.max_disconnection_duration >= std::chrono::milliseconds{1} &&
            recovery.max_disconnection_duration <= std::chrono::hours{24},
        "recovery.max_disconnection_duration",
        "must be from one millisecond to one day"
    );
    require_count(recovery.max_log_bytes, "recovery.max_log_bytes");
    require_count(recovery.max_log_packets, "recovery.max_log_packets");
    require_count(recovery.max_sessions, "recovery.max_sessions");
}

/// What a server bounds of each of its links, and a client of its one.
template <class Options>
void require_link(const Options& options)
{
    require_positive(options.close_timeout, "close_timeout");
    require_count(options.max_send_queue_bytes, "max_send_queue_bytes");
    require_count(options.max_send_queue_packets, "max_send_queue_packets");
}

/// What both ends bound of Socket.IO.
template <class Options>
void require_sockets(const Options& options)
{
    require_positive(options.attachment_timeout, "attachment_timeout");
    require_positive(options.ack_timeout, "ack_timeout");
    require_count(options.max_pending_acks, "max_pending_acks");
    require_range(options.handlers_at_once, 1, 10'000, "handlers_at_once");
    require_packet(options.packet);
}

/// As browsers write it: "null", or scheme, "://", host and perhaps port.
bool is_origin(std::string_view text)
{
    const std::size_t mark = text.find("://");
    return text == "null" || (is_graphic(text) && mark != 0 && mark != text.npos &&
                              text.find_first_of("/?#@,*", mark + 3) == text.npos);
}

void require_origins(const std::vector<std::string>& origins, std::string_view option)
{
    require(
        std::ranges::all_of(origins, is_origin),
        option,
        "must be as browsers send them, such as \"https://a.example\": without path, without '/' "
        "at the end"
    );
}

void require_cors(const cors_options& cors)
{
    const bool any = std::ranges::find(cors.origins, "*") != cors.origins.end();
    require(
        !any || (cors.origins.size() == 1 && !cors.reflect_origin && !cors.allow_origin),
        "cors.origins",
        "\"*\" stands alone"
    );
    require(!any || !cors.credentials, "cors.credentials", "needs a list of origins, not \"*\"");
    if (!any)
        require_origins(cors.origins, "cors.origins");
    require_tokens(cors.methods, "cors.methods");
    require_tokens(cors.allowed_headers, "cors.allowed_headers");
    require_tokens(cors.exposed_headers, "cors.exposed_headers");
    require(
        !cors.max_age || cors.max_age->count() >= -1, "cors.max_age", "must be at least -1 seconds"
    );
    require_range(cors.preflight_status, 200, 299, "cors.preflight_status");
}

/// RFC 6265, 4.1.1: what the attributes of a cookie are made of.
bool is_cookie_text(std::string_view text)
{
    return is_graphic(text) && text.find_first_of(";,\"\\") == text.npos;
}

void require_cookie(const cookie_options& cookie)
{
    require(detail::is_token(cookie.name), "cookie.name", "must be a name of HTTP, such as \"io\"");
    require(
        cookie.path.empty() || (cookie.path.front() == '/' && is_cookie_text(cookie.path)),
        "cookie.path",
        "must begin with '/' and be plain ASCII without ';' and ','"
    );
    require(
        is_cookie_text(cookie.domain), "cookie.domain", "must be plain ASCII without ';' and ','"
    );
    require(
        cookie.same_site != cookie_same_site::none || cookie.secure,
        "cookie.same_site",
        "none needs cookie.secure"
    );
    require(
        !cookie.expires ||
            (*cookie.expires >= std::chrono::sys_days{std::chrono::year{1601} / 1 / 1} &&
             *cookie.expires < std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}),
        "cookie.expires",
        "must be in the years 1601 to 9999"
    );
    require(!cookie.partitioned || cookie.secure, "cookie.partitioned", "needs cookie.secure");
}

bool contains(const std::vector<std::string>& origins, std::string_view origin)
{
    return std::ranges::any_of(origins, [origin](std::string_view one) {
        return detail::equal_without_case(one, origin);
    });
}

}  // namespace

bool serves_path(const engine_options& options, std::string_view path) noexcept
{
    std::string_view base = options.path;
    if (base.ends_with('/'))
        base.remove_suffix(1);
    if (!path.starts_with(base))
        return false;
    path.remove_prefix(base.size());
    return path.starts_with('/') || (path.empty() && !options.add_trailing_slash);
}

bool serves_origin(const engine_options& options, const http_request& request)
{
    if (options.allowed_origins.empty() && !options.allow_origin)
        return true;
    const auto origin = request.headers.find("origin");
    if (!origin)
        return true;
    if (request.headers.count("origin") != 1)
        return false;
    if (contains(options.allowed_origins, *origin))
        return true;
    try {
        return options.allow_origin && options.allow_origin(request);
    } catch (const std::exception& error) {
        options.log(log_level::error, "allow_origin threw: {}", error.what());
    } catch (...) {
        options.log(log_level::error, "allow_origin threw");
    }
    return false;
}

void validate(const engine_options& options)
{
    require(
        detail::is_request_path(options.path),
        "path",
        "must begin with '/' and be plain ASCII, such as \"/socket.io/\""
    );
    require_heartbeat(options.ping_interval, "ping_interval");
    require_heartbeat(options.ping_timeout, "ping_timeout");
    require_positive(options.upgrade_timeout, "upgrade_timeout");
    require_link(options);
    require_count(options.max_payload_bytes, "max_payload_bytes");
    require_count(options.max_packets_per_post, "max_packets_per_post");
    require(
        options.max_query_keys >= 4, "max_query_keys", "must be at least 4, as stock clients send"
    );
    require(options.max_running_handlers > 0, "max_running_handlers", "must be at least 1");
    require_count(options.max_held_events, "max_held_events");
    require(options.max_held_events <= 32'768, "max_held_events", "must be at most 32768");
    require_count(options.max_sessions, "max_sessions");
    require(
        options.allow_polling || options.allow_websocket,
        "allow_polling, allow_websocket",
        "at least one transport must be allowed"
    );
    require_positive(options.hook_timeout, "hook_timeout");
    require_cors(options.cors);
    require_origins(options.allowed_origins, "allowed_origins");
    require(
        std::ranges::all_of(options.middlewares, [](const auto& one) { return bool(one); }),
        "middlewares",
        "must not be empty functions"
    );
    if (options.cookie)
        require_cookie(*options.cookie);
    if (options.http_compression) {
        require_range(options.http_compression->level, 1, 9, "http_compression.level");
        require_range(
            options.http_compression->brotli_quality, 0, 11, "http_compression.brotli_quality"
        );
    }
    if (const auto* const text = std::get_if<std::string>(&options.initial_packet))
        require(detail::is_valid_utf8(*text), "initial_packet", "must be UTF-8");
    if (options.websocket.deflate)
        require_deflate(*options.websocket.deflate);
}

void validate(const server_options& options)
{
    validate(options.engine);
    require_positive(options.connect_timeout, "connect_timeout");
    require_positive(options.namespace_idle_timeout, "namespace_idle_timeout");
    require_sockets(options);
    require_count(options.max_namespaces_per_client, "max_namespaces_per_client");
    require(
        options.max_namespaces_per_client <= 10'000,
        "max_namespaces_per_client",
        "must be at most 10000"
    );
    require_count(options.max_rooms_per_socket, "max_rooms_per_socket");
    require_count(options.max_child_namespaces, "max_child_namespaces");
    if (options.recovery)
        require_recovery(*options.recovery);
}

void validate(const client_options& options)
{
    require_positive(options.handshake_timeout, "handshake_timeout");
    require_link(options);
    require_sockets(options);
    detail::require_client(options);
}

}  // namespace cosio
