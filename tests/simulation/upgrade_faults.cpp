// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.4, the upgrade that fails: UP-4..7, 11; reliability.md U03..U07, U11..U14.

using namespace cosio;
using namespace cosio::test;

namespace {

const strings nothing;

// A bare Engine.IO application that throws when it hears "message", and may refuse sessions by throwing.
struct application
{
    struct handler final : engine::peer_handler
    {
        void on_message(frame_kind, bytes_view payload) override
        {
            if (as_text(payload) == "message")
                throw std::runtime_error{"on_message"};
        }

        void on_close(close_reason) override {}
    };

    explicit application(simulation& world)
    {
        engine_options options;
        options.log = {
            .level = log_level::error,
            .write = [this](log_level, std::string_view text) { told.emplace_back(text); }
        };
        engine.emplace(world.home(), options, [this](engine::peer&, const http_request&) {
            if (refuses)
                throw std::runtime_error{"factory"};
            return std::make_unique<handler>();
        });
        http.emplace(world.home(), std::vector<engine_host*>{&*engine}, http_options{});
    }

    bool refuses = false;
    strings told;
    std::optional<engine::server> engine;
    std::optional<http_server> http;
};

struct fixture
{
    explicit fixture(engine_options options = {}) : server{std::move(options)} {}

    ~fixture() { server.check_bystander(); }

    // The session polls as before, and may try again to upgrade.
    void check_polls()
    {
        CHECK(session.post("4still polling").body == "ok");
        CHECK(session.poll() == "4still polling");
        CHECK(server.log().events.back() == "text still polling");
        CHECK(server.sessions() == 1);
    }

    void check_closed(raw_websocket& socket, const strings& before = {})
    {
        strings expected = before;
        expected.push_back("close 1005");
        CHECK(socket.take() == expected);
        socket.goodbye(1005);
        CHECK(socket.wire().ended());
    }

    void check_upgrades()
    {
        raw_websocket socket = session.open_websocket();
        socket.text("2probe");
        socket.text("5");
        socket.text("4moved");
        CHECK((socket.take() == strings{"3probe", "4moved"}));
        CHECK(server.log().events.back() == "text moved");
    }

    raw_server server;
    raw_poller session{server};
};

const std::vector<string> wrong_packets{
    "5",  // UP-4, U04: no probe before
    "2",
    "2x",
    "2probes",
    "3probe",
    "4abc",
    "0",
    "1",
    "6",
    "",
    "9",
    "bAQID",
    "5x",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upgrade_faults)

BOOST_DATA_TEST_CASE_F(
    fixture, another_first_packet_closes_the_candidate_up_4_up_5_u04_u05, wrong_packets
)
{
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    socket.text(sample);
    check_closed(socket);
    CHECK(session.end_poll() == "");
    CHECK(session.post("4x").body == "ok");
    CHECK(session.end_poll() == "4x");
    check_polls();
    CHECK((server.log().events == strings{"text x", "text still polling"}));
    check_upgrades();
}

BOOST_DATA_TEST_CASE_F(
    fixture,
    another_second_packet_closes_the_candidate_up_5_u05,
    std::vector<string>({"2probe", "4abc", "5probe", "1", "6", "", "bAQID"})
)
{
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    socket.text(sample);
    check_closed(socket, {"3probe"});
    CHECK(session.end_poll() == "6");
    check_polls();
    CHECK(server.log().events == strings{"text still polling"});
    check_upgrades();
}

BOOST_FIXTURE_TEST_CASE(binary_instead_of_a_probe_closes_the_candidate_u05, fixture)
{
    raw_websocket early = session.open_websocket();
    early.binary("2probe");
    check_closed(early);
    raw_websocket late = session.open_websocket();
    late.text("2probe");
    late.binary("");
    check_closed(late, {"3probe"});
    check_polls();
    check_upgrades();
}

BOOST_FIXTURE_TEST_CASE(a_goodbye_instead_of_a_probe_leaves_the_session_u05, fixture)
{
    raw_websocket early = session.open_websocket();
    early.goodbye(1000);
    CHECK(early.take() == strings{"close 1000"});
    CHECK(early.wire().ended());
    raw_websocket late = session.open_websocket();
    late.text("2probe");
    late.goodbye(1000);
    CHECK((late.take() == strings{"3probe", "close 1000"}));
    check_polls();
    check_upgrades();
}

BOOST_FIXTURE_TEST_CASE(a_broken_frame_closes_the_candidate_only, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.wire().send("\x81\6"
                       "2probe");  // unmasked
    CHECK(socket.take() == strings{"close 1002"});
    check_polls();
    check_upgrades();
}

BOOST_AUTO_TEST_CASE(the_stream_of_the_candidate_may_end_at_every_byte_u07)
{
    fixture world;
    auto& [server, session] = world;
    const string bytes = websocket_request(session.target("websocket")) +
                         websocket_frame(wire::websocket_opcode::text, "2probe") +
                         websocket_frame(wire::websocket_opcode::text, "5");
    server.echo = false;
    unsigned sent = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        for (const bool reset : {false, true}) {
            session.begin_poll();
            raw_client client = server.client();
            client.send(bytes.substr(0, size));
            if (reset)
                client.cut();
            else
                client.finish();
            server.log().peer->send(make_text_frame(fmt::format("4{}", ++sent)));
            server.world.run();
            string body = session.end_poll();
            if (body == "6")
                body = session.poll();
            BOOST_REQUIRE_EQUAL(body, fmt::format("4{}", sent));
        }
    }
    CHECK(server.log().events == nothing);
    server.echo = true;
    world.check_polls();

