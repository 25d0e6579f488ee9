// SPDX-License-Identifier: BSL-1.0
#include <boost/test/unit_test.hpp>

#include <load/memberships.hpp>
#include <set>
#include <string>

using namespace cosio::load;

namespace {

std::set<std::string> rooms_of_all(
    const memberships& joined, std::uint32_t clients, unsigned rooms_each
)
{
    std::set<std::string> names;
    for (std::uint32_t client = 0; client < clients; ++client)
        for (unsigned nth = 0; nth < rooms_each; ++nth)
            names.insert(joined.room(client, nth));
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_memberships)

BOOST_AUTO_TEST_CASE(nobody_joins_unless_asked)
{
    const memberships joined{{}, 10};
    BOOST_TEST(joined.count() == 0U);
    BOOST_TEST(joined.joins(3, 0, 0).empty());
}

BOOST_AUTO_TEST_CASE(without_a_pool_all_rooms_are_different)
{
    const memberships joined{{.memberships = 3}, 10, 2};
    BOOST_TEST(joined.count() == 3U);
    BOOST_TEST(rooms_of_all(joined, 10, 3 + 2).size() == 50U);
}

BOOST_AUTO_TEST_CASE(a_pool_is_shared_and_the_rooms_of_one_client_stay_different)
{
    const memberships joined{{.what = mode::membership, .rooms = 7, .memberships = 4}, 10, 1};
    BOOST_TEST(rooms_of_all(joined, 10, 5).size() == 7U);
    for (std::uint32_t client = 0; client < 10; ++client) {
        std::set<std::string> own;
        for (unsigned nth = 0; nth < 5; ++nth)
            own.insert(joined.room(client, nth));
        BOOST_TEST(own.size() == 5U, "client " << client);
    }
}

BOOST_AUTO_TEST_CASE(a_broadcast_s_groups_come_first_and_are_no_pool)
{
    const memberships joined{{.what = mode::broadcast, .rooms = 4, .memberships = 2}, 10};
    BOOST_TEST(joined.count() == 3U);
    BOOST_TEST(joined.room(6, 0) == memberships::room_of_group(2));
    BOOST_TEST(rooms_of_all(joined, 10, 3).size() == 4U + 20U);
}

BOOST_AUTO_TEST_CASE(joins_are_frames_whose_acknowledgements_are_known)
{
    const memberships joined{{.memberships = 3}, 2};
    std::vector<std::byte> expected =
        websocket_frame(event_packet(codec::json, "join", {joined.room(1, 1)}, 1'000'000));
    const std::vector<std::byte> last =
        websocket_frame(event_packet(codec::json, "join", {joined.room(1, 2)}, 1'000'000));
    expected.insert(expected.end(), last.begin(), last.end());
    BOOST_TEST((joined.joins(1, 1, 2) == expected));
    BOOST_TEST(memberships::is_ack(read_text("431000000[]")));
    BOOST_TEST(!memberships::is_ack(read_text("430[]")));
    BOOST_TEST(!memberships::is_ack(read_text("421000000[\"echo\"]")));
}

BOOST_AUTO_TEST_SUITE_END()
