// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http1.hpp"

#include <type_traits>

// Private to wire: the seam between the guard and Beast's parser.

namespace cosio::wire::detail {

template <class Message>
inline constexpr bool is_request = std::is_same_v<Message, http_request>;

template <class Message>
inline constexpr http_errc malformed =
    is_request<Message> ? http_errc::bad_request : http_errc::bad_response;

struct parsed
{
    std::size_t used = 0;    ///< bytes that the parser took
    http_errc refusal = {};  ///< 0: none
};

/// Parser of one message, told where its parts end: start line, fields, body bytes, each chunk line
/// with the CRLF in front of it, the last chunk line with the trailers.
template <class Message>
class http1_parser
{
public:
    virtual ~http1_parser() = default;

    /// Precondition: `part` is not empty, and whole unless of a body.
    /// Takes all of it, or what of it belongs to the body or chunk; less if a whole part is malformed.
    [[nodiscard]] virtual parsed put(std::string_view part) = 0;

    /// The message ends with its head. Before the first put().
    virtual void skip_body() = 0;

    /// The stream ended; true if that completes the message.
    [[nodiscard]] virtual bool end() = 0;

    [[nodiscard]] virtual bool done() const noexcept = 0;
    [[nodiscard]] virtual bool is_chunked() const noexcept = 0;

    /// Bytes of the current chunk that have not arrived.
    [[nodiscard]] virtual std::uint64_t chunk_left() const noexcept = 0;

    [[nodiscard]] virtual std::size_t body_bytes() const noexcept = 0;
    [[nodiscard]] virtual bool expects_continue() const noexcept = 0;
    [[nodiscard]] virtual bool keeps_alive() const noexcept = 0;
};

/// Lifetime: `message` must outlive the parser.
[[nodiscard]] std::unique_ptr<http1_parser<http_request>> make_http1_parser(
    http_request& message, const http1_limits& limits
);
[[nodiscard]] std::unique_ptr<http1_parser<http_response>> make_http1_parser(
    http_response& message, const http1_limits& limits
);

}  // namespace cosio::wire::detail
