// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/frame.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cosio::protocol {

/// Socket.IO v5 packet types. The codec hides BINARY_EVENT and BINARY_ACK: they decode to event and ack.
enum class packet_type : std::uint8_t
{
    connect = 0,
    disconnect = 1,
    event = 2,
    ack = 3,
    connect_error = 4,
};

inline constexpr std::uint64_t max_ack_id = (std::uint64_t{1} << 53) - 1;

/// All of a packet that the protocol rules look at. Views into the packet it came from.
struct packet_header
{
    packet_type type = packet_type::event;
    std::string_view nsp = "/";  ///< never empty; begins with `/`
    std::optional<std::uint64_t> id = std::nullopt;

    bool operator==(const packet_header&) const = default;
};

/// A packet as frames that are ready to be sent and shared: the first, then its attachments in order.
struct encoded_packet
{
    frame_ref head;
    std::vector<frame_ref> attachments = {};

    /// Precondition: nobody else has the frames yet.
    void forbid_compression() noexcept
    {
        head.forbid_compression();
        for (frame_ref& attachment : attachments)
            attachment.forbid_compression();
    }

    /// While it waits to be sent, the next packet of that key takes its place. Precondition: as above.
    void set_key(std::string key)
    {
        head.set_key(new packet_key{std::move(key), 1 + attachments.size()});
    }

    [[nodiscard]] std::size_t bytes() const noexcept
    {
        std::size_t total = head ? head->size() : 0;
        for (const frame_ref& attachment : attachments)
            total += attachment->size();
        return total;
    }
};

/// Names that Socket.IO itself emits; a peer that sends one as an event breaks the protocol (EV-2).
[[nodiscard]] constexpr bool is_reserved_event(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 6> reserved{
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"
    };
    for (std::string_view candidate : reserved)
        if (candidate == name)
            return true;
    return false;
}

/// What a codec refuses to decode (spec: limits). All are counts or bytes as the names say.
struct packet_limits
{
    std::size_t max_attachments = 10;
    /// Sum over one packet. A server's default is its `engine.max_payload_bytes`.
    std::optional<std::size_t> max_attachment_bytes = {};
    std::size_t max_args = 1'024;
    std::size_t max_depth = 128;
    std::size_t max_namespace_bytes = 1'024;
    std::size_t max_event_bytes = 1'024;

    static constexpr std::size_t default_attachment_bytes = 1'000'000;

    bool operator==(const packet_limits&) const = default;
};

}  // namespace cosio::protocol
