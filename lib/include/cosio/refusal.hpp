// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace cosio {

/// Numbers of the official server's `connection_error` (features.md 2.6).
enum class refusal_code : int
{
    transport_unknown = 0,
    session_id_unknown = 1,
    bad_handshake_method = 2,
    bad_request = 3,
    forbidden = 4,
    unsupported_protocol_version = 5,
};

/// What the codes leave open: `name` in the context of a connection_error.
enum class refusal_reason : std::uint8_t
{
    none,
    invalid_origin,             ///< its characters may not stand in a header
    transport_mismatch,         ///< the session uses another transport
    transport_handshake_error,  ///< what the transport needs of the request is wrong
    protocol_mismatch,          ///< the session speaks another version
    id_generation_error,        ///< `generate_id` failed
    middleware_failure,         ///< a middleware threw, or took longer than `hook_timeout`
    too_many_query_keys,
    origin_not_allowed,  ///< not among `allowed_origins`
};

/// Why a request may not do what it asks for.
struct refusal
{
    refusal_code code = refusal_code::bad_request;
    unsigned status = 400;
    refusal_reason reason = refusal_reason::none;
    std::string text = {};   ///< instead of the code's own message
    std::string cause = {};  ///< `error` in the context; the client is not told

    bool operator==(const refusal&) const = default;

    [[nodiscard]] std::string_view message() const noexcept;

    /// {"code":n,"message":"..."}, the body that the official server gives.
    [[nodiscard]] std::string body() const;

    /// What the official server's `connection_error` says of it beyond code and message.
    [[nodiscard]] boost::json::object context(const http_request& request) const;
};

/// A request below the path was refused. Lifetime: during the call.
struct connection_error
{
    const http_request& request;
    refusal_code code;
    std::string_view message;
    const boost::json::object& context;
};

}  // namespace cosio
