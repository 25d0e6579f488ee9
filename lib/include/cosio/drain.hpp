// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/time.hpp>

#include <chrono>
#include <cstddef>

namespace cosio {

/// How a server comes to its end.
struct drain_options
{
    duration deadline = std::chrono::seconds{30};  ///< then what is left is cut off
    /// Over this time sessions are closed one after the other, so that their clients do not all come to the
    /// next server at once. Not longer than the deadline.
    duration stagger = duration::zero();
};

struct drain_report
{
    std::size_t sessions = 0;  ///< that there were when it began
    std::size_t cut_off = 0;   ///< that took too long to take what was sent to them
};

}  // namespace cosio
