// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/detail/ascii.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

// What options may be, in words that name them. Each throws std::invalid_argument with one line.

namespace cosio::detail {

inline void require(bool holds, std::string_view option, std::string_view rule)
{
    if (!holds)
        throw std::invalid_argument{fmt::format("option {}: {}", option, rule)};
}

inline void require_positive(duration value, std::string_view option)
{
    require(value > duration::zero(), option, "must be more than zero");
    require(value <= std::chrono::hours{24 * 365}, option, "must be at most a year");
}

inline void require_count(std::size_t value, std::string_view option)
{
    require(value > 0, option, "must be at least 1");
}

inline void require_range(unsigned value, unsigned low, unsigned high, std::string_view option)
{
    if (value < low || value > high)
        throw std::invalid_argument{
            fmt::format("option {}: must be from {} to {}", option, low, high)
        };
}

inline void require_deflate(const deflate_options& deflate)
{
    require_range(
        deflate.server_max_window_bits, 9, 15, "websocket.deflate.server_max_window_bits"
    );
    require_range(
        deflate.client_max_window_bits, 9, 15, "websocket.deflate.client_max_window_bits"
    );
    require_range(deflate.memory_level, 1, 9, "websocket.deflate.memory_level");
    require_range(deflate.level, 1, 9, "websocket.deflate.level");
}

inline void require_tokens(const std::vector<std::string>& names, std::string_view option)
{
    require(std::ranges::all_of(names, is_token), option, "must be names of HTTP");
}

inline bool is_graphic(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

/// As the path below which an engine is served.
inline bool is_request_path(std::string_view path)
{
    return path.starts_with('/') && is_graphic(path) &&
           path.find_first_of("?#") == std::string_view::npos;
}

/// What only a client has.
void require_client(const client_options& options);

}  // namespace cosio::detail
