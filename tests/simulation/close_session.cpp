// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/json.hpp>

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md POLL-14, POLL-15, CL-1..3: goodbyes from either side, and what is flushed before.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view polling = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/socket.io/?EIO=4&transport=websocket";

struct fixture
{
    ~fixture() { server.check_bystander(); }

    void close() const
    {
        server.log().peer->close(close_reason::forced_close);
        server.world.run();
    }

    void check_gone(raw_poller& session, const string& reason)
    {
        CHECK(server.sessions() == 0);
        CHECK(server.log().events.back() == "close " + reason);
        CHECK(std::ranges::count_if(server.log().events, [](const string& event) {
                  return event.starts_with("close");
              }) == 1);
        CHECK(server.ask("GET", session.target()).body == sid_unknown);
        CHECK(server.ask("POST", session.target(), "4abc").body == sid_unknown);
    }

    mutable raw_server server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(close_session)

BOOST_DATA_TEST_CASE(a_client_says_goodbye_by_polling_poll_14_p15, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    session.begin_poll();
    CHECK(session.post("1").body == "ok");
    CHECK(session.end_poll() == "6");
    CHECK(server.log().events == strings{"close transport close"});
    CHECK(server.sessions() == 0);
    CHECK(server.ask("GET", session.target()).body == sid_unknown);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_client_says_goodbye_without_a_poll_poll_14, fixture)
{
    raw_poller session{server};
    CHECK(session.post("4unread").body == "ok");
    CHECK(session.post("1").body == "ok");
    check_gone(session, "transport close");
}

BOOST_FIXTURE_TEST_CASE(packets_before_a_goodbye_count_p15, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    CHECK(
        session
            .post("4a\x1e"
                  "4b\x1e"
                  "1\x1e"
                  "4c")
            .body == "ok"
    );
    CHECK(records(session.end_poll()).back() == "6");
    CHECK((server.log().events == strings{"text a", "text b", "close transport close"}));
    check_gone(session, "transport close");
}

BOOST_DATA_TEST_CASE(a_server_closes_with_a_pending_poll_cl_1, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    session.begin_poll();
    server.log().peer->close(close_reason::forced_close);
    CHECK(session.end_poll() == "1");
    CHECK(server.log().events == strings{"close forced close"});
    CHECK(server.sessions() == 0);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_server_closes_without_a_pending_poll_poll_15, fixture)
{
    raw_poller session{server};
    close();
    CHECK(server.log().events == strings{"close forced close"});
    CHECK(server.ask("POST", session.target(), "4abc").body == sid_unknown);
    server.pass(4999ms);
    CHECK(session.poll() == "1");
    check_gone(session, "forced close");
}

BOOST_FIXTURE_TEST_CASE(a_server_does_not_wait_for_ever_for_that_poll_poll_15, fixture)
{
    raw_poller session{server};
    close();
    server.pass(4999ms);
    CHECK(server.sessions() == 1);
    server.pass(1ms);
    check_gone(session, "forced close");
}

BOOST_FIXTURE_TEST_CASE(what_is_queued_is_flushed_before_the_goodbye_cl_2, fixture)
{
    raw_poller session{server};
    server.log().peer->send(make_text_frame("4one"));
    server.log().peer->send(make_text_frame("4two"));
    close();
    CHECK((records(session.poll()) == strings{"4one", "4two"}));
    CHECK(session.poll() == "1");
    check_gone(session, "forced close");
}

BOOST_FIXTURE_TEST_CASE(what_is_sent_with_a_pending_poll_is_flushed_before_cl_2, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    server.log().peer->send(make_text_frame("4one"));
    close();
    CHECK(session.end_poll() == "4one");
    CHECK(session.poll() == "1");
    check_gone(session, "forced close");
}

BOOST_FIXTURE_TEST_CASE(what_was_not_fetched_in_time_is_lost_cl_2, fixture)
{
    raw_poller session{server};
    server.log().peer->send(make_text_frame("4one"));
    close();
    server.pass(5s);
    check_gone(session, "forced close");
}

BOOST_FIXTURE_TEST_CASE(a_closed_session_sends_and_receives_nothing, fixture)
{
    raw_poller session{server};
    session.begin_post(4, "4a");
    const auto peer = server.log().peer;
    close();
    CHECK((peer->send(make_text_frame("4late")) == send_status::closed));
    peer->close(close_reason::server_shutting_down);
    session.more_post("bc");
    CHECK(session.posting->answer().body == "ok");
    CHECK(session.poll() == "1");
    CHECK(server.log().events == strings{"close forced close"});
    check_gone(session, "forced close");
}

BOOST_DATA_TEST_CASE(a_server_closes_a_websocket_cl_1_cl_2, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_websocket session{server.world, server.http, websocket, sample};
    static_cast<void>(session.take());
    const auto peer = server.log().peer;
    const string large = "4" + string(30'000, 'x');
    peer->send(make_text_frame("4one"));
    peer->send(make_text_frame(large));
    peer->close(close_reason::forced_close);
    CHECK((session.take() == strings{"4one", large, "close 1005"}));
    CHECK(server.log().events == strings{"close forced close"});
    session.text("4late");
    session.goodbye(1005);
    CHECK(session.wire().ended());
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close forced close"});
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(every_session_ends_when_the_server_closes_cl_3, fixture)
{
    raw_server all;
    raw_poller waiting{all};
    raw_poller absent{all};
    raw_websocket socket{all.world, all.http, websocket};
    static_cast<void>(socket.take());
    waiting.begin_poll();
    all.engine.close(close_reason::server_shutting_down);
    all.http.close();
    CHECK(waiting.end_poll() == "1");
    CHECK(socket.take() == strings{"close 1005"});
    socket.goodbye(1005);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(all.log(i).events == strings{"close server shutting down"});
    all.world.run_for(5s);
    CHECK(all.engine.session_count() == 0);
    all.world.run_for(2s);
    CHECK(all.http.connection_count() == 0);
}

BOOST_AUTO_TEST_CASE(every_socket_ends_when_socket_io_closes_cl_3)
{
    simulation world;
    json_server io{world.home()};
    strings reasons;
    io.on_connection([&](const json_socket& socket) {
        socket.on_disconnect([&](close_reason why) { reasons.emplace_back(to_string(why)); });
    });
    http_server http{world.home(), {&io.engine()}, {}};
    raw_websocket session{world, http, websocket};
    static_cast<void>(session.take());
    session.text("40");
    CHECK(session.take().at(0).starts_with("40{\"sid\":\""));
    io.close();
    CHECK(session.take().back() == "close 1005");
    CHECK(reasons == strings{"server shutting down"});
    raw_client late{world, http};
    CHECK(late.ask("GET", polling).status == 503);
}

BOOST_AUTO_TEST_CASE(socket_io_refuses_an_empty_message_e01_e06)
{
    simulation world;
    json_server io{world.home()};
    strings reasons;
    io.on_connection([&](const json_socket& socket) {
        socket.on_disconnect([&](close_reason why) { reasons.emplace_back(to_string(why)); });
    });
    http_server http{world.home(), {&io.engine()}, {}};
    const auto closes = [&](auto send) {
        raw_websocket session{world, http, websocket};
        static_cast<void>(session.take());
        session.text("40");
        CHECK(session.take().size() == 1);
        send(session);
        CHECK(session.take() == strings{"close 1005"});
        CHECK(std::exchange(reasons, {}) == strings{"forced close"});
    };
    closes([](raw_websocket& session) { session.text("4"); });
    closes([](raw_websocket& session) { session.binary(""); });  // none is awaited
    closes([](raw_websocket& session) { session.text("bAQID"); });
    closes([](raw_websocket& session) { session.text("42[\"a\"\x1e]"); });  // E08
}

BOOST_AUTO_TEST_CASE(a_world_may_end_with_everything_under_way)
{
    raw_server server;
    raw_poller waiting{server};
    waiting.begin_poll();
    raw_poller uploading{server};
    uploading.begin_post(10, "4abc");
    raw_poller upgrading{server};
    raw_websocket candidate = upgrading.open_websocket();
    candidate.text("2probe");
    upgrading.begin_post(10, "4abc");
    candidate.text("5");
    raw_websocket socket{server.world, server.http, websocket};
    socket.wire().send("\x81");
    raw_poller closing{server};
    server.log(3).peer->send(make_text_frame("4queued"));
    CHECK(server.sessions() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
