// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/http.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// HTTP/1.x without IO. Parsing is Boost.Beast's; a guard in front refuses what its parser lets through.

namespace cosio::wire {

/// Refusals; each knows the status that answers it.
enum class http_errc : int
{
    bad_request = 1,        ///< 400: malformed in any way
    request_timeout,        ///< 408
    body_too_large,         ///< 413
    target_too_long,        ///< 414
    expectation_failed,     ///< 417
    too_many_requests,      ///< 429
    headers_too_large,      ///< 431: bytes or count
    not_implemented,        ///< 501: a method or transfer coding we do not know
    version_not_supported,  ///< 505
    truncated,              ///< the stream ended inside a message
    bad_response,           ///< 502: what a server sent is malformed in any way
    unexpected_coding,      ///< 502: a body is compressed although nobody asked for that
    proxy_refused,          ///< 502: a proxy opens no tunnel
    proxy_authentication,   ///< 407: a proxy wants other credentials
};

[[nodiscard]] const boost::system::error_category& http_category() noexcept;
[[nodiscard]] error_code make_error_code(http_errc value) noexcept;
[[nodiscard]] unsigned status_of(http_errc value) noexcept;

struct http1_limits
{
    /// Start line, fields and the empty line. The same number bounds the trailers of one message, and
    /// all its chunk extensions together.
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_headers = 100;
    std::size_t max_target_bytes = 8 * 1024;
    std::size_t max_body_bytes = 1'000'000;
};

namespace detail {
template <class Message>
class http1_machine;
}

/// Decoder of requests. Usage: feed(), then next() until it returns null. Pipelined requests come out
/// one after the other; what follows a returned request is kept, and is what an upgrade takes along.
/// A target in absolute form comes out in origin form, its authority as the value of Host (RFC 9112, 3.2.2).
/// The body of a GET or HEAD is read and dropped; trailers are checked and dropped.
/// Cost: linear in the bytes, however they are cut; no memory is held between requests.
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

    /// After an error in a body: the request whose body that is, in part. Null after any other.
    [[nodiscard]] http_request* refused() const noexcept;

    /// True once after the head of a request with `Expect: 100-continue` is complete.
    [[nodiscard]] bool take_continue() noexcept;

    /// True if any byte of an unfinished request has been fed.
    [[nodiscard]] bool mid_request() const noexcept;

    /// Bytes of the current body that have been fed so far.
    [[nodiscard]] std::size_t body_bytes() const noexcept;

    /// Bytes that were fed and not yet looked at: pipelined behind the last returned request.
    [[nodiscard]] std::size_t buffered_bytes() const noexcept;

    /// Bytes that follow the last returned request; the decoder is empty afterwards.
    [[nodiscard]] std::string release() noexcept;

    /// Bytes of the current request seen by the guard plus those handed to the parser: at most twice
    /// what was fed. Passes that the parser makes within one part are not counted.
    [[nodiscard]] std::uint64_t bytes_examined() const noexcept;

    /// False between requests: nothing is buffered and nothing is on the heap.
    [[nodiscard]] bool holds_memory() const noexcept;

private:
    std::unique_ptr<detail::http1_machine<http_request>> machine_;
    std::unique_ptr<http_request> request_;
    http1_limits limits_;
    http_errc failure_ = {};
};

/// Decoder of responses, for clients. Usage as above. Interim responses (1xx but 101) are dropped.
/// A 101 ends HTTP on the connection: take what follows with release() and do not call next() again.
/// Only a request tells whether its response has a body: those to HEAD and CONNECT end with their head.
class http1_response_decoder
{
public:
    explicit http1_response_decoder(http1_limits limits) noexcept;

    /// All responses are to HEAD or CONNECT. What follows one is the next, or the tunnel: see release().
    void expect_heads_only() noexcept { heads_only_ = true; }

    http1_response_decoder(http1_response_decoder&&) noexcept;
    ~http1_response_decoder();

    void feed(bytes_view bytes);

    /// The next whole response, or null if more bytes are needed. An error is final.
    /// Lifetime: until the next call of next().
    [[nodiscard]] result<http_response*> next();

    /// The stream ended: truncated if inside a response, else success. A response whose body lasts
    /// until then is complete now, and comes out of the following next().
    [[nodiscard]] error_code finish();

    /// The connection may serve another request after the response that next() returned last.
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

    /// Bytes that follow the last returned response; the decoder is empty afterwards.
    [[nodiscard]] std::string release() noexcept;

private:
    std::unique_ptr<detail::http1_machine<http_response>> machine_;
    std::unique_ptr<http_response> response_;
    http1_limits limits_;
    http_errc failure_ = {};
    std::uint8_t interim_ = 0;
    bool keep_alive_ = true;
    bool heads_only_ = false;
};

/// Reason phrase of a status code.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// Appends status line, `headers`, Content-Length (unless 1xx, 204 or 304) and Connection, and the empty line.
/// `keep_alive` false writes `Connection: close`; true writes `Connection: keep-alive` for version 10 only.
/// Framing fields among `headers` are left out, and so is Connection unless the status is 101. Nothing in a
/// field can end its line: names that are no token are left out, control bytes in values become spaces.
void append_response_head(
    std::string& out,
    const http_response& response,
    std::size_t content_length,
    bool keep_alive,
    unsigned version = 11
);

/// Appends request line, `headers` as they are (Host and Content-Length are the caller's) and the empty line.
/// Bytes that may not stand in a target are percent-encoded; fields are treated as in a response.
void append_request_head(
    std::string& out,
    std::string_view method,
    std::string_view target,
    const header_fields& headers,
    unsigned version = 11
);

}  // namespace cosio::wire

namespace boost::system {
template <>
struct is_error_code_enum<cosio::wire::http_errc> : std::true_type
{};
}  // namespace boost::system
