// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/secret_hash.hpp>

#include <bit>
#include <cstring>
#include <span>

namespace cosio::detail {
namespace {

struct sip_state
{
    explicit sip_state(const std::array<std::uint64_t, 2>& key) noexcept
        : a{key[0] ^ 0x736f6d6570736575},
          b{key[1] ^ 0x646f72616e646f6d},
          c{key[0] ^ 0x6c7967656e657261},
          d{key[1] ^ 0x7465646279746573}
    {}

    void round() noexcept
    {
        a += b;
        b = std::rotl(b, 13) ^ a;
        a = std::rotl(a, 32);
        c += d;
        d = std::rotl(d, 16) ^ c;
        a += d;
        d = std::rotl(d, 21) ^ a;
        c += b;
        b = std::rotl(b, 17) ^ c;
        c = std::rotl(c, 32);
    }

    void add(std::uint64_t block) noexcept
    {
        d ^= block;
        round();
        a ^= block;
    }

    [[nodiscard]] std::uint64_t finish() noexcept
    {
        c ^= 0xff;
        round();
        round();
        round();
        return a ^ b ^ c ^ d;
    }

    std::uint64_t a;
    std::uint64_t b;
    std::uint64_t c;
    std::uint64_t d;
};

}  // namespace

secret_hash::secret_hash(random_source& secrets) noexcept
{
    secrets.fill(std::as_writable_bytes(std::span{key_}));
}

std::size_t secret_hash::operator()(std::string_view text) const noexcept
{
    constexpr std::size_t block_bytes = sizeof(std::uint64_t);
    sip_state state{key_};
    const std::uint64_t size = text.size();
    for (; text.size() >= block_bytes; text.remove_prefix(block_bytes)) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data(), block_bytes);
        state.add(block);
    }
    std::uint64_t last = 0;
    std::memcpy(&last, text.data(), text.size());
    state.add(last | size << 56);
    return static_cast<std::size_t>(state.finish());
}

}  // namespace cosio::detail
