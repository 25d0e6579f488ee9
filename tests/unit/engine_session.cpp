// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/session.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <functional>
#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::engine;
using namespace std::chrono_literals;

namespace {

constexpr session_config config{};  // 25 s, 20 s, 10 s
constexpr session_config no_upgrades{.allow_upgrades = false};
constexpr time_point start{1'000s};

template <class... Action> actions list(const Action&... items)
{
    return {action{items}...};
}

const actions nothing;

packet_view text(packet_type type, std::string_view data = {})
{
    return {.type = type, .kind = frame_kind::text, .data = as_bytes(data)};
}

packet_view blob(std::string_view data)
{
    return {.type = packet_type::message, .kind = frame_kind::binary, .data = as_bytes(data)};
}

const packet_view ping = text(packet_type::ping);
const packet_view pong = text(packet_type::pong);
const packet_view probe_ping = text(packet_type::ping, "probe");
const packet_view probe_pong = text(packet_type::pong, "probe");
const packet_view upgrade = text(packet_type::upgrade);

actions delivers(std::string_view data, frame_kind kind = frame_kind::text)
{
    return list(deliver{kind, as_bytes(data)});
}

actions ends(close_reason reason)
{
    return list(shut_down{reason});
}

session server(transport_kind link = transport_kind::polling)
{
    return {config, role::server, link, start};
}

session opening_client(transport_kind link = transport_kind::polling)
{
    return {config, role::client, link, start};
}

session client(transport_kind link = transport_kind::polling)
{
    session s = opening_client(link);
    BOOST_TEST(s.handle_packet(text(packet_type::open, "{}"), start) == list(opened{"{}"}));
    return s;
}

session probing_server()
{
    session s = server();
    BOOST_TEST(s.handle_candidate(start) == nothing);
    return s;
}

session probed_server()
{
    session s = probing_server();
    BOOST_TEST(s.handle_probe(probe_ping, start) == list(answer_probe{}));
    return s;
}

session probing_client()
{
    session s = client();
    BOOST_TEST(s.handle_candidate(start) == list(send_probe{}));
    return s;
}

session probed_client()
{
    session s = probing_client();
    BOOST_TEST(s.handle_probe(probe_pong, start) == list(pause_link{}));
    return s;
}

session awaiting_pong()
{
    session s = server();
    BOOST_TEST(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    return s;
}

/// A server whose PING fell due at 25 s, in the middle of an upgrade that may last until 30 s.
session holding_ping()
{
    session s = server();
    BOOST_TEST(s.handle_candidate(start + 20s) == nothing);
    BOOST_TEST(s.handle_probe(probe_ping, start + 20s) == list(answer_probe{}));
    BOOST_TEST(s.handle_deadline(start + 25s) == nothing);
    return s;
}

/// As a driver does it: a deadline that has come is handled before what arrives.
actions arrive(session& s, const packet_view& packet, time_point when)
{
    if (s.deadline() && *s.deadline() <= when)
        if (const actions fired = s.handle_deadline(when); !fired.empty())
            return fired;
    return s.handle_packet(packet, when);
}

struct scene
{
    const char* name;
    std::function<session()> make;
};

const std::vector<scene> open_servers{
    {"polling", [] { return server(); }},
    {"websocket", [] { return server(transport_kind::websocket); }},
    {"loopback", [] { return server(transport_kind::loopback); }},
    {"awaiting a PONG", awaiting_pong},
    {"probing", probing_server},
    {"probed", probed_server},
    {"holding a PING", holding_ping},
};

const std::vector<scene> open_clients{
    {"polling", [] { return client(); }},
    {"websocket", [] { return client(transport_kind::websocket); }},
    {"probing", probing_client},
    {"probed", probed_client},
};

constexpr std::array every_type{
    packet_type::open,
    packet_type::close,
    packet_type::ping,
    packet_type::pong,
    packet_type::message,
    packet_type::upgrade,
    packet_type::noop,
};

void check_closed(session& s)
{
    BOOST_TEST(s.is_closed());
    BOOST_TEST(!s.is_open());
    BOOST_TEST(!s.upgrading());
    BOOST_TEST(!s.can_upgrade());
    BOOST_TEST(!s.deadline().has_value());
    for (packet_type type : every_type) {
        BOOST_TEST(s.handle_packet(text(type), start + 1h) == nothing);
        BOOST_TEST(s.handle_probe(text(type, "probe"), start + 1h) == nothing);
    }
    BOOST_TEST(s.handle_deadline(start + 1h) == nothing);
    BOOST_TEST(s.handle_link_end({}) == nothing);
    BOOST_TEST(s.handle_candidate(start + 1h) == list(drop_candidate{}));
    BOOST_TEST(s.handle_candidate_end(start + 1h) == nothing);
    BOOST_TEST(s.handle_link_paused(start + 1h) == nothing);
    BOOST_TEST(s.close(close_reason::forced_close) == nothing);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_session)

BOOST_AUTO_TEST_CASE(the_server_pings_when_the_interval_has_passed_HB_1)
{
    session s = server(transport_kind::websocket);
    BOOST_TEST((s.deadline() == start + 25s));
    BOOST_TEST(s.handle_deadline(start + 25s - 1ns) == nothing);
    BOOST_TEST(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    BOOST_TEST(s.handle_deadline(start + 25s) == nothing);
    BOOST_TEST(s.handle_packet(pong, start + 26s) == nothing);
    BOOST_TEST((s.round_trip_time() == 1s));
    BOOST_TEST((s.deadline() == start + 51s));
    BOOST_TEST(s.handle_deadline(start + 51s) == list(transmit{packet_type::ping}));
}

BOOST_AUTO_TEST_CASE(a_pong_counts_until_its_deadline_E09)
{
    for (const auto early : {-1ns, 0ns}) {
        session s = awaiting_pong();
        BOOST_TEST(arrive(s, pong, start + 45s + early) == nothing);
        BOOST_TEST(s.is_open());
        BOOST_TEST((s.deadline() == start + 70s + early));
    }
    session s = awaiting_pong();
    BOOST_TEST((s.deadline() == start + 45s + 1ns));
    BOOST_TEST(s.handle_deadline(start + 45s) == nothing);
    BOOST_TEST(arrive(s, pong, start + 45s + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_always_nearly_too_late_lives_for_ever_E10)
{
    session s = server();
    for (int round = 0; round < 1'000; ++round) {
        const time_point due = *s.deadline();
        BOOST_TEST(s.handle_deadline(due) == list(transmit{packet_type::ping}));
        BOOST_TEST(arrive(s, pong, due + 20s - 1ns) == nothing);
        BOOST_TEST((s.round_trip_time() == 20s - 1ns));
    }
}

BOOST_AUTO_TEST_CASE(data_does_not_stand_for_a_pong_HB_3_E11)
{
    session s = awaiting_pong();
    for (auto at = 26s; at <= 45s; ++at)
        BOOST_TEST(arrive(s, text(packet_type::message, "x"), start + at) == delivers("x"));
    BOOST_TEST(
        arrive(s, text(packet_type::message, "x"), start + 46s) == ends(close_reason::ping_timeout)
    );
}

BOOST_AUTO_TEST_CASE(a_flood_of_pongs_moves_nothing_A41_P11)
{
    session s = server();
    for (int i = 0; i < 100'000; ++i)
        if (!s.handle_packet(pong, start + 10s + duration{i}).empty())
            BOOST_FAIL("an unasked PONG was answered");
    BOOST_TEST((s.deadline() == start + 25s));
    BOOST_TEST((s.round_trip_time() == 0s));

    BOOST_TEST(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    for (int i = 0; i < 100'000; ++i)
        if (!s.handle_packet(pong, start + 26s + duration{i}).empty())
            BOOST_FAIL("an unasked PONG was answered");
    BOOST_TEST((s.deadline() == start + 51s));
    BOOST_TEST((s.round_trip_time() == 1s));
}

BOOST_AUTO_TEST_CASE(the_data_of_a_pong_is_ignored_HB_5)
{
    for (const std::string_view data : {"", "probe", "x"}) {
        session s = awaiting_pong();
        BOOST_TEST(s.handle_packet(text(packet_type::pong, data), start + 26s) == nothing);
        BOOST_TEST((s.deadline() == start + 51s));
    }
}

BOOST_AUTO_TEST_CASE(every_packet_in_every_state_of_a_server_E02_E03_E04)
{
    for (const auto& [name, make] : open_servers) {
        BOOST_TEST_CONTEXT(name)
        {
            for (packet_type ignored :
                 {packet_type::open, packet_type::pong, packet_type::upgrade, packet_type::noop}) {
                session s = make();
                BOOST_TEST(s.handle_packet(text(ignored, "probe"), start + 26s) == nothing);
                BOOST_TEST(s.is_open());
            }
            session s = make();
            BOOST_TEST(
                s.handle_packet(text(packet_type::message, "hi"), start + 26s) == delivers("hi")
            );
            BOOST_TEST(s.handle_packet(text(packet_type::message), start + 26s) == delivers(""));
            BOOST_TEST(
                s.handle_packet(blob("\1\2"), start + 26s) == delivers("\1\2", frame_kind::binary)
            );
            BOOST_TEST(s.handle_packet(blob(""), start + 26s) == delivers("", frame_kind::binary));
            for (const packet_view& wrong : {ping, probe_ping}) {
                session broken = make();
                BOOST_TEST(
                    broken.handle_packet(wrong, start + 26s) == ends(close_reason::transport_error)
                );
                check_closed(broken);
            }
            // A GET that waits is answered before the end (POLL-14).
            const shut_down gone{close_reason::transport_close};
            const actions farewell = s.link() == transport_kind::polling
                                         ? list(transmit{packet_type::noop}, gone)
                                         : list(gone);
            BOOST_TEST(s.handle_packet(text(packet_type::close), start + 26s) == farewell);
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_first_packet_of_a_client_must_be_open)
{
    for (packet_type type : every_type) {
        session s = opening_client();
        BOOST_TEST(!s.is_open());
        const actions answer = s.handle_packet(text(type, R"({"sid":"x"})"), start);
        if (type == packet_type::open) {
            BOOST_TEST(answer == list(opened{R"({"sid":"x"})"}));
            BOOST_TEST(s.is_open());
        } else {
            BOOST_TEST(answer == ends(close_reason::parse_error));
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
                BOOST_TEST(s.handle_packet(text(ignored, "{}"), start + 1s) == nothing);
            BOOST_TEST(
                s.handle_packet(text(packet_type::message, "hi"), start + 1s) == delivers("hi")
            );
            BOOST_TEST(s.handle_packet(blob("\1"), start + 1s) == delivers("\1", frame_kind::binary));
            BOOST_TEST(s.handle_packet(ping, start + 1s) == list(transmit{packet_type::pong}));
            BOOST_TEST(
                s.handle_packet(text(packet_type::close), start + 1s)
                == ends(close_reason::transport_close)
            );
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_watchdog_of_a_client_counts_from_the_last_ping_HB_2)
{
    session s = client(transport_kind::websocket);
    s.set_heartbeat(300ms, 200ms, start);
    BOOST_TEST((s.deadline() == start + 500ms + 1ns));
    BOOST_TEST(s.handle_deadline(start + 500ms) == nothing);
    BOOST_TEST(arrive(s, ping, start + 500ms) == list(transmit{packet_type::pong}));
    BOOST_TEST((s.deadline() == start + 1'000ms + 1ns));
    BOOST_TEST(
        arrive(s, text(packet_type::message, "x"), start + 900ms) == delivers("x")
    );
    BOOST_TEST((s.deadline() == start + 1'000ms + 1ns));
    BOOST_TEST(s.handle_deadline(start + 1'000ms) == nothing);
    BOOST_TEST(s.handle_deadline(start + 1'000ms + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(a_client_does_not_wait_for_open_for_ever)
{
    session s = opening_client();
    BOOST_TEST((s.deadline() == start + 45s + 1ns));
    BOOST_TEST(s.handle_deadline(start + 45s) == nothing);
    BOOST_TEST(s.handle_deadline(start + 45s + 1ns) == ends(close_reason::ping_timeout));
}

BOOST_AUTO_TEST_CASE(open_begins_the_watchdog_anew)
{
    session s = opening_client();
    BOOST_TEST(s.handle_packet(text(packet_type::open), start + 40s) == list(opened{""}));
    BOOST_TEST((s.deadline() == start + 85s + 1ns));
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
                BOOST_TEST(s.handle_link_end(why) == ends(reason));
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
            BOOST_TEST(
                s.close(close_reason::server_shutting_down)
                == ends(close_reason::server_shutting_down)
            );
            check_closed(s);
        }
    }
}

BOOST_AUTO_TEST_CASE(bind_says_what_the_first_link_is)
{
    session s = server(transport_kind::loopback);
    BOOST_TEST(!s.can_upgrade());
    s.bind(transport_kind::polling);
    BOOST_TEST((s.link() == transport_kind::polling));
    BOOST_TEST(s.can_upgrade());
}

BOOST_AUTO_TEST_CASE(actions_print_as_one_line)
{
    using fmt::format;
    BOOST_TEST(format("{}", action{transmit{packet_type::ping}}) == "transmit 2");
    BOOST_TEST(format("{}", action{deliver{frame_kind::text, as_bytes("hi")}}) == "deliver 'hi'");
    BOOST_TEST(
        format("{}", action{deliver{frame_kind::binary, as_bytes("hi")}}) == "deliver 2 bytes"
    );
    BOOST_TEST(format("{}", action{opened{"{}"}}) == "opened {}");
    BOOST_TEST(format("{}", action{send_probe{}}) == "send_probe");
    BOOST_TEST(format("{}", action{answer_probe{}}) == "answer_probe");
    BOOST_TEST(format("{}", action{pause_link{}}) == "pause_link");
    BOOST_TEST(format("{}", action{adopt_candidate{}}) == "adopt_candidate");
    BOOST_TEST(format("{}", action{drop_candidate{}}) == "drop_candidate");
    BOOST_TEST(
        format("{}", action{shut_down{close_reason::ping_timeout}}) == "shut_down 'ping timeout'"
    );
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(engine_session_upgrade)

BOOST_AUTO_TEST_CASE(the_server_is_probed_and_adopts_UP_1)
{
    session s = server();
    BOOST_TEST(s.can_upgrade());
    BOOST_TEST(s.handle_candidate(start + 1s) == nothing);
    BOOST_TEST(!s.upgrading());
    BOOST_TEST((s.deadline() == start + 11s));
    BOOST_TEST(s.handle_probe(probe_ping, start + 2s) == list(answer_probe{}));
    BOOST_TEST(s.upgrading());
    BOOST_TEST((s.deadline() == start + 11s));
    BOOST_TEST(s.handle_probe(upgrade, start + 3s) == list(adopt_candidate{}));
    BOOST_TEST(!s.upgrading());
    BOOST_TEST((s.link() == transport_kind::websocket));
    BOOST_TEST((s.deadline() == start + 25s));
    BOOST_TEST(s.handle_packet(text(packet_type::message, "x"), start + 4s) == delivers("x"));
    BOOST_TEST(
        s.handle_packet(text(packet_type::close), start + 4s) == ends(close_reason::transport_close)
    );
}

BOOST_AUTO_TEST_CASE(the_client_probes_pauses_and_adopts_UP_1)
{
    session s = client();
    BOOST_TEST(s.can_upgrade());
    BOOST_TEST(s.handle_candidate(start + 1s) == list(send_probe{}));
    BOOST_TEST(!s.upgrading());
    BOOST_TEST((s.deadline() == start + 11s));
    BOOST_TEST(s.handle_probe(probe_pong, start + 2s) == list(pause_link{}));
    BOOST_TEST(s.upgrading());
    BOOST_TEST(s.handle_packet(text(packet_type::noop), start + 3s) == nothing);
    BOOST_TEST(s.handle_packet(ping, start + 3s) == list(transmit{packet_type::pong}));
    BOOST_TEST(s.handle_link_paused(start + 4s) == list(adopt_candidate{}));
    BOOST_TEST(!s.upgrading());
    BOOST_TEST((s.link() == transport_kind::websocket));
    BOOST_TEST((s.deadline() == start + 48s + 1ns));
    BOOST_TEST(s.handle_link_paused(start + 4s) == nothing);
}

BOOST_AUTO_TEST_CASE(upgrade_without_a_probe_closes_the_candidate_UP_4_U04)
{
    session s = probing_server();
    BOOST_TEST(s.handle_probe(upgrade, start) == list(drop_candidate{}));
    BOOST_TEST(s.is_open());
    BOOST_TEST((s.link() == transport_kind::polling));
    BOOST_TEST(s.handle_probe(upgrade, start) == nothing);
}

BOOST_AUTO_TEST_CASE(anything_else_on_the_candidate_closes_it_and_only_it_UP_5_U05)
{
    const std::vector<packet_view> never{
        text(packet_type::open, "{}"),
        text(packet_type::close),
        ping,
        text(packet_type::ping, "prob"),
        text(packet_type::ping, "probex"),
        pong,
        text(packet_type::pong, "probex"),
        text(packet_type::message, "probe"),
        text(packet_type::upgrade, "probe"),
        text(packet_type::noop),
        blob("probe"),
        {.type = packet_type::ping, .kind = frame_kind::binary, .data = as_bytes("probe")},
        {.type = packet_type::pong, .kind = frame_kind::binary, .data = as_bytes("probe")},
        {.type = packet_type::upgrade, .kind = frame_kind::binary},
    };
    struct row
    {
        session (*make)();
        std::vector<packet_view> wrong;
    };
    std::vector<row> rows{
        {probing_server, never}, {probed_server, never}, {probing_client, never}, {probed_client, never}
    };
    rows[0].wrong.insert(rows[0].wrong.end(), {probe_pong, upgrade});
    rows[1].wrong.insert(rows[1].wrong.end(), {probe_pong, probe_ping});
    rows[2].wrong.insert(rows[2].wrong.end(), {probe_ping, upgrade});
    rows[3].wrong.insert(rows[3].wrong.end(), {probe_ping, probe_pong, upgrade});
    for (const row& one : rows) {
        for (const packet_view& packet : one.wrong) {
            session s = one.make();
            BOOST_TEST(s.handle_probe(packet, start + 1s) == list(drop_candidate{}));
            BOOST_TEST(s.is_open());
            BOOST_TEST(!s.upgrading());
            BOOST_TEST((s.link() == transport_kind::polling));
            BOOST_TEST(s.handle_probe(packet, start + 1s) == nothing);
            BOOST_TEST(s.handle_link_paused(start + 1s) == nothing);
            BOOST_TEST(s.can_upgrade());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_upgrade_timeout_closes_only_the_candidate_UP_6_U03)
{
    for (auto* make : {probing_server, probed_server, probing_client, probed_client}) {
        session s = make();
        BOOST_TEST((s.deadline() == start + 10s));
        BOOST_TEST(s.handle_deadline(start + 10s - 1ns) == nothing);
        BOOST_TEST(s.handle_deadline(start + 10s) == list(drop_candidate{}));
        BOOST_TEST(s.is_open());
        BOOST_TEST(!s.upgrading());
        BOOST_TEST((s.link() == transport_kind::polling));
        BOOST_TEST(s.handle_candidate_end(start + 10s) == nothing);
        BOOST_TEST((*s.deadline() > start + 10s));
    }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_candidate_leaves_the_session_alone_U07)
{
    for (auto* make : {probing_server, probed_server, probing_client, probed_client}) {
        session s = make();
        BOOST_TEST(s.handle_candidate_end(start + 1s) == list(drop_candidate{}));
        BOOST_TEST(s.is_open());
        BOOST_TEST(!s.upgrading());
        BOOST_TEST((s.link() == transport_kind::polling));
        BOOST_TEST(s.can_upgrade());
    }
    session s = server();
    BOOST_TEST(s.handle_candidate_end(start) == nothing);
    BOOST_TEST(s.handle_probe(probe_ping, start) == nothing);
    BOOST_TEST(s.is_open());
}

BOOST_AUTO_TEST_CASE(one_upgrade_at_a_time_and_only_one_UP_7_U06)
{
    session s = server();
    BOOST_TEST(s.handle_candidate(start) == nothing);
    BOOST_TEST(s.handle_candidate(start + 1s) == list(drop_candidate{}));
    BOOST_TEST(s.handle_probe(probe_ping, start + 2s) == list(answer_probe{}));
    BOOST_TEST(s.handle_candidate(start + 3s) == list(drop_candidate{}));
    BOOST_TEST((s.deadline() == start + 10s));
    BOOST_TEST(s.handle_probe(upgrade, start + 4s) == list(adopt_candidate{}));
    BOOST_TEST(s.handle_candidate(start + 5s) == list(drop_candidate{}));
    BOOST_TEST(s.is_open());
}

BOOST_AUTO_TEST_CASE(who_cannot_upgrade)
{
    for (session s :
         {server(transport_kind::websocket),
          server(transport_kind::loopback),
          client(transport_kind::websocket),
          opening_client(),
          session{no_upgrades, role::server, transport_kind::polling, start}}) {
        BOOST_TEST(!s.can_upgrade());
        BOOST_TEST(s.handle_candidate(start) == list(drop_candidate{}));
        BOOST_TEST(s.handle_probe(probe_ping, start) == nothing);
        BOOST_TEST(!s.is_closed());
    }
}

BOOST_AUTO_TEST_CASE(only_a_client_that_was_answered_reports_a_paused_link)
{
    for (auto* make : {probing_server, probed_server, probing_client}) {
        session s = make();
        BOOST_TEST(s.handle_link_paused(start) == nothing);
        BOOST_TEST((s.link() == transport_kind::polling));
        BOOST_TEST((s.deadline() == start + 10s));
    }
}

BOOST_AUTO_TEST_CASE(a_ping_that_falls_due_before_the_probe_goes_out_UP_13)
{
    session s = server();
    BOOST_TEST(s.handle_candidate(start + 20s) == nothing);
    BOOST_TEST((s.deadline() == start + 25s));
    BOOST_TEST(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    BOOST_TEST((s.deadline() == start + 30s));
    // The PONG comes by the old link, after the probe (E12).
    BOOST_TEST(s.handle_probe(probe_ping, start + 26s) == list(answer_probe{}));
    BOOST_TEST(s.handle_packet(pong, start + 27s) == nothing);
    BOOST_TEST((s.round_trip_time() == 2s));
    BOOST_TEST(s.handle_probe(upgrade, start + 28s) == list(adopt_candidate{}));
    BOOST_TEST((s.deadline() == start + 52s));
}

BOOST_AUTO_TEST_CASE(a_ping_that_falls_due_after_the_probe_waits_for_the_outcome_UP_13)
{
    const transmit due{packet_type::ping};
    session adopted = holding_ping();
    BOOST_TEST((adopted.deadline() == start + 30s));
    BOOST_TEST(adopted.handle_deadline(start + 26s) == nothing);
    BOOST_TEST(adopted.handle_packet(pong, start + 26s) == nothing);
    BOOST_TEST(adopted.handle_probe(upgrade, start + 27s) == list(adopt_candidate{}, due));
    BOOST_TEST((adopted.deadline() == start + 47s + 1ns));
    BOOST_TEST(adopted.handle_packet(pong, start + 28s) == nothing);
    BOOST_TEST((adopted.deadline() == start + 53s));

    session broken = holding_ping();
    BOOST_TEST(broken.handle_probe(pong, start + 27s) == list(drop_candidate{}, due));
    BOOST_TEST((broken.deadline() == start + 47s + 1ns));

    session lost = holding_ping();
    BOOST_TEST(lost.handle_candidate_end(start + 27s) == list(drop_candidate{}, due));

    session silent = holding_ping();
    BOOST_TEST(silent.handle_deadline(start + 30s) == list(drop_candidate{}, due));
    BOOST_TEST((silent.deadline() == start + 50s + 1ns));
}

BOOST_AUTO_TEST_CASE(the_ping_timeout_fires_in_mid_upgrade_U12)
{
    session s = awaiting_pong();
    BOOST_TEST(s.handle_candidate(start + 40s) == nothing);
    BOOST_TEST(s.handle_probe(probe_ping, start + 40s) == list(answer_probe{}));
    BOOST_TEST((s.deadline() == start + 45s + 1ns));
    BOOST_TEST(s.handle_deadline(start + 45s + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(upgrades_without_end_keep_no_dead_peer_alive_A46)
{
    session s = holding_ping();
    BOOST_TEST(
        s.handle_deadline(start + 30s) == list(drop_candidate{}, transmit{packet_type::ping})
    );
    for (const auto at : {31s, 41s}) {
        BOOST_TEST(s.handle_candidate(start + at) == nothing);
        BOOST_TEST(s.handle_probe(probe_ping, start + at) == list(answer_probe{}));
        const actions last = s.handle_deadline(*s.deadline());
        BOOST_TEST(
            last == (at == 31s ? list(drop_candidate{}) : ends(close_reason::ping_timeout))
        );
    }
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(deadlines_that_pass_together_are_handled_one_by_one)
{
    session s = awaiting_pong();
    BOOST_TEST(s.handle_candidate(start + 30s) == nothing);
    BOOST_TEST(s.handle_deadline(start + 60s) == list(drop_candidate{}));
    BOOST_TEST((*s.deadline() <= start + 60s));
    BOOST_TEST(s.handle_deadline(start + 60s) == ends(close_reason::ping_timeout));
}

BOOST_AUTO_TEST_SUITE_END()
