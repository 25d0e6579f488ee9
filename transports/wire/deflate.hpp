// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "websocket.hpp"

#include <cosio/deflate_options.hpp>
#include <cosio/frame.hpp>
#include <cosio/http.hpp>

#include <memory>
#include <optional>
#include <string>

// permessage-deflate (RFC 7692) without IO: negotiation in both roles, and zlib behind two classes.

namespace cosio::wire {

/// What a server agreed to.
struct deflate_acceptance
{
    deflate_options agreed;  ///< its own options, narrowed to what the offer allows
    std::string answer;      ///< value of its Sec-WebSocket-Extensions
};

/// Server: takes the first acceptable offer in the Sec-WebSocket-Extensions of `request`.
/// Declined, so that the next one is looked at: what is malformed, unknown or repeated in an offer (7.1), and a
/// client window that cannot be limited although `ours` wants it.
[[nodiscard]] std::optional<deflate_acceptance> accept_deflate(
    const header_fields& request, const deflate_options& ours
);

/// Client: value of Sec-WebSocket-Extensions.
[[nodiscard]] std::string offer_deflate(const deflate_options& wanted);

/// Client: what the answer to `offered` says; nullopt if the server wants no compression.
/// Errors: bad_extension if the server chose what was not offered; the connection must fail then (7.1).
[[nodiscard]] result<std::optional<deflate_options>> check_extensions(
    const header_fields& response, const std::optional<deflate_options>& offered
);

/// Output memory that codecs of one thread share.
class deflate_buffer
{
public:
    /// Makes room for `wanted` bytes at least, keeping the first `used`.
    std::byte* grow(std::size_t used, std::size_t wanted);

    [[nodiscard]] std::byte* data() noexcept { return bytes_.get(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// What is in it is no longer needed. Keeps 64 KiB.
    void release() noexcept;

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t capacity_ = 0;
};

struct zlib_stream;

/// Decompresses messages. Cost: nothing until the first; then 7 KiB and, with context or once a message
/// came in parts, the window.
class inflater
{
public:
    /// With `keeps_context` it serves one connection, else as many as share it.
    /// Lifetime: `out` outlives it.
    inflater(deflate_buffer& out, unsigned window_bits, bool keeps_context) noexcept;
    inflater(inflater&&) noexcept;
    ~inflater();

    /// The whole payload of a message, which may be in several blocks, final ones too (7.2.3.4).
    /// Takes no more memory than twice `max_bytes`, whatever the message announces; stops when it is exceeded.
    /// Errors: message_too_large, or invalid_deflate if it is damaged, goes back behind the window or does
    /// not end as 7.2.1 wants it. A context is of no use after an error.
    /// Lifetime: the result lives until the next use of the buffer.
    [[nodiscard]] result<bytes_view> inflate(bytes_view message, std::size_t max_bytes);

    /// The last result is no longer needed.
    void release() noexcept { out_->release(); }

private:
    enum class ending : std::uint8_t;
    [[nodiscard]] result<ending> run(bytes_view in, std::size_t max_bytes, std::size_t& size);

    deflate_buffer* out_;
    std::unique_ptr<zlib_stream> zlib_;
    std::uint8_t window_bits_;
    bool keeps_context_;
};

/// Compresses messages. Cost: nothing until the first; then 6 KiB, 2^(window_bits + 2) and
/// 2^(memory_level + 9) bytes.
class deflater
{
public:
    /// zlib has no window of 2^8 bytes: for that one, only runs of the same byte are shortened.
    /// Precondition: 8 <= window_bits <= 15; 1 <= level, memory_level <= 9.
    /// Lifetime: `out` outlives it.
    deflater(
        deflate_buffer& out, unsigned window_bits, int level, int memory_level, bool keeps_context
    ) noexcept;
    deflater(deflater&&) noexcept;
    ~deflater();

    /// The payload of a frame with RSV1, without the four bytes that 7.2.1 takes off.
    /// Lifetime: the result lives until the next use of the buffer.
    [[nodiscard]] bytes_view deflate(bytes_view message);

private:
    deflate_buffer* out_;
    std::unique_ptr<zlib_stream> zlib_;
    std::uint8_t window_bits_;
    std::int8_t level_;
    std::int8_t memory_level_;
    bool keeps_context_;
};

}  // namespace cosio::wire
