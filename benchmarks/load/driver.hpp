// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "options.hpp"
#include "process_stats.hpp"
#include "workload.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cosio::load {

struct memory_samples
{
    memory_sample before;  ///< before the first connection
    memory_sample joined;  ///< when all had joined
    memory_sample after;   ///< at the end of the run
};

/// What a run has found out.
struct outcome
{
    options chosen;
    std::uint32_t clients = 0;
    double connect_seconds = 0;
    double seconds = 0;  ///< measured, not asked for
    counters count;
    std::optional<std::int64_t> server_cpu;  ///< nanoseconds within the measured time
    std::int64_t driver_cpu = 0;
    std::optional<memory_samples> memory;
};

struct run_result
{
    std::unique_ptr<outcome> done;  ///< null: failed
    std::string failure;
};

/// Connects, warms up, measures.
[[nodiscard]] run_result run(const options& chosen);

}  // namespace cosio::load
