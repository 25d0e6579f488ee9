// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cosio::load {

struct memory_sample
{
    std::uint64_t rss_kib = 0;
    std::uint64_t anonymous_kib = 0;  ///< RssAnon: without mapped files
    std::uint64_t pss_kib = 0;        ///< 0 if the system does not tell
};

/// CPU time that all threads of a process have used, in nanoseconds; nullopt if there is none such.
/// The process's CPU clock: exact, and threads that ended still count. Without it, utime + stime of
/// /proc/PID/stat, which has the resolution of a tick (10 ms).
[[nodiscard]] std::optional<std::int64_t> cpu_time(int pid);

[[nodiscard]] std::optional<memory_sample> memory_of(int pid);

/// The kibibytes of a line such as `VmRSS:    48020 kB` of /proc/PID/status or smaps_rollup.
[[nodiscard]] std::optional<std::uint64_t> find_kib(std::string_view text, std::string_view key);

/// utime + stime of the text of /proc/PID/stat, in ticks. The name of the program may hold anything.
[[nodiscard]] std::optional<std::uint64_t> find_ticks(std::string_view text);

}  // namespace cosio::load
