// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md POLL-11 and HB-1..5; reliability.md E09..E11, R: who does not answer in time is gone.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view plain = "/socket.io/?EIO=4&transport=websocket";

const strings nothing;

struct fixture
{
    ~fixture() { server.check_bystander(); }

    raw_server server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(close_heartbeat)

BOOST_DATA_TEST_CASE(a_polling_client_without_pong_is_gone_after_45_seconds_poll_11, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    session.begin_poll();
    server.pass(24999ms);
    CHECK(session.end_poll() == "");
    server.pass(1ms);
    CHECK(session.end_poll() == "2");
    session.begin_poll();
    server.pass(20s);
    CHECK(session.end_poll() == "");
    CHECK(server.log().events == nothing);
    server.pass(1ms);
    CHECK(session.end_poll() == "1");
    CHECK(server.log().events == strings{"close ping timeout"});
    CHECK(server.sessions() == 0);
    CHECK(server.ask("GET", session.target()).body == sid_unknown);
    server.check_bystander();
}

BOOST_DATA_TEST_CASE(a_websocket_client_without_pong_is_gone_after_45_seconds_hb_1, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_websocket session{server.world, server.http, plain, sample};
    static_cast<void>(session.take());
    server.pass(24999ms);
    CHECK(session.take() == nothing);
    server.pass(1ms);
    CHECK(session.take() == strings{"2"});
    server.pass(20s);
    CHECK(session.take() == nothing);
    server.pass(1ms);
    CHECK(session.take() == strings{"close 1005"});
    CHECK(server.log().events == strings{"close ping timeout"});
    server.pass(5s);  // the client says nothing, so the stream is cut
    CHECK(session.wire().ended());
    CHECK(server.sessions() == 0);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_client_that_vanished_is_gone_too, fixture)
{
    raw_poller session{server};  // never polls
    server.pass(45s);
    CHECK(server.sessions() == 1);
    server.pass(1ms);
    CHECK(server.log().events == strings{"close ping timeout"});
    server.pass(5s);
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(the_next_ping_comes_an_interval_after_the_pong_poll_11, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    server.pass(25s);
    CHECK(session.end_poll() == "2");
    session.begin_poll();
    server.pass(7s);
    CHECK(session.post("3").body == "ok");
    server.pass(24999ms);
    CHECK(session.end_poll() == "");
    server.pass(1ms);
    CHECK(session.end_poll() == "2");
}

BOOST_FIXTURE_TEST_CASE(a_pong_at_the_deadline_is_in_time_e09_e10, fixture)
{
    raw_poller polling{server};
    raw_websocket socket{server.world, server.http, plain};
    static_cast<void>(socket.take());
    for (int i = 0; i < 5; ++i) {
        polling.begin_poll();
        server.pass(25s);
        CHECK(polling.end_poll() == "2");
        CHECK(socket.take() == strings{"2"});
        server.pass(20s);
        CHECK(polling.post("3").body == "ok");
        socket.text("3");
    }
    CHECK(server.sessions() == 2);
    socket.text("4alive");
    CHECK(socket.take() == strings{"4alive"});
    CHECK(polling.post("4alive").body == "ok");
    CHECK(polling.poll() == "4alive");
}

BOOST_FIXTURE_TEST_CASE(data_is_no_pong_hb_3_e11, fixture)
{
    raw_poller polling{server};
    raw_websocket socket{server.world, server.http, plain};
    static_cast<void>(socket.take());
    server.echo = false;
    for (int second = 0; second < 45; ++second) {
        CHECK(polling.post("4data").body == "ok");
        socket.text("4data");
        if (second == 25)
            CHECK(polling.poll() == "2");
        server.pass(1s);
    }
    CHECK(server.sessions() == 2);
    server.pass(1ms);
    CHECK(server.log(0).events.back() == "close ping timeout");
    CHECK(server.log(1).events.back() == "close ping timeout");
    CHECK(polling.poll() == "1");
    CHECK((socket.take() == strings{"2", "close 1005"}));
    server.pass(5s);
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(the_payload_of_a_pong_does_not_matter_hb_5, fixture)
{
    raw_websocket socket{server.world, server.http, plain};
    static_cast<void>(socket.take());
    server.pass(25s);
    CHECK(socket.take() == strings{"2"});
    socket.text("3whatever");
    server.pass(21s);
    CHECK(server.sessions() == 1);
    server.pass(4s);
    CHECK(socket.take() == strings{"2"});
}

BOOST_AUTO_TEST_CASE(the_intervals_are_options)
{
    raw_server server{{.ping_interval = 300ms, .ping_timeout = 200ms, .allow_websocket = false}};
    raw_poller session{server};
    session.begin_poll();
    server.pass(300ms);
    CHECK(session.end_poll() == "2");
    session.begin_poll();
    server.pass(200ms);
    CHECK(session.end_poll() == "");
    server.pass(1ms);
    CHECK(session.end_poll() == "1");
}

BOOST_FIXTURE_TEST_CASE(a_thousand_sessions_time_out_together, fixture)
{
    std::vector<raw_poller> sessions;
    for (int i = 0; i < 1'000; ++i) {
        sessions.emplace_back(server);
        sessions.back().polling->cut();
    }
    CHECK(server.sessions() == 1'000);
    server.pass(51s);
    CHECK(server.sessions() == 0);
    CHECK(server.http.connection_count() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
