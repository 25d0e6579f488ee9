// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cosio::engine {

/// Revision of the Engine.IO protocol. The clients of Socket.IO 1 and 2 speak the third, later ones the fourth.
enum class revision : std::uint8_t
{
    v3 = 3,
    v4 = 4,
};

/// How one client speaks Engine.IO: what its handshake says, and what follows from it for its packets.
struct dialect
{
    revision protocol = revision::v4;
    /// False (`b64=1`) if binary messages must reach it as text in base64, over WebSocket too (V3-4, WS-6).
    bool supports_binary = true;
    /// v3, long-polling: the number of the function that a page calls with each payload (V3-5).
    std::optional<std::uint32_t> jsonp = {};

    [[nodiscard]] bool is_legacy() const noexcept { return protocol == revision::v3; }

    bool operator==(const dialect&) const noexcept = default;
};

/// The dialect that the query of a request names. Unless only the fourth revision is spoken, everything but
/// `EIO=4` is the third, if the request names a transport: a link that came without HTTP speaks the fourth.
[[nodiscard]] dialect dialect_of(std::string_view query, bool allow_eio3);

}  // namespace cosio::engine
