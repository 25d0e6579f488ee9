// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/engine/polling_gate.hpp>

#include <array>
#include <ostream>
#include <random>

namespace cosio::engine {

std::ostream& boost_test_print_type(std::ostream& out, gate_action action)
{
    constexpr std::array names{
        "none",
        "park_poll",
        "answer_packets",
        "answer_noop",
        "answer_close",
        "accept_post",
        "refuse_request",
    };
    return out << names[static_cast<std::size_t>(action)];
}

}  // namespace cosio::engine

using namespace cosio;
using cosio::engine::polling_gate;
using enum cosio::engine::gate_action;

namespace {

/// What must be true of a link that has ended, whatever the way.
void check_ended(polling_gate& gate)
{
    CHECK(gate.ended());
    CHECK(!gate.writable());
    CHECK(!gate.poll_parked());
    CHECK(gate.handle_output() == none);
    CHECK(gate.hold() == none);
    CHECK(gate.close() == none);
    CHECK(gate.handle_get() == refuse_request);
    CHECK(gate.handle_post() == refuse_request);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_polling_gate)

BOOST_AUTO_TEST_CASE(a_poll_waits_for_output_POLL_10)
{
    polling_gate gate;
    CHECK(!gate.writable());
    CHECK(gate.handle_output() == none);
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.poll_parked());
    CHECK(gate.writable());
    CHECK(gate.handle_output() == answer_packets);
    CHECK(!gate.poll_parked());
    CHECK(!gate.writable());
    CHECK(gate.handle_output() == none);
    CHECK(gate.handle_get() == park_poll);
}

BOOST_AUTO_TEST_CASE(a_post_beside_a_parked_poll_POLL_21)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.handle_post() == accept_post);
    CHECK(gate.posting());
    CHECK(gate.handle_output() == answer_packets);
    CHECK(gate.handle_get() == park_poll);
    gate.handle_post_end();
    CHECK(!gate.posting());
    CHECK(gate.handle_post() == accept_post);
    CHECK(gate.poll_parked());
}

BOOST_AUTO_TEST_CASE(a_second_poll_ends_the_link_POLL_6_P17)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.handle_get() == refuse_request);
    CHECK(gate.why() == error_code{engine::errc::overlapping_poll});
    CHECK(gate.end() == answer_close);
    check_ended(gate);
    CHECK(gate.why() == error_code{engine::errc::overlapping_poll});
}

BOOST_AUTO_TEST_CASE(a_second_post_ends_the_link_POLL_7_P19)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.handle_post() == accept_post);
    CHECK(gate.handle_post() == refuse_request);
    CHECK(gate.why() == error_code{engine::errc::overlapping_post});
    CHECK(gate.end() == answer_close);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_cut_ends_the_link_POLL_12_POLL_13)
{
    polling_gate poll;
    CHECK(poll.handle_get() == park_poll);
    CHECK(poll.handle_poll_abort() == error_code{engine::errc::aborted_request});
    CHECK(poll.end() == none);
    CHECK(poll.why() == error_code{engine::errc::aborted_request});
    check_ended(poll);

    polling_gate post;
    CHECK(post.handle_post() == accept_post);
    CHECK(post.handle_get() == park_poll);
    CHECK(post.handle_post_abort() == error_code{engine::errc::aborted_request});
    CHECK(!post.posting());
    CHECK(post.end() == answer_close);
    check_ended(post);
}

BOOST_AUTO_TEST_CASE(a_poll_that_another_link_has_replaced_UP_9)
{
    polling_gate gate;
    CHECK(gate.discard() == none);
    check_ended(gate);

    polling_gate parked;
    CHECK(parked.handle_get() == park_poll);
    CHECK(parked.discard() == answer_noop);
    CHECK(parked.end() == none);
    check_ended(parked);
}

BOOST_AUTO_TEST_CASE(the_first_reason_stays)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.handle_get() == refuse_request);
    CHECK(gate.handle_poll_abort() == error_code{engine::errc::overlapping_poll});

    polling_gate closed;
    CHECK(closed.handle_get() == park_poll);
    CHECK(closed.close() == answer_close);
    CHECK(closed.handle_poll_abort() == error_code{});
}

