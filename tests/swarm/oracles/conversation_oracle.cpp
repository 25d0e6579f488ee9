// SPDX-License-Identifier: BSL-1.0
// What watches conversations in the swarm and in the simulations complains: an oracle that cannot is none.
#include "support/conversation_oracle.hpp"

#include "support/check.hpp"

using namespace cosio::test;

namespace {

/// What was complained of since the last time.
std::string taken(complaints& from)
{
    return lines(std::exchange(from, {}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conversation_oracles)

BOOST_AUTO_TEST_CASE(I01_I02_I03_events_of_an_epoch_are_a_prefix_of_what_was_sent)
{
    complaints broken;
    event_oracle events{"up", broken};
    for (int i = 1; i <= 4; ++i)
        CHECK(events.sends("a") == static_cast<std::uint64_t>(i));
    events.heard("a", 1);
    events.heard("a", 2);
    CHECK(taken(broken) == "");
    events.heard("a", 2);
    CHECK(taken(broken) == "up: a heard #2 and not #3");
    events.heard("a", 4);
    CHECK(taken(broken) == "up: a heard #4 and not #3");
    events.heard("b", 3);
    CHECK(taken(broken) == "up: b heard #3 and not #0");
    events.check_complete("a");
    CHECK(taken(broken) == "up: a heard 2 of 4 in peace");
    CHECK(events.heard() == 2U);
}

BOOST_AUTO_TEST_CASE(what_may_be_missing_may_come_in_its_place_alone)
{
    complaints broken;
    event_oracle events{"down", broken};
    events.sends("a", events.next());
    events.sends("a", events.next(), true);
    events.sends("a", events.next());
    events.heard("a", 1);
    events.heard("a", 3);
    CHECK(taken(broken) == "");
    events.heard("a", 2);
    CHECK(taken(broken) == "down: a heard #2 and not #0");
    events.check_complete("a");
    CHECK(taken(broken) == "");
}

BOOST_AUTO_TEST_CASE(I10_who_takes_an_epoch_over_goes_on_where_it_says)
{
    complaints broken;
    event_oracle events{"down", broken};
    for (int i = 0; i < 3; ++i)
        events.sends("a", events.next());
    events.heard("a", 1);
    events.follows("a", 1, "thief");
    events.heard("a", 2, "thief");
    events.heard("a", 2, "thief");
    CHECK(taken(broken) == "down: a heard #2 and not #3");
    events.check_complete("a");
    CHECK(taken(broken) == "down: a heard 1 of 3 in peace");
    events.forgives("a");
    events.check_complete("a");
    CHECK(taken(broken) == "");
}

BOOST_AUTO_TEST_CASE(I03_what_is_kept_is_heard_without_gaps_in_each_epoch)
{
    complaints broken;
    delivery_oracle kept{"x", false, false, broken};
    for (int i = 0; i < 5; ++i)
        static_cast<void>(kept.emits());
    kept.heard("a", 1);
    kept.heard("b", 3);  // #2 was under way when a ended
    CHECK(taken(broken) == "");
    kept.heard("b", 5);
    CHECK(taken(broken) == "kept x: b heard #5 after #3, and none between");
    kept.heard("b", 4);
    CHECK(taken(broken) == "kept x: b heard #4 after #5");
    kept.heard("c", 1);
    CHECK(taken(broken) == "kept x: c heard #1 twice");
    CHECK(kept.repeats() == 1U);

    delivery_oracle recovered{"x", false, true, broken};
    for (int i = 0; i < 3; ++i)
        static_cast<void>(recovered.emits());
    recovered.heard("a", 1);
    recovered.heard("a", 3);  // by another connection
    recovered.check_complete();
    CHECK(taken(broken) == "");
    static_cast<void>(recovered.emits());
    recovered.check_complete();
    CHECK(taken(broken) == "kept x: 2 of 4 heard in peace");
}

BOOST_AUTO_TEST_CASE(I05_I06_I07_with_retries_events_come_again_but_none_is_left_out)
{
    complaints broken;
    delivery_oracle kept{"x", true, false, broken};
    for (int i = 0; i < 3; ++i)
        static_cast<void>(kept.emits());
    kept.heard("a", 1);
    kept.heard("b", 1);
    kept.heard("b", 2);
    CHECK(taken(broken) == "");
    CHECK(!kept.is_complete());
    delivery_oracle hasty{"y", true, false, broken};
    static_cast<void>(hasty.emits());
    static_cast<void>(hasty.emits());
    hasty.heard("a", 2);
    CHECK(taken(broken) == "kept y: a heard #2 and not those before it");
}

BOOST_AUTO_TEST_CASE(volatile_events_may_be_missing_and_never_come_twice)
{
    complaints broken;
    volatile_oracle events{"volatile", broken};
    for (int i = 0; i < 3; ++i)
        static_cast<void>(events.sends());
    events.heard("a", 1);
    events.heard("a", 3);
    CHECK(taken(broken) == "");
    events.heard("a", 3);
    CHECK(taken(broken) == "volatile: a heard #3 after #3");
    events.heard("a", 2);
    CHECK(taken(broken) == "volatile: a heard #2 after #3");
}

BOOST_AUTO_TEST_CASE(I13_I14_a_question_has_one_end_which_is_its_own)
{
    complaints broken;
    answer_oracle questions{broken};
    const std::uint64_t first = questions.asks();
    const std::uint64_t second = questions.asks();
    const std::uint64_t third = questions.asks();
    questions.answered(first, first);
    CHECK(questions.is_answered(first));
    questions.answered(second, first);
    CHECK(taken(broken) == "answer 0 to question 1");
    questions.failed(first);
    CHECK(taken(broken) == "question 0 ends again");
    CHECK(!questions.has_ended(third));
    questions.check_all_ended();
    CHECK(taken(broken) == "question 2 has no end");
    questions.failed(third);
    CHECK(!questions.is_answered(third));
    questions.check_all_ended();
    CHECK(taken(broken) == "");
}

BOOST_AUTO_TEST_CASE(I18_I19_connects_and_disconnects_take_turns_and_nothing_is_heard_between)
{
    complaints broken;
    life_oracle life{"x", broken};
    life.hears();
    CHECK(taken(broken) == "x: an event while disconnected");
    life.disconnected();
    CHECK(taken(broken) == "x: disconnect twice");
    life.connected();
    life.connected();
    CHECK(taken(broken) == "x: connect twice");
    life.refused();
    CHECK(taken(broken) == "x: connect_error while connected");
    life.ends_unheard();
    life.connected();
    life.hears();
    CHECK(taken(broken) == "");
}

BOOST_AUTO_TEST_SUITE_END()
