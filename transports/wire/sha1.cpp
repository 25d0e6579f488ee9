// SPDX-License-Identifier: BSL-1.0
#include "sha1.hpp"

#include <bit>
#include <cstring>

namespace cosio::wire {
namespace {

constexpr std::size_t block_size = 64;

using digest_words = std::array<std::uint32_t, 5>;

// FIPS 180-4, 4.1.1 and 4.2.1: function and constant of step `t`.
std::uint32_t mix(std::size_t t, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept
{
    if (t < 20)
        return ((b & c) | (~b & d)) + 0x5A827999;
    if (t < 40)
        return (b ^ c ^ d) + 0x6ED9EBA1;
    if (t < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
}

void absorb(digest_words& digest, const std::byte* block) noexcept
{
    std::array<std::uint32_t, 80> schedule;
    for (std::size_t t = 0; t != 16; ++t) {
        std::uint32_t word = 0;
        for (std::size_t i = 0; i != 4; ++i)
            word = word << 8 | std::to_integer<std::uint32_t>(block[4 * t + i]);
        schedule[t] = word;
    }
    for (std::size_t t = 16; t != 80; ++t)
        schedule[t] =
            std::rotl(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);

    auto [a, b, c, d, e] = digest;
    for (std::size_t t = 0; t != 80; ++t) {
        const auto next = std::rotl(a, 5) + mix(t, b, c, d) + e + schedule[t];
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    digest[0] += a;
    digest[1] += b;
    digest[2] += c;
    digest[3] += d;
    digest[4] += e;
}

}  // namespace

std::array<std::byte, 20> sha1(bytes_view message) noexcept
{
    digest_words digest{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    auto rest = message;
    for (; rest.size() >= block_size; rest = rest.subspan(block_size))
        absorb(digest, rest.data());

    // 5.1.1: a one bit, zeros, and the length in bits in the last eight bytes.
    std::array<std::byte, 2 * block_size> tail{};
    if (!rest.empty())
        std::memcpy(tail.data(), rest.data(), rest.size());
    tail[rest.size()] = std::byte{0x80};
    const auto tail_size = rest.size() + 9 <= block_size ? block_size : 2 * block_size;
    const auto bits = std::uint64_t{message.size()} * 8;
    for (std::size_t i = 0; i != 8; ++i)
        tail[tail_size - 1 - i] = static_cast<std::byte>(bits >> 8 * i);
    for (std::size_t at = 0; at != tail_size; at += block_size)
        absorb(digest, tail.data() + at);

    std::array<std::byte, 20> out;
    for (std::size_t i = 0; i != out.size(); ++i)
        out[i] = static_cast<std::byte>(digest[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

}  // namespace cosio::wire
