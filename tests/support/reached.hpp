// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/limit.hpp>

#include <fmt/format.h>

#include <string>

namespace cosio::test {

/// The limits that were reached, each with how often: "max_args 1".
inline std::string reached(const limit_counters& counters)
{
    std::string lines;
    for (int i = 1; i <= static_cast<int>(limit::last); ++i)
        if (const auto count = counters[static_cast<limit>(i)]; count != 0)
            lines += fmt::format(
                "{}{} {}", lines.empty() ? "" : ", ", to_string(static_cast<limit>(i)), count
            );
    return lines;
}

}  // namespace cosio::test
