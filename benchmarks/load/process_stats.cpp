// SPDX-License-Identifier: BSL-1.0
#include "process_stats.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <time.h>
#include <unistd.h>

namespace cosio::load {
namespace {

std::string read_proc(int pid, std::string_view name)
{
    std::ifstream file{fmt::format("/proc/{}/{}", pid, name)};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::optional<std::uint64_t> read_number(std::string_view text)
{
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data() + begin, text.data() + text.size(), value);
    if (ec != std::errc{})
        return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::uint64_t> find_kib(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (line.starts_with(key) && line.substr(key.size()).starts_with(':'))
            return read_number(line.substr(key.size() + 1));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return std::nullopt;
}

std::optional<std::uint64_t> find_ticks(std::string_view text)
{
    const std::size_t name_end = text.rfind(')');
    if (name_end == text.npos)
        return std::nullopt;
    text.remove_prefix(name_end + 1);

    // proc(5): the name is field 2, utime field 14, stime field 15.
    std::uint64_t total = 0;
    for (int field = 3; field <= 15; ++field) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        if (field < 14)
            continue;
        const std::optional<std::uint64_t> ticks = read_number(word);
        if (!ticks)
            return std::nullopt;
        total += *ticks;
    }
    return total;
}

std::optional<std::int64_t> cpu_time(int pid)
{
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0)
        return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;

    const std::optional<std::uint64_t> ticks = find_ticks(read_proc(pid, "stat"));
    const long per_second = sysconf(_SC_CLK_TCK);
    if (!ticks || per_second <= 0)
        return std::nullopt;
    return static_cast<std::int64_t>(*ticks) * (1'000'000'000 / per_second);
}

std::optional<memory_sample> memory_of(int pid)
{
    const std::string status = read_proc(pid, "status");
    const std::optional<std::uint64_t> rss = find_kib(status, "VmRSS");
    if (!rss)
        return std::nullopt;
    return memory_sample{
        .rss_kib = *rss,
        .anonymous_kib = find_kib(status, "RssAnon").value_or(0),
        .pss_kib = find_kib(read_proc(pid, "smaps_rollup"), "Pss").value_or(0),
    };
}

}  // namespace cosio::load
