// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/random.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace cosio {

/// SplitMix64: small, and the same everywhere.
class seeded_random final : public random_source
{
public:
    explicit seeded_random(std::uint64_t seed) noexcept : state_{seed} {}

    /// From 0 to less than `end`. Precondition: `end` is not 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t end) noexcept
    {
        std::uint64_t drawn = 0;
        fill(std::as_writable_bytes(std::span{&drawn, 1}));
        return drawn % end;
    }

    void fill(std::span<std::byte> out) noexcept override
    {
        while (!out.empty()) {
            state_ += 0x9e3779b97f4a7c15U;
            std::uint64_t bits = state_;
            bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
            bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
            bits ^= bits >> 31;
            const std::size_t count = std::min(out.size(), sizeof bits);
            std::memcpy(out.data(), &bits, count);
            out = out.subspan(count);
        }
    }

private:
    std::uint64_t state_;
};

/// A seed for another stream of numbers than that of `seed` itself and of its neighbours; `which` of 0 is `seed`.
[[nodiscard]] constexpr std::uint64_t apart(std::uint64_t seed, std::uint64_t which) noexcept
{
    return seed ^ (which * 0xd1342543de82ef95U);
}

}  // namespace cosio
