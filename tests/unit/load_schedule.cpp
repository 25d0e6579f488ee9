// SPDX-License-Identifier: BSL-1.0
#include <boost/test/unit_test.hpp>

#include <load/open_loop.hpp>
#include <load/schedule.hpp>
#include <string>

using namespace cosio::load;

namespace {

constexpr std::int64_t millisecond = 1'000'000;

/// Takes all that the lane may take and writes down when each was due, in milliseconds.
std::string take_all(schedule& plan, std::uint32_t lane)
{
    std::string out;
    while (const auto due = plan.take(lane))
        out += std::to_string(*due / millisecond) + " ";
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_schedule)

BOOST_AUTO_TEST_CASE(messages_are_due_at_even_distances_and_dealt_in_turn)
{
    schedule plan{1000, 3};
    plan.start(100 * millisecond);
    std::string dealt;
    for (int message = 0; message < 5; ++message) {
        dealt += std::to_string(plan.next() / millisecond) + ":";
        dealt += std::to_string(plan.advance()) + " ";
    }
    BOOST_TEST(dealt == "100:0 101:1 102:2 103:0 104:1 ");
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_before_it_is_due)
{
    schedule plan{1000, 2};
    plan.start(0);
    BOOST_TEST(!plan.is_behind(0));
    BOOST_TEST(take_all(plan, 0) == "");
    BOOST_TEST(plan.advance() == 0U);
    BOOST_TEST(plan.is_behind(0));
    BOOST_TEST(!plan.is_behind(1));
    BOOST_TEST(take_all(plan, 1) == "");
    BOOST_TEST(take_all(plan, 0) == "0 ");
    BOOST_TEST(!plan.is_behind(0));
}

BOOST_AUTO_TEST_CASE(a_lane_that_was_held_back_keeps_the_times_at_which_its_messages_were_due)
{
    schedule plan{1000, 2};
    plan.start(0);
    for (int message = 0; message < 7; ++message)
        static_cast<void>(plan.advance());
    BOOST_TEST(take_all(plan, 1) == "1 3 5 ");
    BOOST_TEST(plan.taken(0) == 0U);
    BOOST_TEST(take_all(plan, 0) == "0 2 4 6 ");
    BOOST_TEST(plan.taken(0) == 4U);
}

BOOST_AUTO_TEST_CASE(rounding_does_not_add_up)
{
    schedule plan{3'000'000, 1};
    plan.start(0);
    for (int message = 0; message < 3'000'000; ++message)
        static_cast<void>(plan.advance());
    BOOST_TEST(plan.next() == 1000 * millisecond);
}

BOOST_AUTO_TEST_CASE(an_open_loop_counts_what_was_late_held_back_and_never_sent)
{
    event_loop loop;
    const auto count = std::make_unique<rate_counters>();
    open_loop driven{loop, *count, 1000, 2};
    std::string sent;
    const auto send_lane_0_only = [&](std::uint32_t lane) {
        if (lane == 0)
            sent += std::to_string(*driven.take(lane) / millisecond) + " ";
    };
    driven.advance(50 * millisecond, send_lane_0_only);
    BOOST_TEST(sent == "", "not started");

    driven.start(0);
    driven.advance(4 * millisecond, send_lane_0_only);
    BOOST_TEST(sent == "0 2 4 ");
    BOOST_TEST(count->lateness.count() == 5U);
    BOOST_TEST(count->lateness.max() == 4U * millisecond);
    BOOST_TEST(count->held_back == 2U);

    std::string charged;
    driven.finish(2, [&](std::uint32_t lane, std::int64_t due) {
        charged += std::to_string(lane) + ":" + std::to_string(due / millisecond) + " ";
    });
    BOOST_TEST(charged == "1:1 1:3 ");
    BOOST_TEST(count->unsent == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
