// SPDX-License-Identifier: BSL-1.0
// Sections 9 and 10: large messages, in frames and writes of many sizes, and many small ones.
#include "autobahn.hpp"

#include <fmt/format.h>

#include <array>

namespace cosio::test::autobahn {
namespace {

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;

}  // namespace

std::vector<message_case> limits()
{
    std::vector<message_case> all;
    // Two groups of each kind: of texts, and of binary messages.
    const auto both = [&](unsigned group, const std::vector<message_case>& cases) {
        for (const bool binary : {false, true}) {
            unsigned number = 0;
            for (message_case one : cases) {
                one.id = fmt::format("9.{}.{}", group + (binary ? 1 : 0), ++number);
                one.binary = binary;
                all.push_back(std::move(one));
            }
        }
    };
    std::vector<message_case> sizes;
    for (const std::size_t size : {64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB})
        sizes.push_back({.size = size});
    std::vector<message_case> fragments;
    for (std::size_t fragment = 64; fragment <= 4 * MiB; fragment *= 4)
        fragments.push_back({.size = 4 * MiB, .fragment = fragment});
    std::vector<message_case> chops;
    for (std::size_t chop = 64; chop <= 2048; chop *= 2)
        chops.push_back({.size = MiB, .chop = chop});
    std::vector<message_case> round_trips;
    for (const std::size_t size : {0U, 16U, 64U, 256U, 1024U, 4096U})
        round_trips.push_back({.size = size, .count = 1000});
    both(1, sizes);
    both(3, fragments);
    both(5, chops);
    both(7, round_trips);
    return all;
}

std::vector<message_case> fragments_of_1300()
{
    return {{.id = "10.1.1", .size = 65'536, .fragment = 1300}};
}

}  // namespace cosio::test::autobahn
