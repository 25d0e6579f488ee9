// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "options.hpp"

#include <cosio/frame.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Just enough of Engine.IO v4 and Socket.IO v5 to load a server: packets of namespace `/` without
// attachments are written once at the start, and told apart, not decoded, when they arrive.

namespace cosio::load {

/// An Engine.IO packet ready to be framed.
struct packet
{
    bool binary = false;
    std::string bytes;  ///< text: with the type digit; binary: the MESSAGE's raw bytes
};

[[nodiscard]] packet connect_packet(codec encoding);
[[nodiscard]] packet disconnect_packet(codec encoding);

/// An event with string arguments, as stock clients write it.
[[nodiscard]] packet event_packet(
    codec encoding,
    std::string_view name,
    const std::vector<std::string_view>& arguments,
    std::optional<std::uint64_t> ack_id = std::nullopt
);

/// A packet as one masked WebSocket frame. The mask is always the same: nobody guards against a
/// cache-poisoning proxy here, and the server has to unmask it all the same.
[[nodiscard]] std::vector<std::byte> websocket_frame(const packet& what);

/// A packet as a record of a polling payload.
[[nodiscard]] std::string polling_record(const packet& what);

enum class incoming_kind : std::uint8_t
{
    open,  ///< body: the JSON of the handshake
    close,
    ping,
    noop,  ///< and PONG, UPGRADE: nothing that matters here
    joined,
    refused,  ///< body: why
    left,
    event,    ///< name is set
    ack,      ///< id is set
    foreign,  ///< a packet of another namespace, or with attachments
    malformed,
};

/// What arrived; views into the bytes it was read from.
struct incoming
{
    incoming_kind kind = incoming_kind::malformed;
    std::uint64_t id = 0;
    std::string_view name = {};
    std::string_view body = {};

    bool operator==(const incoming&) const = default;
};

/// Reads a text packet of Engine.IO. Cost: independent of the size of the arguments.
[[nodiscard]] incoming read_text(std::string_view packet) noexcept;

/// Reads a packet of socket.io-msgpack-parser. Cost: one step for each value in it.
[[nodiscard]] incoming read_msgpack(std::string_view packet) noexcept;

/// The string member `key` of a JSON object, if it needs no unescaping.
[[nodiscard]] std::string_view find_json_string(std::string_view json, std::string_view key);

}  // namespace cosio::load
