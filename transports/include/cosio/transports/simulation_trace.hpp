// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace cosio {

/// What happened in a simulated world, and one number that stands for all of it: two runs with the same hash did the
/// same. A simulated network notes what moves on it, a test what it asks for and sees.
class simulation_trace
{
public:
    /// The hash takes all lines; the last `lines` of them are kept to be read.
    void keep(std::size_t lines) noexcept { kept_ = lines; }

    void note(duration when, std::string_view who, std::string_view what);

    /// As note(), for bytes that moved: their contents count, and a line says how many.
    void note_bytes(duration when, std::string_view who, std::string_view bytes);

    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

    /// All that were noted, kept or not.
    [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

    /// Those that were kept, as lines "12.345678 s  who  what".
    [[nodiscard]] std::string text() const;

private:
    struct line
    {
        duration when;
        std::string who;
        std::string what;
    };

    void mix_line(duration when, std::string_view who, std::string_view what) noexcept;
    void keep_line(duration when, std::string_view who, std::string what);
    void mix(std::string_view bytes) noexcept;
    void mix(std::uint64_t number) noexcept;

    std::deque<line> last_;
    std::size_t kept_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t hash_ = 0xcbf29ce484222325U;  // as FNV-1a begins
};

}  // namespace cosio
