// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "milestones.hpp"

#include <cosio/transports/seed_search.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace cosio::test {

/// What a worker tells of a seed. Plain bytes: it goes through a pipe.
struct seed_result
{
    std::uint64_t seed = 0;
    bool failed = false;
    std::uint64_t messages = 0;
    std::uint64_t lasted_ms = 0;  // in its world
    milestone_counts reached = {};
};

/// How a seed fails.
enum class failure
{
    broken,  // it says what
    ended,   // it took its process along
    hung,    // it had not ended after `patience`
};

inline constexpr std::chrono::seconds patience{120};

struct totals
{
    std::uint64_t runs = 0;
    std::uint64_t messages = 0;
    std::uint64_t lasted_ms = 0;
    double seconds = 0;  // of everybody's time
    milestone_counts reached = {};
    std::optional<std::uint64_t> failing;  // the lowest that is known
    failure how = failure::broken;
};

/// Runs the seeds in `jobs` processes, each its share, until one fails or all are done. A process that ends before
/// its time, or does not come to an end, has failed with the seed that it was at.
[[nodiscard]] totals run_in_workers(
    seed_range range,
    unsigned jobs,
    bool progress,
    const std::function<seed_result(std::uint64_t)>& run_seed
);

/// Whether that holds, in a process of its own, which says nothing: if it ends before its time, or does not come to an
/// end, it does not.
[[nodiscard]] bool holds_apart(const std::function<bool()>& what);

}  // namespace cosio::test
