// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

// What the decoder and the encoder must agree on.

namespace cosio::detail {

/// What the values of a packet may cost on the heap once they are read as any_value (reliability.md,
/// M21): 32 times the message and an allowance that no small message exceeds. The decoder itself
/// builds nothing; the figures are those of Boost.JSON's containers and of one frame per binary.
struct msgpack_heap
{
    static constexpr std::uint64_t value = 24;
    static constexpr std::uint64_t container = 16;
    static constexpr std::uint64_t member = 44;
    static constexpr std::uint64_t binary = 240;
    static constexpr std::uint64_t extension = container + 2 * value + binary;

    [[nodiscard]] static constexpr bool allows(std::uint64_t cost, std::size_t message) noexcept
    {
        return cost <= 32 * std::uint64_t{message} + (std::uint64_t{1} << 20);
    }
};

}  // namespace cosio::detail
