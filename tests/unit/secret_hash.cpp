// SPDX-License-Identifier: BSL-1.0
// R20: names that a client chooses so that they meet in a hash table.
#include "support/check.hpp"

#include <cosio/detail/secret_hash.hpp>

#include <cstring>
#include <set>
#include <string>
#include <vector>

using namespace cosio;

namespace {

class counted_random final : public random_source
{
public:
    explicit counted_random(unsigned char first) : next_{first} {}

    void fill(std::span<std::byte> out) noexcept override
    {
        for (std::byte& one : out)
            one = std::byte{next_++};
    }

private:
    unsigned char next_;
};

// The hash of the standard library takes 8 bytes at a time: `mixed` of them is taken in by exclusive or and a
// multiplication, so that two highest bits, one after the other, cancel out whatever the seed is.

constexpr std::uint64_t factor = 0xc6a4a7935bd1e995;

constexpr std::uint64_t inverse_of(std::uint64_t odd)
{
    std::uint64_t inverse = odd;
    for (int i = 0; i < 6; ++i)
        inverse *= 2 - odd * inverse;
    return inverse;
}

std::uint64_t fold(std::uint64_t value)
{
    return value ^ value >> 47;
}

/// The text whose mixed form differs from that of `block` in the highest bit only.
std::string twin_of(std::string_view block)
{
    std::uint64_t bits = 0;
    std::memcpy(&bits, block.data(), sizeof bits);
    const std::uint64_t mixed = fold(bits * factor) * factor ^ std::uint64_t{1} << 63;
    bits = fold(mixed * inverse_of(factor)) * inverse_of(factor);
    std::string twin(sizeof bits, '\0');
    std::memcpy(twin.data(), &bits, sizeof bits);
    return twin;
}

/// 2^`pairs` names that std::hash does not tell apart.
std::vector<std::string> names_that_meet(int pairs)
{
    const std::string plain = "somebody's room.";
    const std::string other = twin_of(plain.substr(0, 8)) + twin_of(plain.substr(8));
    std::vector<std::string> names{""};
    for (; pairs != 0; --pairs) {
        const std::vector<std::string> shorter = std::exchange(names, {});
        for (const std::string& name : shorter) {
            names.push_back(name + plain);
            names.push_back(name + other);
        }
    }
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_hashes)

BOOST_AUTO_TEST_CASE(R20_names_that_meet_in_other_tables_do_not_meet_here)
{
    counted_random random{0};
    const detail::secret_hash hash{random};
    std::set<std::size_t> plain;
    std::set<std::size_t> secret;
    for (const std::string& name : names_that_meet(12)) {
        plain.insert(std::hash<std::string_view>{}(name));
        secret.insert(hash(name));
    }
    CHECK(plain.size() == 1);
    CHECK(secret.size() == 4'096);
}

BOOST_AUTO_TEST_CASE(each_key_has_its_own_hashes)
{
    counted_random low{0};
    counted_random high{100};
    const detail::secret_hash first{low};
    const detail::secret_hash second{high};
    const detail::secret_hash copy = first;
    std::set<std::size_t> all;
    std::string name;
    for (std::size_t size = 0; size < 40; ++size, name += '\0') {
        CHECK(copy(name) == first(name));
        all.insert(first(name));
        all.insert(second(name));
    }
    CHECK(all.size() == 80);
}

BOOST_AUTO_TEST_CASE(every_bit_counts)
{
    counted_random random{7};
    const detail::secret_hash hash{random};
    std::string name = "a name of nineteen.";
    std::set<std::size_t> all{hash(name)};
    for (std::size_t bit = 0; bit < 8 * name.size(); ++bit) {
        const auto flip = static_cast<char>(1u << bit % 8);
        name[bit / 8] = static_cast<char>(name[bit / 8] ^ flip);
        all.insert(hash(name));
        name[bit / 8] = static_cast<char>(name[bit / 8] ^ flip);
    }
    CHECK(all.size() == 1 + 8 * name.size());
}

BOOST_AUTO_TEST_SUITE_END()
