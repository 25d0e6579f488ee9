// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/polling_gate.hpp>

#include <boost/test/unit_test.hpp>

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
    BOOST_TEST(gate.ended());
    BOOST_TEST(!gate.writable());
    BOOST_TEST(!gate.poll_parked());
    BOOST_TEST(gate.handle_output() == none);
    BOOST_TEST(gate.hold() == none);
    BOOST_TEST(gate.close() == none);
    BOOST_TEST(gate.handle_get() == refuse_request);
    BOOST_TEST(gate.handle_post() == refuse_request);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_polling_gate)

BOOST_AUTO_TEST_CASE(a_poll_waits_for_output_POLL_10)
{
    polling_gate gate;
    BOOST_TEST(!gate.writable());
    BOOST_TEST(gate.handle_output() == none);
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.poll_parked());
    BOOST_TEST(gate.writable());
    BOOST_TEST(gate.handle_output() == answer_packets);
    BOOST_TEST(!gate.poll_parked());
    BOOST_TEST(!gate.writable());
    BOOST_TEST(gate.handle_output() == none);
    BOOST_TEST(gate.handle_get() == park_poll);
}

BOOST_AUTO_TEST_CASE(a_post_beside_a_parked_poll_POLL_21)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.handle_post() == accept_post);
    BOOST_TEST(gate.posting());
    BOOST_TEST(gate.handle_output() == answer_packets);
    BOOST_TEST(gate.handle_get() == park_poll);
    gate.handle_post_end();
    BOOST_TEST(!gate.posting());
    BOOST_TEST(gate.handle_post() == accept_post);
    BOOST_TEST(gate.poll_parked());
}

BOOST_AUTO_TEST_CASE(a_second_poll_ends_the_link_POLL_6_P17)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.handle_get() == refuse_request);
    BOOST_TEST(gate.why() == error_code{engine::errc::overlapping_poll});
    BOOST_TEST(gate.end() == answer_close);
    check_ended(gate);
    BOOST_TEST(gate.why() == error_code{engine::errc::overlapping_poll});
}

BOOST_AUTO_TEST_CASE(a_second_post_ends_the_link_POLL_7_P19)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.handle_post() == accept_post);
    BOOST_TEST(gate.handle_post() == refuse_request);
    BOOST_TEST(gate.why() == error_code{engine::errc::overlapping_post});
    BOOST_TEST(gate.end() == answer_close);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_cut_ends_the_link_POLL_12_POLL_13)
{
    polling_gate poll;
    BOOST_TEST(poll.handle_get() == park_poll);
    BOOST_TEST(poll.handle_poll_abort() == error_code{engine::errc::aborted_request});
    BOOST_TEST(poll.end() == none);
    BOOST_TEST(poll.why() == error_code{engine::errc::aborted_request});
    check_ended(poll);

    polling_gate post;
    BOOST_TEST(post.handle_post() == accept_post);
    BOOST_TEST(post.handle_get() == park_poll);
    BOOST_TEST(post.handle_post_abort() == error_code{engine::errc::aborted_request});
    BOOST_TEST(!post.posting());
    BOOST_TEST(post.end() == answer_close);
    check_ended(post);
}

BOOST_AUTO_TEST_CASE(a_poll_that_another_link_has_replaced_UP_9)
{
    polling_gate gate;
    BOOST_TEST(gate.discard() == none);
    check_ended(gate);

    polling_gate parked;
    BOOST_TEST(parked.handle_get() == park_poll);
    BOOST_TEST(parked.discard() == answer_noop);
    BOOST_TEST(parked.end() == none);
    check_ended(parked);
}

BOOST_AUTO_TEST_CASE(the_first_reason_stays)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.handle_get() == refuse_request);
    BOOST_TEST(gate.handle_poll_abort() == error_code{engine::errc::overlapping_poll});

    polling_gate closed;
    BOOST_TEST(closed.handle_get() == park_poll);
    BOOST_TEST(closed.close() == answer_close);
    BOOST_TEST(closed.handle_poll_abort() == error_code{});
}

BOOST_AUTO_TEST_CASE(the_poll_of_a_client_that_said_goodbye_POLL_14)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.handle_post() == accept_post);
    gate.handle_farewell();
    gate.handle_post_end();
    BOOST_TEST(gate.handle_output() == answer_packets);  // the session's NOOP
    BOOST_TEST(!gate.ended());
    BOOST_TEST(gate.close() == none);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(after_a_goodbye_no_poll_is_waited_for_POLL_14)
{
    polling_gate gate;
    gate.handle_farewell();
    BOOST_TEST(gate.close() == none);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(closing_answers_the_parked_poll_POLL_15)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.close() == answer_close);
    BOOST_TEST(gate.why() == error_code{});
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(closing_without_a_poll_waits_for_the_next_POLL_15)
{
    polling_gate gate;
    BOOST_TEST(gate.close() == none);
    BOOST_TEST(!gate.ended());
    BOOST_TEST(!gate.writable());
    BOOST_TEST(gate.close() == none);
    BOOST_TEST(gate.handle_output() == none);
    BOOST_TEST(gate.handle_get() == answer_close);
    check_ended(gate);
}

BOOST_AUTO_TEST_CASE(a_post_that_comes_while_closing_is_still_read)
{
    polling_gate gate;
    BOOST_TEST(gate.close() == none);
    BOOST_TEST(gate.handle_post() == accept_post);
    gate.handle_post_end();
    BOOST_TEST(gate.handle_get() == answer_close);
}

BOOST_AUTO_TEST_CASE(an_upgrade_releases_the_parked_poll_at_once_UP_2)
{
    polling_gate gate;
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.hold() == answer_noop);
    BOOST_TEST(!gate.poll_parked());
    BOOST_TEST(!gate.writable());
    BOOST_TEST(gate.handle_output() == none);
}

BOOST_AUTO_TEST_CASE(polls_that_come_during_an_upgrade_do_not_hang_UP_3_A47)
{
    polling_gate gate;
    BOOST_TEST(gate.hold() == none);
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(gate.handle_get() == answer_noop);
    BOOST_TEST(gate.handle_output() == none);
    BOOST_TEST(gate.handle_post() == accept_post);
    gate.handle_post_end();
    gate.resume();
    BOOST_TEST(gate.handle_get() == park_poll);
    BOOST_TEST(gate.handle_output() == answer_packets);
}

BOOST_AUTO_TEST_CASE(closing_during_an_upgrade_answers_the_next_poll_with_close_U11)
{
    polling_gate gate;
    BOOST_TEST(gate.hold() == none);
    BOOST_TEST(gate.close() == none);
    BOOST_TEST(gate.handle_get() == answer_close);
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
                    BOOST_TEST(parked);
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
                    else
                        static_cast<void>(gate.handle_post());
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
                            parked = false;  // its owner answered it with CLOSE
                    }
                }
                BOOST_TEST(gate.poll_parked() == parked);
                BOOST_TEST((!gate.writable() || parked));
                BOOST_TEST((!gate.ended() || !parked));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
