// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/dialect.hpp>
#include <cosio/error.hpp>
#include <cosio/frame.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace cosio::engine {

/// Engine.IO packet types, the same in both revisions; the value is the digit on the wire.
enum class packet_type : std::uint8_t
{
    open = 0,
    close = 1,
    ping = 2,
    pong = 3,
    message = 4,
    upgrade = 5,
    noop = 6,
};

/// One Engine.IO packet without its type digit. A view: valid as its source says.
struct packet_view
{
    packet_type type = packet_type::message;
    frame_kind kind = frame_kind::text;
    bytes_view data = {};

    [[nodiscard]] std::string_view text() const noexcept { return as_text(data); }
};

/// Reads a packet in text form: a digit and data, or `b` and base64 (Engine.IO v4, "Packet encoding"); in the
/// third revision a digit stands between `b` and the base64 (V3-4).
/// The bytes of a `b` packet are decoded into `scratch`. Errors: parse_error.
[[nodiscard]] result<packet_view> parse_packet(
    std::string_view text, std::vector<std::byte>& scratch, revision protocol = revision::v4
);

/// Reads what came as binary: the data of a message, in the third revision behind a byte that is the type
/// (V3-3). Errors: parse_error.
[[nodiscard]] result<packet_view> parse_binary_packet(bytes_view bytes, revision protocol);

/// A binary message as a client of the third revision reads it: behind a type byte, or as `b4` and base64 (V3-3,
/// V3-4). Cost: a copy; later clients share the frame itself.
[[nodiscard]] frame_ref encode_legacy_binary(const frame& message, bool supports_binary);

/// A binary message for who reads base64 only: `b` and base64 (WS-6). Cost: a copy.
[[nodiscard]] frame_ref encode_binary_as_text(const frame& message);

/// A control packet (or a text message) as a frame.
[[nodiscard]] frame_ref encode_packet(packet_type type, std::string_view data = {});

}  // namespace cosio::engine
