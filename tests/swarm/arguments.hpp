// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "smaller_plan.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::test {

inline constexpr std::string_view usage =
    "usage: simulate [--seeds N] [--from S] [--jobs N] [--quiet] [--no-progress]\n"
    "       simulate --seed S [--only 3,5,8|none] [--clients 0,2|none] [--without latency,proxy] "
    "[--trace LINES]\n"
    "\n"
    "  --seeds N      so many random programs (2000), from seed S (1) on\n"
    "  --jobs N       in so many processes (2)\n"
    "  --quiet        without counts, and a seed that fails is not made smaller\n"
    "  --seed S       that one alone: its plan, the end of its trace, and what it broke\n"
    "  --only 3,5,8   of its operations those alone\n"
    "  --clients 0,2  of its clients those alone\n"
    "  --without ...  of its world some of: latency, jitter, pieces, small_queues, short_log, "
    "recovery, shards,\n"
    "                 cleanup, proxy, retries\n"
    "  --trace LINES  so many lines of the trace (200)\n";

struct arguments
{
    std::uint64_t seeds = 2'000;
    std::uint64_t from = 1;
    unsigned jobs = 2;
    bool quiet = false;
    bool progress = true;
    bool help = false;
    std::optional<std::uint64_t> seed;
    selection parts;
    std::size_t trace_lines = 200;
};

/// Errors: one line for people.
[[nodiscard]] boost::system::result<arguments, std::string> read_arguments(int count, char** words);

}  // namespace cosio::test
