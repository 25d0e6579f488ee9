// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

namespace cosio {

enum class log_level : std::uint8_t
{
    debug,
    info,
    warning,
    error,
    off,
};

/// Where messages for the operator go. Thread: called on the shard that has something to say.
/// Errors: what `write` throws is dropped, for no connection may suffer from a full disk, or from memory that is short.
struct logger
{
    log_level level = log_level::off;
    std::function<void(log_level, std::string_view)> write = {};

    /// Formats only what passes the level.
    template <class... Args>
    void operator()(log_level importance, fmt::format_string<Args...> format, Args&&... args)
        const noexcept
    {
        if (importance < level || !write)
            return;
        try {
            // Not format_to: that compiles all of fmt's formatting into whoever has something to say.
            write(importance, fmt::vformat(format, fmt::make_format_args(args...)));
        } catch (...) {  // there is nobody left to tell
        }
    }
};

}  // namespace cosio