    // After `5` the WebSocket is the session.
    raw_client client = server.client();
    client.send(bytes);
    client.cut();
    CHECK(server.sessions() == 0);
    CHECK(server.log().events.back() == "close transport close");
}

BOOST_FIXTURE_TEST_CASE(a_candidate_without_probe_times_out_up_6_u03, fixture)
{
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    server.pass(9999ms);
    CHECK(socket.take() == nothing);
    server.pass(1ms);
    check_closed(socket);
    CHECK(session.end_poll() == "");
    server.pass(15s);
    CHECK(session.end_poll() == "2");  // the heartbeat went on
    CHECK(session.post("3").body == "ok");
    check_polls();
    check_upgrades();
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_stops_after_the_probe_times_out_up_6_u03, fixture)
{
    server.pass(20s);
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(session.post("4queued").body == "ok");
    server.pass(9999ms);
    CHECK(session.poll() == "6");
    CHECK(socket.take() == strings{"3probe"});
    server.pass(1ms);
    check_closed(socket);
    // What was queued comes by polling now, and behind it the PING that was due.
    CHECK((records(session.poll()) == strings{"4queued", "2"}));
    CHECK(session.post("3").body == "ok");
    check_polls();
    check_upgrades();
}

BOOST_FIXTURE_TEST_CASE(one_upgrade_at_a_time_up_7_u06, fixture)
{
    raw_websocket first = session.open_websocket();
    raw_websocket second = session.open_websocket();
    check_closed(second);
    first.text("2probe");
    raw_websocket third = session.open_websocket();
    third.text("2probe");
    check_closed(third);
    first.text("5");
    first.text("4first");
    CHECK((first.take() == strings{"3probe", "4first"}));
    raw_websocket fourth = session.open_websocket();
    fourth.text("2probe");
    check_closed(fourth);
    first.text("4mine");
    CHECK(first.take() == strings{"4mine"});
    CHECK(server.sessions() == 1);
    CHECK((server.log().events == strings{"upgrade", "text first", "text mine"}));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_goes_while_upgrading_ends_both_up_11, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(session.post("1").body == "ok");
    CHECK((socket.take() == strings{"3probe", "close 1005"}));
    CHECK(socket.wire().ended());
    CHECK(server.log().events == strings{"close transport close"});
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_close_by_the_server_while_upgrading_ends_both_up_11_u11, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    const auto peer = server.log().peer;
    peer->send(make_text_frame("4one"));
    peer->send(make_text_frame("4two"));
    peer->close(close_reason::forced_server_close);
    server.world.run();
    CHECK(socket.take() == strings{"3probe"});
    // The client goes on to poll: what was queued is flushed there, then both links end.
    CHECK((records(session.poll()) == strings{"4one", "4two"}));
    CHECK(!socket.wire().ended());
    CHECK(session.poll() == "1");
    static_cast<void>(socket.take());
    CHECK(socket.wire().ended());
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close forced server close"});
    CHECK(server.ask("GET", session.target()).body == sid_unknown);
}

// A stock client that was probed polls no more: closing only its polling link would leave it waiting.
BOOST_FIXTURE_TEST_CASE(a_close_between_the_probe_and_the_upgrade_is_heard_up_11_u11, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(socket.take() == strings{"3probe"});
    const auto peer = server.log().peer;
    peer->send(make_text_frame("4one"));
    peer->close(close_reason::forced_close);
    server.world.run();
    CHECK(server.log().events == strings{"close forced close"});
    CHECK(socket.take() == nothing);
    socket.text("5");
    CHECK((socket.take() == strings{"4one", "close 1005"}));
    socket.goodbye();
    CHECK(socket.wire().ended());
    CHECK(server.sessions() == 0);
    CHECK(server.ask("GET", session.target()).body == sid_unknown);
}

