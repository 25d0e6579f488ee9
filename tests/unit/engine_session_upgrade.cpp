// SPDX-License-Identifier: BSL-1.0
#include "engine_session_support.hpp"

using namespace cosio;
using namespace cosio::engine;
using namespace cosio::engine::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(engine_session_upgrade)

BOOST_AUTO_TEST_CASE(the_server_is_probed_and_adopts_UP_1)
{
    session s = server();
    CHECK(s.can_upgrade());
    CHECK(s.handle_candidate(start + 1s) == nothing);
    CHECK(!s.upgrading());
    CHECK((s.deadline() == start + 11s));
    CHECK(s.handle_probe(probe_ping, start + 2s) == list(answer_probe{}));
    CHECK(s.upgrading());
    CHECK((s.deadline() == start + 2s + 100ms));
    CHECK(s.handle_probe(upgrade, start + 3s) == list(adopt_candidate{}));
    CHECK(!s.upgrading());
    CHECK((s.link() == transport_kind::websocket));
    CHECK((s.deadline() == start + 25s));
    CHECK(s.handle_packet(text(packet_type::message, "x"), start + 4s) == delivers("x"));
    CHECK(
        s.handle_packet(text(packet_type::close), start + 4s) == ends(close_reason::transport_close)
    );
}

BOOST_AUTO_TEST_CASE(the_client_probes_pauses_and_adopts_UP_1)
{
    session s = client();
    CHECK(s.can_upgrade());
    CHECK(s.handle_candidate(start + 1s) == list(send_probe{}));
    CHECK(!s.upgrading());
    CHECK((s.deadline() == start + 11s));
    CHECK(s.handle_probe(probe_pong, start + 2s) == list(pause_link{}));
    CHECK(s.upgrading());
    CHECK(s.handle_packet(text(packet_type::noop), start + 3s) == nothing);
    CHECK(s.handle_packet(ping, start + 3s) == list(transmit{packet_type::pong}));
    CHECK(s.handle_link_paused(start + 4s) == list(adopt_candidate{}));
    CHECK(!s.upgrading());
    CHECK((s.link() == transport_kind::websocket));
    CHECK((s.deadline() == start + 48s + 1ns));
    CHECK(s.handle_link_paused(start + 4s) == nothing);
}

BOOST_AUTO_TEST_CASE(upgrade_without_a_probe_closes_the_candidate_UP_4_U04)
{
    session s = probing_server();
    CHECK(s.handle_probe(upgrade, start) == list(drop_candidate{}));
    CHECK(s.is_open());
    CHECK((s.link() == transport_kind::polling));
    CHECK(s.handle_probe(upgrade, start) == nothing);
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
        {probing_server, never},
        {probed_server, never},
        {probing_client, never},
        {probed_client, never}
    };
    rows[0].wrong.insert(rows[0].wrong.end(), {probe_pong, upgrade});
    rows[1].wrong.insert(rows[1].wrong.end(), {probe_pong, probe_ping});
    rows[2].wrong.insert(rows[2].wrong.end(), {probe_ping, upgrade});
    rows[3].wrong.insert(rows[3].wrong.end(), {probe_ping, probe_pong, upgrade});
    for (const row& one : rows) {
        for (const packet_view& packet : one.wrong) {
            session s = one.make();
            CHECK(s.handle_probe(packet, start + 1s) == list(drop_candidate{}));
            CHECK(s.is_open());
            CHECK(!s.upgrading());
            CHECK((s.link() == transport_kind::polling));
            CHECK(s.handle_probe(packet, start + 1s) == nothing);
            CHECK(s.handle_link_paused(start + 1s) == nothing);
            CHECK(s.can_upgrade());
        }
    }
}

BOOST_AUTO_TEST_CASE(polls_are_released_a_hundred_times_in_an_upgrade_UP_3_U02)
{
    session s = probed_server();
    CHECK((s.deadline() == start + 100ms));
    CHECK(s.handle_deadline(start + 100ms - 1ns) == nothing);
    CHECK(s.handle_deadline(start + 100ms) == list(release_poll{}));
    CHECK(s.handle_deadline(start + 100ms) == nothing);
    CHECK((s.deadline() == start + 200ms));
    // One serves for all that were missed.
    CHECK(s.handle_deadline(start + 930ms) == list(release_poll{}));
    CHECK((s.deadline() == start + 1s));
    int releases = 0;
    while (s.handle_deadline(*s.deadline()) == list(release_poll{}))
        ++releases;
    CHECK(releases == 90);
    CHECK(!s.upgrading());
    CHECK((s.deadline() == start + 25s));
}

