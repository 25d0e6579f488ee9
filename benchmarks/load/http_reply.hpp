// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::load {

/// One response of a server. Views into the bytes it was read from, or into the reader.
struct http_reply
{
    unsigned status = 0;
    std::string_view body = {};
    std::string_view websocket_accept = {};
    bool keep_alive = true;
};

/// Decoder of HTTP/1.1 responses, with Content-Length or chunked. Errors: bad_message for bytes that
/// are no such response, message_size above the limits.
class http_reply_reader
{
public:
    /// Hands over bytes that have arrived.
    /// Lifetime: `bytes` must live until next() returned nullopt; an incomplete rest has been copied.
    void feed(std::string_view bytes);

    [[nodiscard]] result<std::optional<http_reply>> next();

    /// What was fed behind the last reply. Lifetime: as fed.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

    static constexpr std::size_t max_head_bytes = 16 * 1024;
    static constexpr std::size_t max_body_bytes = 64 * 1024 * 1024;

private:
    enum class extent : bool
    {
        partial,
        whole,
    };

    struct framing
    {
        std::optional<std::size_t> length;
        bool chunked = false;
    };

    [[nodiscard]] static bool read_head(std::string_view head, http_reply& reply, framing& body);
    [[nodiscard]] result<extent> read_body(std::size_t at, framing body, http_reply& reply);
    [[nodiscard]] result<extent> read_chunks(std::size_t at, http_reply& reply);
    void keep();

    std::string_view rest_;
    std::string kept_;
    std::string joined_;  // the chunks of a body, side by side
};

}  // namespace cosio::load
