// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace cosio::test {

/// What operator new has given out, in this whole process and by all threads.
struct heap_use
{
    std::size_t live_bytes = 0;   ///< given out and not returned
    std::size_t peak_bytes = 0;   ///< highest live_bytes since reset_peak()
    std::size_t total_bytes = 0;  ///< ever given out
    std::size_t allocations = 0;  ///< calls of operator new
};

[[nodiscard]] heap_use heap() noexcept;

void reset_heap_peak() noexcept;

}  // namespace cosio::test
