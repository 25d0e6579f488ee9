// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

/// Where the examples listen: PORT of the environment, or 3000.
inline std::uint16_t port_to_use()
{
    const char* const wish = std::getenv("PORT");
    if (!wish)
        return 3000;
    const std::string text{wish};
    const char* const end = text.data() + text.size();
    std::uint16_t port = 0;
    if (const auto [at, fault] = std::from_chars(text.data(), end, port);
        at != end || fault != std::errc{})
        throw std::invalid_argument{"PORT is not a TCP port: " + text};
    return port;
}
