// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/simulation_trace.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstring>

namespace cosio {

void simulation_trace::note(duration when, std::string_view who, std::string_view what)
{
    mix_line(when, who, what);
    if (kept_ != 0)
        keep_line(when, who, std::string{what});
}

void simulation_trace::note_bytes(duration when, std::string_view who, std::string_view bytes)
{
    mix_line(when, who, bytes);
    if (kept_ != 0)
        keep_line(when, who, fmt::format("{} bytes", bytes.size()));
}

std::string simulation_trace::text() const
{
    std::string all;
    for (const line& one : last_) {
        const double seconds = std::chrono::duration<double>(one.when).count();
        all += fmt::format("{:12.6f} s  {:<16}  {}\n", seconds, one.who, one.what);
    }
    return all;
}

void simulation_trace::mix_line(duration when, std::string_view who, std::string_view what) noexcept
{
    ++lines_;
    mix(static_cast<std::uint64_t>(when.count()));
    mix(who);
    mix(what);
}

void simulation_trace::keep_line(duration when, std::string_view who, std::string what)
{
    if (last_.size() >= kept_)
        last_.pop_front();
    last_.push_back({when, std::string{who}, std::move(what)});
}

void simulation_trace::mix(std::string_view bytes) noexcept
{
    std::uint64_t word = bytes.size();
    for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
        mix(word);
        std::memcpy(&word, bytes.data(), sizeof word);
    }
    mix(word);
    word = 0;
    for (const char c : bytes)
        word = word << 8U | static_cast<unsigned char>(c);
    mix(word);
}

void simulation_trace::mix(std::uint64_t number) noexcept
{
    // FNV-1a by words; a product carries nothing down, so what is above comes down by itself.
    hash_ = (hash_ ^ number) * 0x100000001b3U;
    hash_ ^= hash_ >> 32U;
}

}  // namespace cosio
