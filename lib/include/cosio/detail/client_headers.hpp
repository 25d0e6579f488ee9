// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/ascii.hpp>

#include <array>
#include <string_view>

namespace cosio::detail {

/// Fields that frame a client's requests or are its handshake: the application may not set them.
[[nodiscard]] constexpr bool is_framing_header(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 10> names{
        "Connection",
        "Content-Length",
        "Expect",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade"
    };
    constexpr std::string_view handshake = "Sec-WebSocket-";
    if (equal_without_case(name.substr(0, handshake.size()), handshake))
        return true;
    for (const std::string_view one : names)
        if (equal_without_case(name, one))
            return true;
    return false;
}

}  // namespace cosio::detail
