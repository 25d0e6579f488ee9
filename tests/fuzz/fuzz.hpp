// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <cstdint>
#include <string_view>

// What every target is made of. A target defines check(); entry.cpp is what libFuzzer calls, replay.cpp runs
// it over files.

namespace cosio::fuzz {

/// Ends the process with a line that says what does not hold.
void require(bool holds, std::string_view what);

/// What one input is to be looked at for. `seed` is its first byte.
void check(std::uint8_t seed, bytes_view input);

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

}  // namespace cosio::fuzz
