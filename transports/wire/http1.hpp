// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <memory>
#include <string>

// HTTP/1.x without IO. Parsing is Boost.Beast's; a guard in front refuses what its parser lets through.

namespace cosio::wire {

/// Refusals; each knows the status that answers it.
enum class http_errc : int
{
    bad_request = 1,       ///< 400: malformed in any way
    request_timeout,       ///< 408
    body_too_large,        ///< 413
    target_too_long,       ///< 414
    expectation_failed,    ///< 417
    too_many_requests,     ///< 429
    headers_too_large,     ///< 431: bytes or count
    not_implemented,       ///< 501: a method or transfer coding we do not know
    version_not_supported, ///< 505
    truncated,             ///< the stream ended inside a message
};

[[nodiscard]] const boost::system::error_category& http_category() noexcept;
[[nodiscard]] error_code make_error_code(http_errc value) noexcept;
[[nodiscard]] unsigned status_of(http_errc value) noexcept;

struct http1_limits
{
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_headers = 100;
    std::size_t max_target_bytes = 8 * 1024;
    std::size_t max_body_bytes = 1'000'000;
};

/// Decoder of requests. Usage: feed(), then next() until it returns null. Pipelined requests come out
/// one after the other; what follows a returned request is kept, and is what an upgrade takes along.
class http1_request_decoder
{
public:
    explicit http1_request_decoder(http1_limits limits) noexcept;
    http1_request_decoder(http1_request_decoder&&) noexcept;
    ~http1_request_decoder();

    /// Appends bytes that have arrived; copies them.
    void feed(bytes_view bytes);

    /// The next whole request, or null if more bytes are needed. An error is final.
    /// Lifetime: until the next call of next().
    [[nodiscard]] result<http_request*> next();

    /// The stream ended: truncated if inside a request, else success.
    [[nodiscard]] error_code finish() const noexcept;

    /// The request whose headers are complete and whose body is still arriving, or null.
    [[nodiscard]] const http_request* head() const noexcept;

    /// True once after the head of a request with `Expect: 100-continue` is complete.
    [[nodiscard]] bool take_continue() noexcept;

    /// True if any byte of an unfinished request has been fed.
    [[nodiscard]] bool mid_request() const noexcept;

    /// Bytes of the current body that have been fed so far.
    [[nodiscard]] std::size_t body_bytes() const noexcept;

    /// Bytes that follow the last returned request; the decoder is empty afterwards.
    [[nodiscard]] std::string release() noexcept;
};

/// Reason phrase of a status code.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// Appends status line, `headers`, Content-Length (unless 1xx, 204 or 304) and Connection, and the empty line.
/// `keep_alive` false writes `Connection: close`; true writes `Connection: keep-alive` for version 10 only.
void append_response_head(
    std::string& out,
    const http_response& response,
    std::size_t content_length,
    bool keep_alive,
    unsigned version = 11
);

}  // namespace cosio::wire

namespace boost::system {
template <> struct is_error_code_enum<cosio::wire::http_errc> : std::true_type
{
};
}  // namespace boost::system