BOOST_AUTO_TEST_CASE(the_poll_of_a_client_that_said_goodbye_POLL_14)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.handle_post() == accept_post);
    gate.handle_farewell();
    gate.handle_post_end();
    CHECK(gate.handle_output() == answer_packets);  // the session's NOOP
    CHECK(!gate.ended());
    CHECK(gate.close() == none);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(after_a_goodbye_no_poll_is_waited_for_POLL_14)
{
    polling_gate gate;
    gate.handle_farewell();
    CHECK(gate.close() == none);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(closing_answers_the_parked_poll_POLL_15)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.close() == answer_close);
    CHECK(gate.why() == error_code{});
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(closing_without_a_poll_waits_for_the_next_POLL_15)
{
    polling_gate gate;
    CHECK(gate.close() == none);
    CHECK(!gate.ended());
    CHECK(!gate.writable());
    CHECK(gate.close() == none);
    CHECK(gate.handle_output() == none);
    CHECK(gate.handle_get() == answer_close);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(a_post_that_comes_while_closing_is_still_read)
{
    polling_gate gate;
    CHECK(gate.close() == none);
    CHECK(gate.handle_post() == accept_post);
    gate.handle_post_end();
    CHECK(gate.handle_get() == answer_close);
}

BOOST_AUTO_TEST_CASE(an_upgrade_releases_the_parked_poll_at_once_UP_2)
{
    polling_gate gate;
    CHECK(gate.handle_get() == park_poll);
    CHECK(gate.hold() == answer_noop);
    CHECK(!gate.poll_parked());
    CHECK(!gate.writable());
    CHECK(gate.handle_output() == none);
}

BOOST_AUTO_TEST_CASE(polls_that_come_during_an_upgrade_do_not_hang_UP_3_A47)
{
    polling_gate gate;
    CHECK(gate.hold() == none);
    for (int i = 0; i < polling_gate::polls_at_once; ++i)
        CHECK(gate.handle_get() == answer_noop);
    // Who is answered at once asks again at once.
    for (int i = 0; i < 5; ++i) {
        CHECK(gate.handle_get() == park_poll);
        CHECK(gate.handle_output() == none);
        CHECK(!gate.writable());
        CHECK(gate.hold() == answer_noop);
        CHECK(gate.hold() == none);
    }
    CHECK(gate.handle_post() == accept_post);
    gate.handle_post_end();
    CHECK(gate.handle_get() == park_poll);
    gate.resume();
    CHECK(gate.handle_output() == answer_packets);
    CHECK(gate.hold() == none);
    CHECK(gate.handle_get() == answer_noop);
}

BOOST_AUTO_TEST_CASE(closing_during_an_upgrade_answers_the_next_poll_with_close_U11)
{
    polling_gate gate;
    CHECK(gate.hold() == none);
    CHECK(gate.close() == none);
    CHECK(gate.handle_get() == answer_close);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(every_poll_is_answered_exactly_once)
{
    for (unsigned seed = 1; seed <= 500; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            polling_gate gate;
            bool parked = false;
            const auto answers = [&parked](engine::gate_action action) {
                if (action != none) {
                    CHECK(parked);
                    parked = false;
                }
            };
            for (int step = 0; step < 60; ++step) {
                switch (random() % 16) {
                case 0: answers(gate.hold()); break;
                case 1: gate.resume(); break;
                case 2:
                    if (step > 40)
                        answers(gate.close());
                    break;
                case 3:
                    if (step > 40)
                        gate.handle_farewell();
                    break;
                case 4:
                case 5:
                    if (gate.posting())
                        gate.handle_post_end();
                    else if (gate.handle_post() == refuse_request)
                        answers(gate.end());
                    break;
                case 9:
                    if (step > 40)
                        answers(random() % 2 == 0 ? gate.end() : gate.discard());
                    break;
                case 6:
                case 7:
                case 8: answers(gate.handle_output()); break;
                default:
                    if (!parked || random() % 8 == 0) {
                        const auto action = gate.handle_get();
                        if (action == park_poll)
                            parked = true;
                        else if (action == refuse_request)
                            answers(gate.end());
                    }
                }
                CHECK(gate.poll_parked() == parked);
                CHECK((!gate.writable() || parked));
                CHECK((!gate.ended() || !parked));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
