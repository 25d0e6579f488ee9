// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cosio::wire {

using mask_key = std::array<std::byte, 4>;

/// A set bit here, in a union of bytes, says that they are not all ASCII.
constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;

/// out[i] = in[i] ^ mask[i % 4]; in and out may be the same memory.
/// Returns the union of the bytes written, in eight lanes: whether a text is ASCII is known without a
/// second pass over it.
inline std::uint64_t unmask(
    const std::byte* in, std::byte* out, std::size_t size, mask_key mask
) noexcept
{
    // Two words that the compiler keeps in one register; without this GCC 12 at -O2 moves them singly.
    using pair __attribute__((vector_size(16))) = std::uint64_t;
    constexpr std::size_t stride = 4 * sizeof(pair);
    std::uint64_t key = 0;
    std::memcpy(&key, mask.data(), 4);
    std::memcpy(reinterpret_cast<std::byte*>(&key) + 4, mask.data(), 4);

    const pair wide_key{key, key};
    pair seen{};
    const auto step = [&](std::size_t at) {
        pair words;
        std::memcpy(&words, in + at, sizeof words);
        words ^= wide_key;
        seen |= words;
        std::memcpy(out + at, &words, sizeof words);
    };
    for (; size >= stride; size -= stride, in += stride, out += stride) {
        step(0);
        step(16);
        step(32);
        step(48);
    }
    auto all = seen[0] | seen[1];
    for (; size >= sizeof key; size -= sizeof key, in += sizeof key, out += sizeof key) {
        std::uint64_t word = 0;
        std::memcpy(&word, in, sizeof word);
        word ^= key;
        all |= word;
        std::memcpy(out, &word, sizeof word);
    }
    for (std::size_t i = 0; i != size; ++i) {
        out[i] = in[i] ^ mask[i % 4];
        all |= std::to_integer<std::uint64_t>(out[i]);
    }
    return all;
}

}  // namespace cosio::wire
