// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "milestones.hpp"
#include "plan.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cosio::test {

/// What became of a plan.
struct outcome
{
    std::vector<std::string> broken;
    milestone_counts reached = {};
    std::uint64_t hash = 0;                    // of all that happened
    std::uint64_t messages = 0;                // heard, answers too
    duration lasted = {};                      // in the world
    std::string trace;                         // its last lines
    std::map<std::string, std::string> heard;  // by whom, if it was asked for
};

struct run_options
{
    std::size_t trace_lines = 0;
    bool ignore_wall_clock = false;  // I34: then nobody may notice
    bool compares = false;           // tells who has heard what
};

/// Carries a plan out, lets the world heal, and looks at what is left.
[[nodiscard]] outcome run(const plan& what, const run_options& options = {});

}  // namespace cosio::test
