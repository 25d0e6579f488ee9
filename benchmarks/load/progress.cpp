// SPDX-License-Identifier: BSL-1.0
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace cosio::load {
namespace {

std::string bar(double share)
{
    constexpr std::size_t width = 24;
    const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width);
    return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", width - full);
}

}  // namespace

progress::progress(bool wanted) noexcept : enabled_{wanted && isatty(STDERR_FILENO) == 1} {}

void progress::show_joining(std::int64_t now, std::uint32_t ready, std::uint32_t wanted)
{
    if (!is_due(now))
        return;
    drawn_ = true;
    fmt::print(
        stderr,
        "\r\x1b[K{} {:<9} {}/{} clients",
        bar(double{1} * ready / wanted),
        "joining",
        ready,
        wanted
    );
}

void progress::show_load(
    std::string_view phase,
    std::int64_t elapsed,
    std::int64_t length,
    std::uint64_t messages,
    std::int64_t now
)
{
    if (!is_due(now))
        return;
    drawn_ = true;
    const double seconds = static_cast<double>(elapsed) / 1e9;
    const double total = static_cast<double>(length) / 1e9;
    const double rate = seconds > 0 ? static_cast<double>(messages) / seconds : 0;
    fmt::print(
        stderr,
        "\r\x1b[K{} {:<9} {:.1f}/{:.1f} s  {:.0f} msgs/s",
        bar(total > 0 ? seconds / total : 1),
        phase,
        seconds,
        total,
        rate
    );
}

void progress::clear()
{
    if (drawn_)
        fmt::print(stderr, "\r\x1b[K");
}

}  // namespace cosio::load
