// SPDX-License-Identifier: BSL-1.0
// Where a client's masks come from (RFC 6455, 10.3; reliability.md A34).
#include "arena.hpp"
#include "link_end.hpp"
#include "support/check.hpp"

#include <cosio/transports/loopback.hpp>
#include <cosio/transports/websocket.hpp>

#include <array>
#include <bit>

using namespace cosio;
using namespace cosio::test;

namespace {

using mask = std::array<std::byte, 4>;

mask draw(shard& from)
{
    mask drawn;
    from.random().fill(drawn);
    return drawn;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_masks)

BOOST_AUTO_TEST_CASE(A34_each_frame_has_a_mask_of_its_own_from_the_source_of_the_shard)
{
    simulation world{34};
    simulation same_source{34};
    auto [here, there] = make_memory_streams(world.home());
    transport_end client{
        world.home(),
        make_websocket_transport(world.home(), std::move(here), engine::role::client, {})
    };
    for (int i = 0; i != 1000; ++i)
        client.send({.data = "4hello"});
    world.run();

    constexpr std::size_t frame_size = 2 + 4 + 6;
    std::array<std::byte, frame_size> frame;
    for (int i = 0; i != 1000; ++i) {
        error_code ec;
        REQUIRE(there->try_read(frame, ec) == frame_size);
        mask used;
        std::copy_n(frame.begin() + 2, used.size(), used.begin());
        REQUIRE((used == draw(same_source.home())));
    }
}

BOOST_AUTO_TEST_CASE(A34_a_million_masks_of_a_runtime_have_no_bias)
{
    constexpr int count = 1'000'000;
    constexpr int tolerated = 3'500;  // seven times the standard deviation of a fair coin
    runtime world;
    std::array<int, 32> ones{};
    for (int i = 0; i != count; ++i) {
        auto bits = std::bit_cast<std::uint32_t>(draw(world.home()));
        for (int& bit : ones) {
            bit += static_cast<int>(bits & 1);
            bits >>= 1;
        }
    }
    for (const int bit : ones) {
        CHECK(bit > count / 2 - tolerated);
        CHECK(bit < count / 2 + tolerated);
    }
}

// The same process at the same time: neither is what the masks come from.
BOOST_AUTO_TEST_CASE(A34_two_runtimes_draw_different_masks)
{
    runtime one;
    runtime other;
    std::array<mask, 4> ones;
    std::array<mask, 4> others;
    for (std::size_t i = 0; i != ones.size(); ++i) {
        ones[i] = draw(one.home());
        others[i] = draw(other.home());
    }
    CHECK((ones != others));
}

BOOST_AUTO_TEST_SUITE_END()
