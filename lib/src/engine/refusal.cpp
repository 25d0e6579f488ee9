// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/url.hpp>
#include <cosio/refusal.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

namespace cosio {
namespace {

std::string_view name_of(refusal_reason reason) noexcept
{
    switch (reason) {
    case refusal_reason::none: return "";
    case refusal_reason::invalid_origin: return "INVALID_ORIGIN";
    case refusal_reason::transport_mismatch: return "TRANSPORT_MISMATCH";
    case refusal_reason::transport_handshake_error: return "TRANSPORT_HANDSHAKE_ERROR";
    case refusal_reason::protocol_mismatch: return "PROTOCOL_MISMATCH";
    case refusal_reason::id_generation_error: return "ID_GENERATION_ERROR";
    case refusal_reason::middleware_failure: return "MIDDLEWARE_FAILURE";
    case refusal_reason::too_many_query_keys: return "TOO_MANY_QUERY_KEYS";
    case refusal_reason::origin_not_allowed: return "ORIGIN_NOT_ALLOWED";
    }
    return "";
}

/// The official server takes everything but "4" for the third revision of the protocol.
int revision(const http_request& request)
{
    return detail::query_value(request.query(), "EIO") == "4" ? 4 : 3;
}

void set(boost::json::object& context, std::string_view name, std::string_view value)
{
    context[name] = boost::json::string(value);
}

}  // namespace

std::string_view refusal::message() const noexcept
{
    if (!text.empty())
        return text;
    switch (code) {
    case refusal_code::transport_unknown: return "Transport unknown";
    case refusal_code::session_id_unknown: return "Session ID unknown";
    case refusal_code::bad_handshake_method: return "Bad handshake method";
    case refusal_code::bad_request: return "Bad request";
    case refusal_code::forbidden: return "Forbidden";
    case refusal_code::unsupported_protocol_version: return "Unsupported protocol version";
    }
    return "Bad request";
}

std::string refusal::body() const
{
    return fmt::format(
        R"({{"code":{},"message":{}}})",
        static_cast<int>(code),
        boost::json::serialize(boost::json::string_view{message().data(), message().size()})
    );
}

boost::json::object refusal::context(const http_request& request) const
{
    boost::json::object all;
    const auto from_query = [&](std::string_view key) {
        if (const auto value = detail::query_value(request.query(), key))
            set(all, key, *value);
    };
    if (reason != refusal_reason::none)
        set(all, "name", name_of(reason));
    if (!cause.empty())
        set(all, "error", cause);
    if (reason == refusal_reason::invalid_origin || reason == refusal_reason::origin_not_allowed)
        set(all, "origin", request.headers["origin"]);
    switch (code) {
    case refusal_code::transport_unknown: from_query("transport"); break;
    case refusal_code::session_id_unknown: from_query("sid"); break;
    case refusal_code::bad_handshake_method: set(all, "method", request.method); break;
    case refusal_code::bad_request:
        if (reason == refusal_reason::transport_mismatch) {
            from_query("transport");
            const auto* const asked = all.if_contains("transport");
            const bool polling = asked && *asked == "polling";
            set(all, "previousTransport", polling ? "websocket" : "polling");
        } else if (reason == refusal_reason::protocol_mismatch) {
            all["protocol"] = revision(request);
            all["previousProtocol"] = revision(request) == 4 ? 3 : 4;
        }
        break;
    case refusal_code::forbidden: set(all, "message", message()); break;
    case refusal_code::unsupported_protocol_version: all["protocol"] = revision(request); break;
    }
    return all;
}

}  // namespace cosio
