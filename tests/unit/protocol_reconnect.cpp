// SPDX-License-Identifier: BSL-1.0
#include "protocol_reconnect_support.hpp"

#include <cosio/protocol/reconnect.hpp>

#include <vector>

using namespace cosio;
using namespace cosio::protocol;
using namespace cosio::test::reconnecting;

// features.md 2.4 and 2.5, reliability.md X10.

namespace {

constexpr reconnect_config exact{.randomization_factor = 0};
const error_code refused = engine::errc::connection_reset;
const error_code too_late = cosio::errc::timeout;

constant_random shortest{0x00};
constant_random longest{0xFF};

duration delay_of(const reconnect_config& config, std::uint64_t attempts, random_source& random)
{
    return reconnect_delay(config, attempts, random);
}

/// Dialed once and connected.
reconnect opened(const reconnect_config& config, random_source& random = shortest)
{
    reconnect machine{config, random};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.handle_open(1, start) == list(connected{}));
    return machine;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(protocol_reconnect_delay)

BOOST_AUTO_TEST_CASE(it_doubles_up_to_the_cap)
{
    std::vector<long> seconds;
    for (std::uint64_t attempts = 0; attempts < 6; ++attempts)
        seconds.push_back(delay_of(exact, attempts, longest) / 1s);
    CHECK((seconds == std::vector<long>{1, 2, 4, 5, 5, 5}));
}

BOOST_AUTO_TEST_CASE(clamped_first_and_then_spread_X10)
{
    const reconnect_config usual;
    for (const auto& [attempts, low, high] : {
             std::tuple{0, 500ms, 1500ms},
             std::tuple{1, 1000ms, 3000ms},
             std::tuple{2, 2000ms, 5000ms},
             std::tuple{3, 2500ms, 5000ms},
             std::tuple{4, 2500ms, 5000ms},
         }) {
        const auto made = static_cast<std::uint64_t>(attempts);
        CHECK((delay_of(usual, made, shortest) == low), attempts);
        CHECK((delay_of(usual, made, longest) <= high), attempts);
        CHECK((delay_of(usual, made, longest) > high - 1us), attempts);
    }
}

BOOST_AUTO_TEST_CASE(clients_that_wait_at_the_cap_do_not_come_together)
{
    // The official client waits exactly 5 s from the fifth attempt on, whatever the seed.
    seeded_random random{1};
    const reconnect_config usual;
    std::array<int, 5> tenths{};
    for (int i = 0; i < 1'000; ++i) {
        const duration waited = delay_of(usual, 10, random);
        REQUIRE((waited >= 2500ms && waited <= 5s));
        ++tenths[static_cast<std::size_t>(std::min<long>((waited - 2500ms) / 500ms, 4))];
    }
    for (const int count : tenths)
        CHECK((count > 130 && count < 270), count);
}

BOOST_AUTO_TEST_CASE(no_number_of_attempts_overflows)
{
    // At 1015 attempts half of the official client's delays become 0.
    const reconnect_config usual;
    const reconnect_config wide{
        .delay = 1ns, .max_delay = std::chrono::hours{24 * 365}, .randomization_factor = 1
    };
    for (const std::uint64_t attempts : {30ULL, 61ULL, 62ULL, 63ULL, 64ULL, 1015ULL, ~0ULL}) {
        CHECK((delay_of(usual, attempts, shortest) == 2500ms), attempts);
        CHECK((delay_of(usual, attempts, longest) > 4999ms), attempts);
        CHECK((delay_of(wide, attempts, longest) > 0s), attempts);
        CHECK((delay_of(wide, attempts, longest) <= wide.max_delay), attempts);
        CHECK((delay_of(wide, attempts, shortest) >= 0s), attempts);
    }
}

BOOST_AUTO_TEST_CASE(zero_is_zero)
{
    for (const std::uint64_t attempts : {0ULL, 1ULL, 5ULL, 1015ULL}) {
        CHECK((delay_of({.delay = 0s}, attempts, longest) == 0s));
        CHECK((delay_of({.max_delay = 0s}, attempts, longest) == 0s));
        CHECK((delay_of({.delay = 2s, .randomization_factor = 0}, 0, longest) == 2s));
    }
}

BOOST_AUTO_TEST_CASE(a_first_delay_above_the_cap_is_the_cap)
{
    CHECK((delay_of({.delay = 9s, .randomization_factor = 0}, 0, longest) == 5s));
    CHECK((delay_of({.delay = 9s}, 0, longest) <= 5s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(protocol_reconnect)

BOOST_AUTO_TEST_CASE(a_connection_that_is_there_at_once)
{
    reconnect machine{exact, shortest};
    CHECK((machine.current() == reconnect::state::disconnected));
    CHECK(!machine.is_active());
    CHECK(!machine.deadline().has_value());
    CHECK(machine.open(start) == list(dial{1}));
    CHECK((machine.current() == reconnect::state::connecting));
    CHECK(machine.is_active());
    CHECK(machine.is_current(1));
    CHECK((machine.deadline() == start + 20s));
    CHECK(machine.handle_open(1, start + 1s) == list(connected{}));
    CHECK((machine.current() == reconnect::state::open));
    CHECK(!machine.deadline().has_value());
    CHECK(machine.handle_deadline(start + 1h) == nothing);
}

BOOST_AUTO_TEST_CASE(a_lost_connection_comes_back)
{
    reconnect machine = opened(exact);
    const time_point lost = start + 1min;
    CHECK(
        machine.handle_close(1, close_reason::ping_timeout, lost) ==
        list(disconnected{close_reason::ping_timeout})
    );
    CHECK((machine.current() == reconnect::state::waiting));
    CHECK((machine.deadline() == lost + 1s));
    CHECK(machine.handle_deadline(lost + 1s - 1ns) == nothing);
    CHECK(machine.handle_deadline(lost + 1s) == list(reconnect_attempt{1}, dial{2}));
    CHECK((machine.deadline() == lost + 1s + 20s));
    CHECK(
        machine.handle_failure(2, refused, lost + 2s) ==
        list(connect_failed{refused}, reconnect_error{refused})
    );
    CHECK((machine.deadline() == lost + 4s));
    CHECK(machine.handle_deadline(lost + 4s) == list(reconnect_attempt{2}, dial{3}));
    CHECK(machine.handle_open(3, lost + 5s) == list(connected{}, reconnected{2}));
    CHECK(!machine.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(the_first_attempt_fails_and_is_followed_by_others)
{
    reconnect machine{exact, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.handle_failure(1, refused, start) == list(connect_failed{refused}));
    CHECK((machine.deadline() == start + 1s));
    CHECK(machine.handle_deadline(start + 1s) == list(reconnect_attempt{1}, dial{2}));
    CHECK(machine.handle_open(2, start + 1s) == list(connected{}, reconnected{1}));
}

BOOST_AUTO_TEST_CASE(connecting_takes_too_long)
{
    reconnect machine{exact, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.handle_deadline(start + 20s - 1ns) == nothing);
    CHECK(machine.handle_deadline(start + 20s) == list(hang_up{1}, connect_failed{too_late}));
    CHECK((machine.deadline() == start + 21s));
    CHECK(machine.handle_open(1, start + 20s) == nothing);  // too late
    CHECK(machine.handle_failure(1, refused, start + 20s) == nothing);
    CHECK(machine.handle_deadline(start + 21s) == list(reconnect_attempt{1}, dial{2}));
    CHECK(
        machine.handle_deadline(start + 41s) ==
        list(hang_up{2}, connect_failed{too_late}, reconnect_error{too_late})
    );
}

BOOST_AUTO_TEST_CASE(the_attempts_are_used_up)
{
    const reconnect_config two{.attempts = 2, .randomization_factor = 0};
    reconnect machine{two, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.handle_failure(1, refused, start) == list(connect_failed{refused}));
    CHECK(machine.handle_deadline(start + 1s) == list(reconnect_attempt{1}, dial{2}));
    CHECK(
        machine.handle_failure(2, refused, start + 1s) ==
        list(connect_failed{refused}, reconnect_error{refused})
    );
    CHECK(machine.handle_deadline(start + 3s) == list(reconnect_attempt{2}, dial{3}));
    CHECK(
        machine.handle_deadline(start + 23s) ==
        list(hang_up{3}, connect_failed{too_late}, reconnect_error{too_late}, reconnect_failed{})
    );
    CHECK((machine.current() == reconnect::state::failed));
    CHECK(!machine.is_active());
    CHECK(!machine.deadline().has_value());

    // Whoever wants may begin anew, and has all attempts again.
    CHECK(machine.open(start + 1h) == list(dial{4}));
    CHECK(machine.handle_failure(4, refused, start + 1h) == list(connect_failed{refused}));
    CHECK((machine.deadline() == start + 1h + 1s));
}

BOOST_AUTO_TEST_CASE(no_attempts_are_none)
{
    const reconnect_config none{.attempts = 0};
    reconnect machine{none, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(
        machine.handle_failure(1, refused, start) ==
        list(connect_failed{refused}, reconnect_failed{})
    );
    reconnect lost = opened(none);
    CHECK(
        lost.handle_close(1, close_reason::transport_close, start + 1h) ==
        list(disconnected{close_reason::transport_close}, reconnect_failed{})
    );
}

BOOST_AUTO_TEST_CASE(without_reconnection)
{
    const reconnect_config off{.reconnection = false};
    reconnect machine{off, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.handle_failure(1, refused, start) == list(connect_failed{refused}));
    CHECK((machine.current() == reconnect::state::disconnected));
    CHECK(!machine.deadline().has_value());
    CHECK(machine.open(start) == list(dial{2}));
    CHECK(machine.handle_open(2, start) == list(connected{}));
    CHECK(
        machine.handle_close(2, close_reason::transport_error, start) ==
        list(disconnected{close_reason::transport_error})
    );
    CHECK((machine.current() == reconnect::state::disconnected));
}

BOOST_AUTO_TEST_CASE(which_ends_are_made_good)
{
    for (const auto& [reason, comes_back] : {
             std::pair{close_reason::transport_close, true},
             std::pair{close_reason::transport_error, true},
             std::pair{close_reason::ping_timeout, true},
             std::pair{close_reason::parse_error, true},
             std::pair{close_reason::forced_close, true},
             std::pair{close_reason::io_server_disconnect, false},
             std::pair{close_reason::io_client_disconnect, false},
         }) {
        reconnect machine = opened(exact);
        CHECK(machine.handle_close(1, reason, start + 1h) == list(disconnected{reason}));
        CHECK(machine.is_active() == comes_back, to_string(reason));
        CHECK(machine.deadline().has_value() == comes_back, to_string(reason));
    }
}

BOOST_AUTO_TEST_CASE(an_end_before_the_open_packet_is_a_failure_X01)
{
    for (const auto& [reason, why] : {
             std::pair{close_reason::transport_close, error_code{engine::errc::connection_closed}},
             std::pair{close_reason::parse_error, error_code{engine::errc::parse_error}},
             std::pair{close_reason::ping_timeout, error_code{cosio::errc::timeout}},
         }) {
        reconnect machine{exact, shortest};
        CHECK(machine.open(start) == list(dial{1}));
        CHECK(machine.handle_close(1, reason, start) == list(connect_failed{why}));
        CHECK((machine.deadline() == start + 1s));
    }
}

BOOST_AUTO_TEST_CASE(close_in_every_state)
{
    reconnect machine{exact, shortest};
    CHECK(machine.close() == nothing);

    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.close() == list(hang_up{1}));
    CHECK(!machine.is_current(1));
    CHECK(!machine.deadline().has_value());
    CHECK(machine.handle_open(1, start) == nothing);
    CHECK(machine.handle_failure(1, refused, start) == nothing);
    CHECK(machine.handle_close(1, close_reason::transport_close, start) == nothing);

    CHECK(machine.open(start) == list(dial{2}));
    CHECK(machine.handle_open(2, start) == list(connected{}));
    CHECK(machine.close() == list(hang_up{2}, disconnected{close_reason::io_client_disconnect}));
    CHECK(machine.handle_close(2, close_reason::io_client_disconnect, start) == nothing);
    CHECK(machine.close() == nothing);

    CHECK(machine.open(start) == list(dial{3}));
    CHECK(machine.handle_failure(3, refused, start) == list(connect_failed{refused}));
    CHECK((machine.current() == reconnect::state::waiting));
    CHECK(machine.close() == nothing);
    CHECK(!machine.deadline().has_value());
    CHECK(machine.handle_deadline(start + 1h) == nothing);

    CHECK(machine.open(start) == list(dial{4}));
    CHECK((machine.current() == reconnect::state::connecting));
}

BOOST_AUTO_TEST_CASE(open_does_not_undo_the_back_off)
{
    reconnect machine{exact, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.open(start) == nothing);
    CHECK(machine.handle_failure(1, refused, start) == list(connect_failed{refused}));
    CHECK(machine.open(start) == nothing);
    CHECK((machine.deadline() == start + 1s));
    CHECK(machine.handle_deadline(start + 1s) == list(reconnect_attempt{1}, dial{2}));
    CHECK(machine.handle_open(2, start + 1s) == list(connected{}, reconnected{1}));
    CHECK(machine.open(start + 1s) == nothing);
}

BOOST_AUTO_TEST_CASE(a_handler_that_closes_before_the_dial_is_performed)
{
    reconnect machine{exact, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    CHECK(machine.handle_failure(1, refused, start) == list(connect_failed{refused}));
    CHECK(machine.handle_deadline(start + 1s) == list(reconnect_attempt{1}, dial{2}));
    CHECK(machine.is_current(2));
    CHECK(machine.close() == list(hang_up{2}));  // as reconnect_attempt is told
    CHECK(!machine.is_current(2));
    CHECK(machine.open(start + 1s) == list(dial{3}));  // and open() again
    CHECK(!machine.is_current(2));
    CHECK(machine.is_current(3));
}

BOOST_AUTO_TEST_CASE(what_is_told_twice_counts_once)
{
    reconnect machine = opened(exact);
    CHECK(machine.handle_open(1, start) == nothing);
    CHECK(machine.handle_failure(1, refused, start) == nothing);
    CHECK(
        machine.handle_close(1, close_reason::transport_close, start + 1h) ==
        list(disconnected{close_reason::transport_close})
    );
    CHECK(machine.handle_close(1, close_reason::transport_close, start + 1h) == nothing);
    CHECK((machine.deadline() == start + 1h + 1s));
}

BOOST_AUTO_TEST_CASE(a_server_that_accepts_and_closes_for_ever_X10)
{
    reconnect machine = opened(exact);
    time_point now = start;
    link_number link = 1;
    std::uint64_t attempt = 0;
    for (const duration expected : {1s, 2s, 4s, 5s, 5s}) {
        now += 5s - 1ns;
        CHECK(
            machine.handle_close(link, close_reason::transport_close, now) ==
            list(disconnected{close_reason::transport_close})
        );
        CHECK((machine.deadline() == now + expected));
        now += expected;
        CHECK(machine.handle_deadline(now) == list(reconnect_attempt{++attempt}, dial{++link}));
        CHECK(machine.handle_open(link, now) == list(connected{}, reconnected{attempt}));
    }
    // One that holds is a success, and all is as in the beginning.
    now += 5s;
    CHECK(
        machine.handle_close(link, close_reason::transport_close, now) ==
        list(disconnected{close_reason::transport_close})
    );
    CHECK((machine.deadline() == now + 1s));
    CHECK(machine.handle_deadline(now + 1s) == list(reconnect_attempt{1}, dial{link + 1}));
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_to_be_left_alone)
{
    reconnect machine{exact, shortest};
    CHECK(machine.open(start) == list(dial{1}));
    machine.handle_retry_after(30s);
    CHECK(machine.handle_failure(1, refused, start) == list(connect_failed{refused}));
    CHECK((machine.deadline() == start + 31s));

    // It counts once, is bounded, and cannot shorten a delay.
    CHECK(machine.handle_deadline(start + 31s) == list(reconnect_attempt{1}, dial{2}));
    CHECK(!machine.handle_failure(2, refused, start).empty());
    CHECK((machine.deadline() == start + 2s));
    CHECK(machine.handle_deadline(start + 2s) == list(reconnect_attempt{2}, dial{3}));
    machine.handle_retry_after(duration::max());
    CHECK(!machine.handle_failure(3, refused, start).empty());
    CHECK((machine.deadline() == start + 1min + 4s));
    CHECK(machine.handle_deadline(start + 2min) == list(reconnect_attempt{3}, dial{4}));
    machine.handle_retry_after(-1h);
    CHECK(!machine.handle_failure(4, refused, start).empty());
    CHECK((machine.deadline() == start + 5s));
}

BOOST_AUTO_TEST_CASE(whatever_happens_there_is_one_link_and_an_end_to_each_wait)
{
    for (unsigned seed = 1; seed <= 200; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 choose{seed};
            seeded_random jitter{seed};
            const reconnect_config config{.attempts = 3};
            reconnect machine{config, jitter};
            time_point now = start;
            link_number alive = 0;  // dialed and not hung up or ended
            for (int step = 0; step < 300; ++step) {
                now += std::chrono::milliseconds{choose() % 3'000};
                const link_number about = choose() % 4 == 0 ? alive + choose() % 2 : alive;
                reconnect_actions todo;
                bool ended = false;
                switch (choose() % 6) {
                case 0: todo = machine.open(now); break;
                case 1: todo = choose() % 4 == 0 ? machine.close() : nothing; break;
                case 2: todo = machine.handle_open(about, now); break;
                case 3:
                    ended = about == alive;
                    todo = machine.handle_failure(about, refused, now);
                    break;
                case 4:
                    ended = about == alive;
                    todo = machine.handle_close(about, close_reason::transport_close, now);
                    break;
                default: todo = machine.handle_deadline(now);
                }
                if (ended && !todo.empty())
                    alive = 0;
                for (const reconnect_action& one : todo) {
                    if (const auto* end = std::get_if<hang_up>(&one)) {
                        REQUIRE(end->link == alive);
                        alive = 0;
                    } else if (const auto* call = std::get_if<dial>(&one)) {
                        REQUIRE(alive == 0U);
                        alive = call->link;
                    }
                }
                using enum reconnect::state;
                const auto is = machine.current();
                CHECK((alive != 0) == (is == connecting || is == reconnect::state::open));
                CHECK((alive == 0 || machine.is_current(alive)));
                CHECK(machine.deadline().has_value() == (is == connecting || is == waiting));
                CHECK((machine.attempts() <= 3U));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(actions_and_states_can_be_read)
{
    const auto text = [](const reconnect_action& one) { return fmt::format("{}", one); };
    CHECK(text(dial{3}) == "dial #3");
    CHECK(text(hang_up{3}) == "hang_up #3");
    CHECK(text(connected{}) == "connected");
    CHECK(text(connect_failed{too_late}) == "connect_failed 'operation has timed out'");
    CHECK(text(disconnected{close_reason::ping_timeout}) == "disconnected 'ping timeout'");
    CHECK(text(reconnect_attempt{2}) == "reconnect_attempt 2");
    CHECK(text(reconnect_error{too_late}) == "reconnect_error 'operation has timed out'");
    CHECK(text(reconnect_failed{}) == "reconnect_failed");
    CHECK(text(reconnected{2}) == "reconnected 2");
    using enum reconnect::state;
    CHECK(to_string(disconnected) == "disconnected");
    CHECK(to_string(connecting) == "connecting");
    CHECK(to_string(reconnect::state::open) == "open");
    CHECK(to_string(waiting) == "waiting");
    CHECK(to_string(failed) == "failed");
}

BOOST_AUTO_TEST_SUITE_END()