BOOST_AUTO_TEST_CASE(time_passes_between_releases_however_short_an_upgrade_may_be_UP_3)
{
    static constexpr session_config hasty{.upgrade_timeout = 50ns};
    session s{hasty, role::server, transport_kind::polling, start};
    CHECK(s.handle_candidate(start) == nothing);
    CHECK(s.handle_probe(probe_ping, start) == list(answer_probe{}));
    CHECK((s.deadline() == start + 1ns));
    CHECK(s.handle_deadline(start + 1ns) == list(release_poll{}));
    CHECK((s.deadline() == start + 2ns));
    CHECK(s.handle_deadline(start + 50ns) == list(drop_candidate{}));
}

BOOST_AUTO_TEST_CASE(the_upgrade_timeout_closes_only_the_candidate_UP_6_U03)
{
    for (auto* make : {probing_server, probed_server, probing_client, probed_client}) {
        session s = make();
        CHECK((s.deadline() <= start + 10s));
        CHECK(fire(s, start + 10s - 1ns) == nothing);
        CHECK((s.deadline() == start + 10s));
        CHECK(s.handle_deadline(start + 10s) == list(drop_candidate{}));
        CHECK(s.is_open());
        CHECK(!s.upgrading());
        CHECK((s.link() == transport_kind::polling));
        CHECK(s.handle_candidate_end(start + 10s) == nothing);
        CHECK((*s.deadline() > start + 10s));
    }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_candidate_leaves_the_session_alone_U07)
{
    for (auto* make : {probing_server, probed_server, probing_client, probed_client}) {
        session s = make();
        CHECK(s.handle_candidate_end(start + 1s) == list(drop_candidate{}));
        CHECK(s.is_open());
        CHECK(!s.upgrading());
        CHECK((s.link() == transport_kind::polling));
        CHECK(s.can_upgrade());
    }
    session s = server();
    CHECK(s.handle_candidate_end(start) == nothing);
    CHECK(s.handle_probe(probe_ping, start) == nothing);
    CHECK(s.is_open());
}

BOOST_AUTO_TEST_CASE(a_close_waits_for_the_link_that_a_probed_client_uses_next_UP_11_U11)
{
    using enum close_reason;
    session adopts = probed_server();
    CHECK(adopts.close(forced_close) == ends(forced_close));
    CHECK(adopts.is_closed());
    CHECK(adopts.upgrading());
    CHECK(adopts.handle_probe(upgrade, start + 1s) == list(adopt_candidate{}));
    check_closed(adopts);

    session loses = probed_server();
    CHECK(loses.close(forced_close) == ends(forced_close));
    CHECK(loses.handle_candidate_end(start + 1s) == list(drop_candidate{}));
    check_closed(loses);

    session errs = probed_server();
    CHECK(errs.close(forced_close) == ends(forced_close));
    CHECK(errs.handle_probe(probe_ping, start + 1s) == list(drop_candidate{}));
    check_closed(errs);

    // Who was not answered yet still polls, and a lost link takes all along.
    session probing = probing_server();
    CHECK(probing.close(forced_close) == ends(forced_close));
    check_closed(probing);
    session lost = probed_server();
    CHECK(lost.handle_link_end({}) == ends(transport_close));
    check_closed(lost);
}

BOOST_AUTO_TEST_CASE(one_upgrade_at_a_time_and_only_one_UP_7_U06)
{
    session s = server();
    CHECK(s.handle_candidate(start) == nothing);
    CHECK(s.handle_candidate(start + 1s) == list(drop_candidate{}));
    CHECK(s.handle_probe(probe_ping, start + 2s) == list(answer_probe{}));
    CHECK(s.handle_candidate(start + 3s) == list(drop_candidate{}));
    CHECK(fire(s, start + 10s - 1ns) == nothing);
    CHECK((s.deadline() == start + 10s));
    CHECK(s.handle_probe(upgrade, start + 4s) == list(adopt_candidate{}));
    CHECK(s.handle_candidate(start + 5s) == list(drop_candidate{}));
    CHECK(s.is_open());
}

