// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <array>

namespace cosio::wire {

/// SHA-1 (FIPS 180-4). Only for the WebSocket handshake, which asks for nothing stronger.
[[nodiscard]] std::array<std::byte, 20> sha1(bytes_view message) noexcept;

}  // namespace cosio::wire
