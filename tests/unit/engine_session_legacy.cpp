// SPDX-License-Identifier: BSL-1.0
#include "engine_session_support.hpp"

// features.md 3.10: the heartbeat of the third revision, where the client pings.

using namespace cosio;
using namespace cosio::engine;
using namespace cosio::engine::test;
using namespace std::chrono_literals;

namespace {

session legacy_server(transport_kind link = transport_kind::polling)
{
    session s = server(link);
    s.speak(revision::v3, start);
    return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_session_legacy)

BOOST_AUTO_TEST_CASE(V3_6_a_PING_is_answered_and_puts_the_end_off)
{
    session s = legacy_server();
    CHECK((s.protocol() == revision::v3));
    CHECK((s.deadline() == start + 45s + 1ns));
    CHECK(arrive(s, ping, start + 25s) == list(transmit{packet_type::pong}));
    CHECK((s.deadline() == start + 70s + 1ns));
    CHECK(
        arrive(s, text(packet_type::ping, "x"), start + 70s) == list(transmit{packet_type::pong})
    );
    CHECK((s.deadline() == start + 115s + 1ns));
    CHECK((s.round_trip_time() == 0s));
}

BOOST_AUTO_TEST_CASE(V3_6_the_server_sends_no_PING)
{
    session s = legacy_server(transport_kind::websocket);
    for (auto at = 1s; at <= 45s; ++at)
        CHECK(s.handle_deadline(start + at) == nothing);
    CHECK(s.handle_deadline(start + 45s + 1ns) == ends(close_reason::ping_timeout));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(V3_6_data_does_not_stand_for_a_PING)
{
    session s = legacy_server();
    CHECK(arrive(s, text(packet_type::message, "x"), start + 45s) == delivers("x"));
    CHECK(
        arrive(s, text(packet_type::message, "x"), start + 45s + 1ns) ==
        ends(close_reason::ping_timeout)
    );
}

BOOST_AUTO_TEST_CASE(V3_6_a_PONG_goes_the_wrong_way)
{
    session s = legacy_server();
    CHECK(arrive(s, pong, start + 1s) == ends(close_reason::transport_error));
    check_closed(s);
}

BOOST_AUTO_TEST_CASE(V3_6_an_upgrade_does_not_stop_the_heartbeat)
{
    session s = legacy_server();
    CHECK(s.handle_candidate(start + 40s) == nothing);
    CHECK(s.handle_probe(probe_ping, start + 40s) == list(answer_probe{}));
    CHECK(fire(s, start + 44s) == nothing);
    CHECK(s.handle_probe(upgrade, start + 45s) == list(adopt_candidate{}));
    CHECK(arrive(s, ping, start + 45s) == list(transmit{packet_type::pong}));
    CHECK((s.deadline() == start + 90s + 1ns));
}

BOOST_AUTO_TEST_SUITE_END()
