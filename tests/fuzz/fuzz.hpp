// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// What every target is made of. A target defines check(); entry.cpp is what libFuzzer calls, replay.cpp runs
// it over files.

namespace cosio::fuzz {

/// Ends the process with a line that says what does not hold.
void require(bool holds, std::string_view what);

/// What one input is to be looked at for. `seed` is its first byte.
void check(std::uint8_t seed, bytes_view input);

/// What a target must come to with its corpus: a promise that is never looked at shows nothing by being kept. replay.cpp
/// prints how many inputs came to each, and fails where none did.
class milestone
{
public:
    explicit milestone(std::string_view name) noexcept
        : name_{name}, next_{std::exchange(first(), this)}
    {}

    milestone(const milestone&) = delete;
    milestone& operator=(const milestone&) = delete;

    /// Counts once for each input.
    void reach() noexcept { is_reached_ = true; }

    void end_input() noexcept { count_ += std::exchange(is_reached_, false) ? 1 : 0; }

    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    [[nodiscard]] milestone* next() const noexcept { return next_; }

    /// Those of the program, the last one first.
    static milestone*& first() noexcept
    {
        static milestone* last_made = nullptr;
        return last_made;
    }

private:
    std::string_view name_;
    milestone* next_;
    std::size_t count_ = 0;
    bool is_reached_ = false;
};

/// Calls take(part) for parts of `bytes` in order. Seed 0: all at once; 1: byte by byte; else as it falls.
template <class F>
void in_parts(bytes_view bytes, std::uint8_t seed, F&& take)
{
    std::uint32_t state = seed;
    while (!bytes.empty()) {
        state = state * 1'664'525 + 1'013'904'223;
        std::size_t size = seed == 0 ? bytes.size() : 1 + (state >> 24) % seed;
        size = size < bytes.size() ? size : bytes.size();
        take(bytes.first(size));
        bytes = bytes.subspan(size);
    }
}

/// I32: what `transcript_of(seed)` says must be the same however the input is cut.
template <class F>
void require_same_in_parts(std::uint8_t seed, F&& transcript_of)
{
    const auto whole = transcript_of(std::uint8_t{0});
    require(transcript_of(seed) == whole, "another outcome when it comes in other parts");
    require(transcript_of(std::uint8_t{1}) == whole, "another outcome when it comes byte by byte");
}

/// What the application has heard of a peer, and whether the server has ended the connection.
struct outcome
{
    std::string said;
    bool ended = false;
};

/// I32 where the parts may decide when a connection ends: an answer that comes before its request has been read whole
/// ends it. What was heard of one that was ended is the beginning of what was heard of the other.
inline void require_same_until_ended(const outcome& one, const outcome& other)
{
    const bool one_is_longer = one.said.size() > other.said.size();
    const outcome& shorter = one_is_longer ? other : one;
    const outcome& longer = one_is_longer ? one : other;
    require(longer.said.starts_with(shorter.said), "another outcome when it comes in other parts");
    require(
        shorter.ended || shorter.said.size() == longer.said.size(),
        "less was heard in other parts, and nobody was ended"
    );
}

}  // namespace cosio::fuzz
