// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/engine/dialect.hpp>
#include <cosio/engine/packet.hpp>
#include <cosio/outbox.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace cosio::engine {

/// Stands between the packets of a polling payload (Engine.IO v4, "HTTP long-polling").
inline constexpr char record_separator = '\x1e';

inline constexpr std::size_t unlimited_packets = std::numeric_limits<std::size_t>::max();

/// Decoder of the packets of one polling payload.
class payload_decoder
{
public:
    explicit payload_decoder(
        const dialect& spoken = {}, std::size_t max_packets = unlimited_packets
    ) noexcept
        : spoken_{spoken}, max_packets_{static_cast<std::uint32_t>(std::min(max_packets, most))}
    {}

    [[nodiscard]] const dialect& spoken() const noexcept { return spoken_; }

    /// Takes a whole body, out of its form if it is one (JSONP). `is_binary`: as application/octet-stream, which
    /// only the third revision has. Whatever was left of the one before is dropped.
    void feed(std::string body, bool is_binary = false);

    /// The next packet, or nullopt at the end. An error is final: nothing after it is decoded (P04).
    /// Errors: parse_error; too_many_packets after as many as may be (POLL-20).
    /// Lifetime: the view is valid until the next call.
    [[nodiscard]] result<std::optional<packet_view>> next();

private:
    [[nodiscard]] result<packet_view> next_packet();
    [[nodiscard]] result<packet_view> next_legacy_packet();

    static constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();

    std::string body_;
    std::size_t at_ = 0;
    dialect spoken_;
    std::uint32_t max_packets_;
    std::uint32_t taken_ = 0;  // of this body
    bool is_binary_ = false;
    bool more_ = false;
    std::vector<std::byte> scratch_;
};

/// Takes frames from the front of `pending` into one payload of at most `max_bytes` and `max_packets`, but
/// at least one frame. Precondition: `pending` is not empty.
[[nodiscard]] std::string encode_payload(
    outbox& pending, std::size_t max_bytes, std::size_t max_packets = unlimited_packets
);

/// False if a peer that takes so many bytes at once would refuse the packet on that link, even alone (POLL-17).
/// 0: the peer did not say what it takes.
[[nodiscard]] bool fits_payload(
    const frame& packet, transport_kind link, std::uint64_t max_payload
) noexcept;

}  // namespace cosio::engine
