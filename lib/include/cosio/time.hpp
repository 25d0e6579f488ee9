// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>

namespace cosio {

/// The monotonic time line of a shard. Deliberately has no now(): protocol code is told the time.
struct session_clock
{
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<session_clock, duration>;
    static constexpr bool is_steady = true;
};

using duration = session_clock::duration;
using time_point = session_clock::time_point;

}  // namespace cosio
