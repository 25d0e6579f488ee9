// SPDX-License-Identifier: BSL-1.0
#include "engine_session_support.hpp"

using namespace cosio;
using namespace cosio::engine;
using namespace cosio::engine::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(engine_session)

BOOST_AUTO_TEST_CASE(the_server_pings_when_the_interval_has_passed_HB_1)
{
    session s = server(transport_kind::websocket);
    CHECK((s.deadline() == start + 25s));
    CHECK(s.handle_deadline(start + 25s - 1ns) == nothing);
    CHECK(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    CHECK(s.handle_deadline(start + 25s) == nothing);
    CHECK(s.handle_packet(pong, start + 26s) == nothing);
    CHECK((s.round_trip_time() == 1s));
    CHECK((s.deadline() == start + 51s));
    CHECK(s.handle_deadline(start + 51s) == list(transmit{packet_type::ping}));
}

BOOST_AUTO_TEST_CASE(a_pong_counts_until_its_deadline_E09)
{
    for (const auto early : {-1ns, 0ns}) {
        session s = awaiting_pong();
        CHECK(arrive(s, pong, start + 45s + early) == nothing);
        CHECK(s.is_open());
        CHECK((s.deadline() == start + 70s + early));
    }
    session s = awaiting_pong();
    CHECK((s.deadline() == start + 45s + 1ns));
    CHECK(s.handle_deadline(start + 45s) == nothing);
    CHECK(arrive(s, pong, start + 45s + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_always_nearly_too_late_lives_for_ever_E10)
{
    session s = server();
    for (int round = 0; round < 1'000; ++round) {
        const time_point due = *s.deadline();
        CHECK(s.handle_deadline(due) == list(transmit{packet_type::ping}));
        CHECK(arrive(s, pong, due + 20s - 1ns) == nothing);
        CHECK((s.round_trip_time() == 20s - 1ns));
    }
}

BOOST_AUTO_TEST_CASE(data_does_not_stand_for_a_pong_HB_3_E11)
{
    session s = awaiting_pong();
    for (auto at = 26s; at <= 45s; ++at)
        CHECK(arrive(s, text(packet_type::message, "x"), start + at) == delivers("x"));
    CHECK(
        arrive(s, text(packet_type::message, "x"), start + 45s + 1ns) ==
        ends(close_reason::ping_timeout)
    );
}

BOOST_AUTO_TEST_CASE(Z10_a_server_that_was_asleep_hears_what_came_meanwhile)
{
    session s = awaiting_pong();
    CHECK(s.handle_deadline(start + 45s + session::asleep) == nothing);
    CHECK((s.deadline() == start + 66s + 1ns));
    CHECK(arrive(s, pong, start + 46s) == nothing);
    CHECK((s.deadline() == start + 71s));
    CHECK(s.handle_deadline(start + 71s) == list(transmit{packet_type::ping}));
    CHECK(s.handle_deadline(start + 100s) == nothing);
}

BOOST_AUTO_TEST_CASE(Z10_but_it_does_not_wait_for_a_dead_client_twice)
{
    session s = awaiting_pong();
    CHECK(s.handle_deadline(start + 60s) == nothing);
    CHECK(s.handle_deadline(start + 100s) == ends(close_reason::ping_timeout));

    session awake = awaiting_pong();
    CHECK(
        awake.handle_deadline(start + 45s + session::asleep - 1ns) ==
        ends(close_reason::ping_timeout)
    );
}

BOOST_AUTO_TEST_CASE(a_flood_of_pongs_moves_nothing_A41_P11)
{
    session s = server();
    for (int i = 0; i < 100'000; ++i)
        if (!s.handle_packet(pong, start + 10s + duration{i}).empty())
            BOOST_FAIL("an unasked PONG was answered");
    CHECK((s.deadline() == start + 25s));
    CHECK((s.round_trip_time() == 0s));

    CHECK(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    for (int i = 0; i < 100'000; ++i)
        if (!s.handle_packet(pong, start + 26s + duration{i}).empty())
            BOOST_FAIL("an unasked PONG was answered");
    CHECK((s.deadline() == start + 51s));
    CHECK((s.round_trip_time() == 1s));
}

BOOST_AUTO_TEST_CASE(the_data_of_a_pong_is_ignored_HB_5)
{
    for (const std::string_view data : {"", "probe", "x"}) {
        session s = awaiting_pong();
        CHECK(s.handle_packet(text(packet_type::pong, data), start + 26s) == nothing);
        CHECK((s.deadline() == start + 51s));
    }
}

BOOST_AUTO_TEST_CASE(the_data_of_a_ping_is_not_sent_back_by_a_client_HB_5)
{
    for (const std::string_view data : {"", "abc", "probe"}) {
        session s = client(transport_kind::websocket);
        CHECK(
            s.handle_packet(text(packet_type::ping, data), start + 26s) ==
            list(transmit{packet_type::pong})
        );
        CHECK((s.deadline() == start + 26s + 45s + 1ns));
    }
    // transmit has no room for data: this is all that is sent.
    CHECK(as_text(encode_packet(packet_type::pong)->payload()) == "3");
}

BOOST_AUTO_TEST_CASE(every_packet_in_every_state_of_a_server_E02_E03_E04)
{
    for (const auto& [name, make] : open_servers) {
        BOOST_TEST_CONTEXT(name)
        {
            for (packet_type ignored :
                 {packet_type::open, packet_type::pong, packet_type::upgrade, packet_type::noop}) {
                session s = make();
                CHECK(s.handle_packet(text(ignored, "probe"), start + 26s) == nothing);
                CHECK(s.is_open());
            }
            session s = make();
            CHECK(s.handle_packet(text(packet_type::message, "hi"), start + 26s) == delivers("hi"));
            CHECK(s.handle_packet(text(packet_type::message), start + 26s) == delivers(""));
            CHECK(
                s.handle_packet(blob("\1\2"), start + 26s) == delivers("\1\2", frame_kind::binary)
            );
            CHECK(s.handle_packet(blob(""), start + 26s) == delivers("", frame_kind::binary));
            for (const packet_view& wrong : {ping, probe_ping}) {
                session broken = make();
                CHECK(
                    broken.handle_packet(wrong, start + 26s) == ends(close_reason::transport_error)
                );
                check_closed(broken);
            }
            // A GET that waits is answered before the end (POLL-14).
            const shut_down gone{close_reason::transport_close};
            const actions farewell = s.link() == transport_kind::polling
                                         ? list(transmit{packet_type::noop}, gone)
                                         : list(gone);
            CHECK(s.handle_packet(text(packet_type::close), start + 26s) == farewell);
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_first_packet_of_a_client_must_be_open)
{
    for (packet_type type : every_type) {
        session s = opening_client();
        CHECK(!s.is_open());
        const actions answer = s.handle_packet(text(type, R"({"sid":"x"})"), start);
        if (type == packet_type::open) {
            CHECK(answer == list(opened{R"({"sid":"x"})"}));
            CHECK(s.is_open());
        } else {
            CHECK(answer == ends(close_reason::parse_error));
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_packet_in_every_state_of_a_client_X03)
{
    for (const auto& [name, make] : open_clients) {
        BOOST_TEST_CONTEXT(name)
        {
            session s = make();
            for (packet_type ignored :
                 {packet_type::open, packet_type::pong, packet_type::upgrade, packet_type::noop})
                CHECK(s.handle_packet(text(ignored, "{}"), start + 1s) == nothing);
            CHECK(s.handle_packet(text(packet_type::message, "hi"), start + 1s) == delivers("hi"));
            CHECK(s.handle_packet(blob("\1"), start + 1s) == delivers("\1", frame_kind::binary));
            CHECK(s.handle_packet(ping, start + 1s) == list(transmit{packet_type::pong}));
            CHECK(
                s.handle_packet(text(packet_type::close), start + 1s) ==
                ends(close_reason::transport_close)
            );
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_watchdog_of_a_client_counts_from_the_last_ping_HB_2)
{
    session s = client(transport_kind::websocket);
    s.set_heartbeat(300ms, 200ms, start);
    CHECK((s.deadline() == start + 500ms + 1ns));
    CHECK(s.handle_deadline(start + 500ms) == nothing);
    CHECK(arrive(s, ping, start + 500ms) == list(transmit{packet_type::pong}));
    CHECK((s.deadline() == start + 1'000ms + 1ns));
    CHECK(arrive(s, text(packet_type::message, "x"), start + 900ms) == delivers("x"));
    CHECK((s.deadline() == start + 1'000ms + 1ns));
    CHECK(s.handle_deadline(start + 1'000ms) == nothing);
    CHECK(s.handle_deadline(start + 1'000ms + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(a_client_does_not_wait_for_open_for_ever)
{
    session s = opening_client();
    CHECK((s.deadline() == start + 45s + 1ns));
    CHECK(s.handle_deadline(start + 45s) == nothing);
    CHECK(s.handle_deadline(start + 45s + 1ns) == ends(close_reason::ping_timeout));
}

BOOST_AUTO_TEST_CASE(open_begins_the_watchdog_anew)
{
    session s = opening_client();
    CHECK(s.handle_packet(text(packet_type::open), start + 40s) == list(opened{""}));
    CHECK((s.deadline() == start + 85s + 1ns));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_link_and_its_reason)
{
    const std::vector<std::pair<error_code, close_reason>> rows{
        {error_code{}, close_reason::transport_close},
        {engine::errc::connection_closed, close_reason::transport_close},
        {engine::errc::connection_reset, close_reason::transport_close},
        {engine::errc::parse_error, close_reason::parse_error},
        {engine::errc::overlapping_poll, close_reason::transport_error},
        {engine::errc::overlapping_post, close_reason::transport_error},
        {engine::errc::aborted_request, close_reason::transport_error},
        {engine::errc::invalid_content, close_reason::transport_error},
        {cosio::errc::message_too_large, close_reason::transport_error},
        {make_error_code(boost::system::errc::timed_out), close_reason::transport_error},
    };
    std::vector<scene> scenes = open_servers;
    scenes.insert(scenes.end(), open_clients.begin(), open_clients.end());
    scenes.push_back({"opening", [] { return opening_client(); }});
    for (const auto& [name, make] : scenes) {
        for (const auto& [why, reason] : rows) {
            BOOST_TEST_CONTEXT(name << ": " << why.message())
            {
                session s = make();
                CHECK(s.handle_link_end(why) == ends(reason));
                check_closed(s);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(our_side_closes_once_and_in_any_state_U11)
{
    std::vector<scene> scenes = open_servers;
    scenes.insert(scenes.end(), open_clients.begin(), open_clients.end());
    scenes.push_back({"opening", [] { return opening_client(); }});
    for (const auto& [name, make] : scenes) {
        BOOST_TEST_CONTEXT(name)
        {
            session s = make();
            CHECK(
                s.close(close_reason::server_shutting_down) ==
                ends(close_reason::server_shutting_down)
            );
            // An upgrade that was probed is brought to its end first.
            const actions last = s.upgrading() ? list(drop_candidate{}) : nothing;
            CHECK(s.handle_candidate_end(start) == last);
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_nobody_takes_is_discarded_at_the_limit)
{
    static constexpr session_config small{.max_send_queue_bytes = 100, .max_send_queue_packets = 3};
    session s{small, role::server, transport_kind::websocket, start};
    for (const auto& [bytes, packets] : {std::pair{100U, 3U}, {0U, 0U}}) {
        CHECK(!s.overflows(bytes, packets));
        CHECK(s.handle_overflow(bytes, packets) == nothing);
        CHECK(s.is_open());
    }
    for (const auto& [bytes, packets] : {std::pair{101U, 1U}, {1U, 4U}}) {
        session full{small, role::server, transport_kind::websocket, start};
        CHECK(full.overflows(bytes, packets));
        CHECK(
            full.handle_overflow(bytes, packets) ==
            list(discard_output{}, shut_down{close_reason::transport_error})
        );
        CHECK(full.is_closed());
        CHECK(full.handle_overflow(bytes, packets) == nothing);
    }
}

BOOST_AUTO_TEST_CASE(a_forced_close_without_a_poll_to_say_it_on)
{
    using enum close_reason;
    CHECK(server(transport_kind::polling).force_close(false) == ends(forced_server_close));
    CHECK(server(transport_kind::polling).force_close(true) == ends(forced_close));
    CHECK(server(transport_kind::websocket).force_close(false) == ends(forced_close));
    session s = server();
    CHECK(s.force_close(true) == ends(forced_close));
    CHECK(s.force_close(true) == nothing);
}

BOOST_AUTO_TEST_CASE(bind_says_what_the_first_link_is)
{
    session s = server(transport_kind::loopback);
    CHECK(!s.can_upgrade());
    s.bind(transport_kind::polling);
    CHECK((s.link() == transport_kind::polling));
    CHECK(s.can_upgrade());
}

BOOST_AUTO_TEST_CASE(actions_print_as_one_line)
{
    using fmt::format;
    CHECK(format("{}", action{transmit{packet_type::ping}}) == "transmit 2");
    CHECK(format("{}", action{deliver{frame_kind::text, as_bytes("hi")}}) == "deliver 'hi'");
    CHECK(format("{}", action{deliver{frame_kind::binary, as_bytes("hi")}}) == "deliver 2 bytes");
    CHECK(format("{}", action{opened{"{}"}}) == "opened {}");
    CHECK(format("{}", action{send_probe{}}) == "send_probe");
    CHECK(format("{}", action{answer_probe{}}) == "answer_probe");
    CHECK(format("{}", action{release_poll{}}) == "release_poll");
    CHECK(format("{}", action{pause_link{}}) == "pause_link");
    CHECK(format("{}", action{adopt_candidate{}}) == "adopt_candidate");
    CHECK(format("{}", action{drop_candidate{}}) == "drop_candidate");
    CHECK(format("{}", action{discard_output{}}) == "discard_output");
    CHECK(
        format("{}", action{shut_down{close_reason::ping_timeout}}) == "shut_down 'ping timeout'"
    );
}

BOOST_AUTO_TEST_SUITE_END()
