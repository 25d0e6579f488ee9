// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http1.hpp"

#include <chrono>
#include <optional>

// What a client says over HTTP/1.1 and what it makes of the answers, without IO. Answers come out of
// http1_response_decoder.

namespace cosio::wire {

/// What all requests of a client have in common. Framing fields among `extra` are left out; others replace
/// those that are made here, but cookies are joined.
struct client_headers
{
    std::string_view host;  ///< value of Host
    const header_fields* extra = nullptr;
    std::string_view cookies = {};  ///< value of Cookie; empty: none
};

/// Appends a GET that polls, or a POST if there is a body. Keeps the connection alive.
void append_poll_request(
    std::string& out,
    std::string_view target,
    const client_headers& headers,
    std::optional<std::string_view> body = {}
);

/// Success, if the answer to a poll or to a POST may be read.
/// Errors: unexpected_status() for whatever is not 200, redirects too; unexpected_coding (X09).
[[nodiscard]] error_code check_poll_answer(const http_response& response) noexcept;

/// A server has answered with that status, and with none that was asked for: "the server answers 502".
[[nodiscard]] error_code unexpected_status(unsigned status) noexcept;

/// How long a server that refuses asks to be left alone, in seconds or until a date (RFC 9110, 10.2.3); nullopt if it
/// does not say so. At most a day.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(
    const http_response& response, std::chrono::sys_seconds now
) noexcept;

/// How a client shows a proxy who it is (RFC 7617).
struct proxy_credentials
{
    std::string user;  ///< without `:`
    std::string password;
};

/// Appends what asks a proxy for a tunnel to `authority`, such as "a.example:443" (RFC 9110, 9.3.6).
/// The answer is decoded with expect_heads_only(); what release() gives then came through the tunnel.
void append_tunnel_request(
    std::string& out,
    std::string_view authority,
    const std::optional<proxy_credentials>& credentials = {}
);

/// Errors: proxy_authentication for 407, proxy_refused for whatever else is not 2xx.
[[nodiscard]] error_code check_tunnel_answer(const http_response& response) noexcept;

/// Appends to `into` what a request says beside what its kind makes; the seam to websocket_client.
void append_client_headers(header_fields& into, const client_headers& headers);

}  // namespace cosio::wire