BOOST_AUTO_TEST_CASE(who_cannot_upgrade)
{
    for (session s :
         {server(transport_kind::websocket),
          server(transport_kind::loopback),
          client(transport_kind::websocket),
          opening_client(),
          session{no_upgrades, role::server, transport_kind::polling, start}}) {
        CHECK(!s.can_upgrade());
        CHECK(s.handle_candidate(start) == list(drop_candidate{}));
        CHECK(s.handle_probe(probe_ping, start) == nothing);
        CHECK(!s.is_closed());
    }
}

BOOST_AUTO_TEST_CASE(only_a_client_that_was_answered_reports_a_paused_link)
{
    for (auto* make : {probing_server, probed_server, probing_client}) {
        session s = make();
        CHECK(s.handle_link_paused(start) == nothing);
        CHECK((s.link() == transport_kind::polling));
        CHECK((s.deadline() <= start + 10s));
    }
}

BOOST_AUTO_TEST_CASE(a_ping_that_falls_due_before_the_probe_goes_out_UP_13)
{
    session s = server();
    CHECK(s.handle_candidate(start + 20s) == nothing);
    CHECK((s.deadline() == start + 25s));
    CHECK(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    CHECK((s.deadline() == start + 30s));
    // The PONG comes by the old link, after the probe (E12).
    CHECK(s.handle_probe(probe_ping, start + 26s) == list(answer_probe{}));
    CHECK(s.handle_packet(pong, start + 27s) == nothing);
    CHECK((s.round_trip_time() == 2s));
    CHECK(s.handle_probe(upgrade, start + 28s) == list(adopt_candidate{}));
    CHECK((s.deadline() == start + 52s));
}

BOOST_AUTO_TEST_CASE(a_ping_that_falls_due_after_the_probe_waits_for_the_outcome_UP_13)
{
    const transmit due{packet_type::ping};
    session adopted = holding_ping();
    CHECK((adopted.deadline() == start + 25s + 100ms));
    CHECK(fire(adopted, start + 26s) == nothing);
    CHECK(adopted.handle_packet(pong, start + 26s) == nothing);
    CHECK(adopted.handle_probe(upgrade, start + 27s) == list(adopt_candidate{}, due));
    CHECK((adopted.deadline() == start + 47s + 1ns));
    CHECK(adopted.handle_packet(pong, start + 28s) == nothing);
    CHECK((adopted.deadline() == start + 53s));

    session broken = holding_ping();
    CHECK(broken.handle_probe(pong, start + 27s) == list(drop_candidate{}, due));
    CHECK((broken.deadline() == start + 47s + 1ns));

    session lost = holding_ping();
    CHECK(lost.handle_candidate_end(start + 27s) == list(drop_candidate{}, due));

    session silent = holding_ping();
    CHECK(silent.handle_deadline(start + 30s) == list(drop_candidate{}, due));
    CHECK((silent.deadline() == start + 50s + 1ns));
}

BOOST_AUTO_TEST_CASE(the_ping_timeout_fires_in_mid_upgrade_U12)
{
    session s = awaiting_pong();
    CHECK(s.handle_candidate(start + 40s) == nothing);
    CHECK(s.handle_probe(probe_ping, start + 40s) == list(answer_probe{}));
    CHECK(fire(s, start + 45s) == nothing);
    CHECK((s.deadline() == start + 45s + 1ns));
    CHECK(s.handle_deadline(start + 45s + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(upgrades_without_end_keep_no_dead_peer_alive_A46)
{
    session s = holding_ping();
    CHECK(s.handle_deadline(start + 30s) == list(drop_candidate{}, transmit{packet_type::ping}));
    for (const auto at : {31s, 41s}) {
        CHECK(s.handle_candidate(start + at) == nothing);
        CHECK(s.handle_probe(probe_ping, start + at) == list(answer_probe{}));
        const bool again = at == 31s;
        const actions last = fire(s, start + (again ? 41s : 50s + 1ns));
        CHECK(last == (again ? list(drop_candidate{}) : ends(close_reason::ping_timeout)));
    }
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(deadlines_that_pass_together_are_handled_one_by_one)
{
    session s = awaiting_pong();
    CHECK(s.handle_candidate(start + 30s) == nothing);
    CHECK(s.handle_deadline(start + 45s + 1ns) == list(drop_candidate{}));
    CHECK((*s.deadline() <= start + 45s + 1ns));
    CHECK(s.handle_deadline(start + 45s + 1ns) == ends(close_reason::ping_timeout));
}

BOOST_AUTO_TEST_SUITE_END()