BOOST_FIXTURE_TEST_CASE(a_close_between_the_probe_and_silence_ends_both_u11, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    server.log().peer->close(close_reason::forced_close);
    server.pass(5s);
    static_cast<void>(socket.take());
    CHECK(socket.wire().ended());
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_candidate_that_ends_after_a_close_leaves_the_poll_u11, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    server.log().peer->close(close_reason::forced_close);
    socket.wire().cut();
    server.world.run();
    CHECK(session.poll() == "1");
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_ping_timeout_while_upgrading_ends_both_u12, fixture)
{
    server.pass(25s);
    CHECK(session.poll() == "2");
    server.pass(15s);
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    server.pass(5s);
    CHECK(socket.take() == strings{"3probe"});
    server.pass(1ms);
    static_cast<void>(socket.take());
    CHECK(socket.wire().ended());
    CHECK(server.log().events == strings{"close ping timeout"});
    CHECK(session.poll() == "1");
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(an_upgrade_with_another_version_is_refused_u13, fixture)
{
    for (const string eio : {"EIO=3&", "", "EIO=5&"}) {
        raw_client client = server.client();
        client.send(
            websocket_request("/socket.io/?" + eio + "transport=websocket&sid=" + session.sid)
        );
        const raw_answer answer = client.answer();
        CHECK(answer.status == 400);
        CHECK(answer.body == "Bad request");
    }
    check_polls();
}

BOOST_AUTO_TEST_CASE(an_upgrade_that_is_not_allowed_is_refused_u14)
{
    fixture world{{.allow_upgrades = false}};
    raw_client client = world.server.client();
    client.send(websocket_request(world.session.target("websocket")));
    const raw_answer answer = client.answer();
    CHECK(answer.status == 400);
    CHECK(answer.body == "Bad request");
    world.check_polls();
    CHECK(
        raw_websocket(
            world.server.world, world.server.http, "/socket.io/?EIO=4&transport=websocket"
        )
            .handshake()
            .status == 101
    );
}

BOOST_FIXTURE_TEST_CASE(candidates_may_come_and_go_while_an_upload_lasts_up_6_u08, fixture)
{
    session.begin_post(50 * 1'024, "4");
    const auto upload = [&](int seconds) {
        for (; seconds != 0; --seconds) {
            session.more_post(string(1'024, 'x'));
            server.pass(1s);
        }
    };
    raw_websocket first = session.open_websocket();
    first.text("2probe");
    first.text("5");
    upload(10);
    check_closed(first, {"3probe"});
    raw_websocket second = session.open_websocket();
    second.text("2probe");
    second.text("5");
    upload(8);
    CHECK(server.log().events == nothing);
    session.more_post(string(50 * 1'024 - 1 - 18 * 1'024, 'x'));
    CHECK(session.posting->answer().body == "ok");
    CHECK(server.log().events.size() == 2);
    CHECK(server.log().events.back() == "upgrade");
    second.text("4moved");
    CHECK(second.take().back() == "4moved");
}

BOOST_AUTO_TEST_CASE(an_upgrade_waits_while_the_session_has_too_many_handlers_up_8)
{
    fixture world{{.max_running_handlers = 1}};
    auto& [server, session] = world;
    const auto peer = server.log().peer;
    peer->handler_started();
    session.begin_post(2, "4a");
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    socket.text("5");
    socket.text("4b");
    CHECK(server.log().events == nothing);
    peer->handler_ended();
    server.world.run();
    CHECK(session.posting->answer().body == "ok");
    CHECK((server.log().events == strings{"text a", "upgrade", "text b"}));
    CHECK((socket.take() == strings{"3probe", "4a", "4b"}));
}

BOOST_AUTO_TEST_CASE(a_server_destroyed_in_the_middle_of_an_upgrade_leaves_nothing_running)
{
    for (const bool probed : {false, true}) {
        simulation world;
        application app{world};
        raw_client polling{world, *app.http};
        const string sid = sid_of(polling.ask("GET", "/socket.io/?EIO=4&transport=polling").body);
        raw_websocket second{world, *app.http, "/socket.io/?EIO=4&transport=websocket&sid=" + sid};
        if (probed) {
            second.text("2probe");
            CHECK(second.take() == strings{"3probe"});
        }
        app.engine.reset();
        world.run();
        CHECK(second.wire().ended());
        app.http.reset();
        world.run();
        CHECK(polling.ended());
    }
}

BOOST_AUTO_TEST_CASE(an_application_that_throws_loses_that_session_and_says_why)
{
    simulation world;
    application app{world};
    const std::string_view target = "/socket.io/?EIO=4&transport=websocket";
    raw_websocket bad{world, *app.http, target};
    raw_websocket good{world, *app.http, target};
    CHECK(bad.take().size() == 1U);
    CHECK(good.take().size() == 1U);
    bad.text("4message");
    CHECK(bad.take() == strings{"close 1005"});
    CHECK(app.told == strings{"a session's handler threw: on_message"});
    good.text("4upgrade");
    CHECK(good.take() == nothing);
    bad.goodbye(1005);
    CHECK(app.engine->session_count() == 1);
    app.refuses = true;
    raw_websocket refused{world, *app.http, target};
    CHECK(refused.wire().ended());
    raw_client polling{world, *app.http};
    CHECK(polling.ask("GET", "/socket.io/?EIO=4&transport=polling").status == 503);
    CHECK(app.told.size() == 3U);
    CHECK(app.engine->session_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
