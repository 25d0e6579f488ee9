// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.4, the upgrade that works: UP-1..3, 8..10, 12, 13; reliability.md U01, U02, U08..U10, E12.

using namespace cosio;
using namespace cosio::test;

namespace {

const strings nothing;

struct fixture
{
    explicit fixture(segments cut = {}) : server{{}, {}, cut} {}

    ~fixture() { server.check_bystander(); }

    void emit(const string& message)
    {
        server.log().peer->send(make_text_frame("4" + message));
        server.world.run();
    }

    // The session speaks WebSocket now, and nothing else.
    void check_upgraded(raw_websocket& socket)
    {
        socket.text("4upgraded");
        CHECK(socket.take() == strings{"4upgraded"});
        CHECK(server.ask("GET", session.target()).body == bad_request);
        CHECK(server.ask("POST", session.target(), "4abc").body == bad_request);
        CHECK(server.sessions() == 1);
        CHECK(server.log().events.back() == "text upgraded");
    }

    raw_server server;
    raw_poller session{server};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upgrade_flow)

BOOST_DATA_TEST_CASE(a_session_moves_to_websocket_up_1_up_2_u01, all_segments())
{
    fixture world{sample};
    auto& [server, session] = world;
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    CHECK(socket.take() == nothing);
    CHECK(session.end_poll() == "");

    socket.text("2probe");
    CHECK(socket.take() == strings{"3probe"});
    CHECK(session.end_poll() == "6");  // at once: no time has passed

    socket.text("5");
    CHECK(socket.take() == nothing);
    CHECK(server.log().events == strings{"upgrade"});
    world.check_upgraded(socket);
    CHECK(server.world.now() == 0s);
}

BOOST_FIXTURE_TEST_CASE(a_client_may_pause_before_it_probes_up_12, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(socket.take() == strings{"3probe"});
    socket.text("5");
    check_upgraded(socket);
}

BOOST_AUTO_TEST_CASE(probe_and_upgrade_may_come_with_the_handshake_ws_14)
{
    fixture world;
    auto& [server, session] = world;
    session.begin_poll();
    const string early = websocket_frame(wire::websocket_opcode::text, "2probe") +
                         websocket_frame(wire::websocket_opcode::text, "5") +
                         websocket_frame(wire::websocket_opcode::text, "4first");
    raw_websocket socket{server.world, server.http, session.target("websocket"), {}, early};
    CHECK((socket.take() == strings{"3probe", "4first"}));
    CHECK(session.end_poll() == "6");
    world.check_upgraded(socket);
}

BOOST_FIXTURE_TEST_CASE(polls_while_upgrading_are_answered_at_once_up_3_u02, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(socket.take() == strings{"3probe"});
    CHECK(session.poll() == "6");
    CHECK(server.ask("GET", session.target()).body == "6");
    socket.text("5");
    check_upgraded(socket);
}

/// Such a client polls without a pause, and over a network without latency time would stand still.
BOOST_FIXTURE_TEST_CASE(a_client_that_does_not_hear_the_answer_is_no_flood_up_3_u02, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    int answers = 0;
    for (auto left = 10s / 100ms; left-- > 0; server.world.run_for(100ms)) {
        session.begin_poll();
        for (std::string answer; (answer = session.end_poll()) == "6"; session.begin_poll())
            ++answers;
    }
    CHECK(answers == 2 + 99);
    CHECK((socket.take() == strings{"3probe", "close 1005"}));
    emit("polling goes on");
    CHECK(session.end_poll() == "4polling goes on");
}

BOOST_FIXTURE_TEST_CASE(handlers_hear_of_the_upgrade_before_its_first_packet_up_9, fixture)
{
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    socket.wire().send(
        websocket_frame(wire::websocket_opcode::text, "5") +
        websocket_frame(wire::websocket_opcode::text, "4first")
    );
    CHECK((socket.take() == strings{"3probe", "4first"}));
    CHECK((server.log().events == strings{"upgrade", "text first"}));
}

BOOST_FIXTURE_TEST_CASE(what_was_not_polled_comes_over_websocket_up_8, fixture)
{
    emit("before");
    raw_websocket socket = session.open_websocket();
    emit("probing");
    socket.text("2probe");
    emit("upgrading");
    CHECK(session.poll() == "6");
    CHECK(socket.take() == strings{"3probe"});
    CHECK(session.post("4echo").body == "ok");
    socket.text("5");
    CHECK((socket.take() == strings{"4before", "4probing", "4upgrading", "4echo"}));
    CHECK((server.log().events == strings{"text echo", "upgrade"}));
    check_upgraded(socket);
}

BOOST_FIXTURE_TEST_CASE(binary_is_text_for_whom_the_new_transport_asks_for_it_ws_6, fixture)
{
    const auto emit_binary = [&](const string& bytes) {
        server.log().peer->send(make_frame(frame_kind::binary, as_bytes(bytes)));
        server.world.run();
    };
    const string target = session.target("websocket") + "&b64=1";
    raw_websocket socket{server.world, server.http, target};
    socket.text("2probe");
    emit_binary("waits");
    emit("text");
    socket.text("5");
    emit_binary("later");
    CHECK((socket.take() == strings{"3probe", "bd2FpdHM=", "4text", "bbGF0ZXI="}));
    check_upgraded(socket);
}

BOOST_FIXTURE_TEST_CASE(polling_goes_on_until_the_probe_up_8, fixture)
{
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    emit("one");
    CHECK(session.end_poll() == "4one");
    CHECK(session.post("4two").body == "ok");
    CHECK(session.poll() == "4two");
    CHECK(socket.take() == nothing);
}

BOOST_FIXTURE_TEST_CASE(the_old_transport_goes_silently_up_10, fixture)
{
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(session.end_poll() == "6");
    socket.text("5");
    session.polling->cut();
    session.posting.emplace(server.client());
    session.posting->cut();
    server.pass(20s);
    static_cast<void>(socket.take());
    CHECK(server.log().events == strings{"upgrade"});
    check_upgraded(socket);
}

BOOST_AUTO_TEST_CASE(an_upload_under_way_is_waited_for_up_8_u08)
{
    for (const segments& cut : all_segments()) {
        fixture world{cut};
        auto& [server, session] = world;
        session.begin_poll();
        session.begin_post(
            16,
            "4one\x1e"
            "4tw"
        );
        raw_websocket socket = session.open_websocket();
        socket.text("2probe");
        CHECK(socket.take() == strings{"3probe"});  // although the upload is not done
        CHECK(session.end_poll() == "6");
        socket.text("5");
        socket.text("4four");
        CHECK(server.log().events == nothing);
        session.more_post("o\x1e"
                          "4thr");
        CHECK(socket.take() == nothing);
        session.more_post("ee");
        CHECK(session.posting->answer().body == "ok");
        CHECK(
            (server.log().events ==
             strings{"text one", "text two", "text three", "upgrade", "text four"})
        );
        CHECK((socket.take() == strings{"4one", "4two", "4three", "4four"}));
        world.check_upgraded(socket);
    }
}

BOOST_FIXTURE_TEST_CASE(an_upload_that_is_too_large_does_not_stop_the_upgrade_u08, fixture)
{
    session.posting.emplace(server.client());
    session.posting->send(http_text("POST", session.target(), {}, "Transfer-Encoding: chunked\r\n")
    );
    session.posting->send("f4240\r\n" + string(1'000'000, '4') + "\r\n");
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    socket.text("5");
    CHECK(server.log().events == nothing);
    session.posting->send("1\r\n4");
    CHECK(session.posting->answer().status == 413);
    CHECK(server.log().events == strings{"upgrade"});
    CHECK(socket.take() == strings{"3probe"});
    check_upgraded(socket);
}

BOOST_AUTO_TEST_CASE(what_a_poll_answer_holds_is_not_sent_again_u09)
{
    fixture world{{.write = 100}};
    auto& [server, session] = world;
    raw_websocket socket = session.open_websocket();
    server.echo = false;
    session.begin_poll();
    const string large(
        300'000, 'x'
    );  // more than the stream holds: the answer is stuck in the middle
    world.emit(large);
    world.emit("behind");
    socket.text("2probe");
    socket.text("5");
    CHECK((socket.take() == strings{"3probe", "4behind"}));
    CHECK(session.end_poll() == "4" + large);
}

BOOST_FIXTURE_TEST_CASE(the_heartbeat_goes_on_while_probing_up_13, fixture)
{
    server.pass(20s);
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    server.pass(5s);
    CHECK(session.end_poll() == "2");
    socket.text("2probe");
    CHECK(socket.take() == strings{"3probe"});
    CHECK(session.post("3").body == "ok");  // E12: on the old transport, while upgrading
    socket.text("5");
    server.pass(24999ms);
    CHECK(socket.take() == nothing);
    server.pass(1ms);
    CHECK(socket.take() == strings{"2"});
}

BOOST_FIXTURE_TEST_CASE(a_ping_that_is_due_while_upgrading_comes_after_it_up_13, fixture)
{
    server.pass(24s);
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    server.pass(5s);
    CHECK(session.poll() == "6");
    CHECK(socket.take() == strings{"3probe"});
    socket.text("5");
    CHECK(socket.take() == strings{"2"});
    server.pass(20s);
    CHECK(server.sessions() == 1);  // the time counts from the PING
    socket.text("3");
    check_upgraded(socket);
}

BOOST_DATA_TEST_CASE(a_thousand_messages_both_ways_across_the_upgrade_up_8_u10, all_segments())
{
    fixture world{sample};
    auto& [server, session] = world;
    server.echo = false;
    strings got;
    unsigned down = 0;
    unsigned up = 0;
    const auto emit = [&](unsigned count) {
        for (; count != 0; --count)
            server.log().peer->send(make_text_frame(fmt::format("4down {}", ++down)));
        server.world.run();
    };
    const auto next_up = [&] { return fmt::format("4up {}", ++up); };
    const auto collect = [&](std::string_view body) {
        for (const string& packet : records(body))
            if (packet != "6" && !packet.empty())
                got.push_back(packet);
    };

    for (int round = 0; round < 20; ++round) {  // 300 each over polling
        session.begin_poll();
        emit(15);
        strings batch;
        for (int i = 0; i < 15; ++i)
            batch.push_back(next_up());
        BOOST_REQUIRE_EQUAL(session.post(joined(batch)).body, "ok");
        collect(session.end_poll());
    }
    session.begin_poll();
    raw_websocket socket = session.open_websocket();
    emit(50);
    collect(session.end_poll());
    session.begin_poll();
    BOOST_REQUIRE_EQUAL(session.post(next_up()).body, "ok");
    const string last_post = joined({next_up(), next_up(), next_up()});
    session.begin_post(last_post.size(), last_post.substr(0, 10));
    emit(100);
    socket.text("2probe");
    emit(100);
    collect(session.end_poll());
    collect(session.poll());
    emit(50);
    socket.text("5");
    socket.text(next_up());  // comes before the end of the upload
    emit(50);
    session.more_post(last_post.substr(10));
    BOOST_REQUIRE_EQUAL(session.posting->answer().body, "ok");
    for (strings more = socket.take(); !more.empty(); more = socket.take())
        for (const string& packet : more)
            if (packet != "3probe")
                got.push_back(packet);
    emit(350);
    while (up < 1'000)
        socket.text(next_up());
    for (const string& packet : socket.take())
        got.push_back(packet);

    BOOST_TEST(got == numbered("4down ", 1'000), boost::test_tools::per_element());
    std::erase(server.log().events, "upgrade");
    BOOST_TEST(
        server.log().events == numbered("text up ", 1'000), boost::test_tools::per_element()
    );
    CHECK(server.sessions() == 1);
}

// While its handlers run the session reads nothing, on the old link and on the new one.
BOOST_AUTO_TEST_CASE(a_session_whose_handlers_still_run_moves_and_reads_on_when_they_end)
{
    raw_server server{{.max_payload_bytes = 100, .max_running_handlers = 1}};
    raw_poller session{server};
    server.log().peer->handler_started();
    session.pause_reading();
    raw_websocket socket = session.open_websocket();
    socket.text("2probe");
    CHECK(socket.take() == strings{"3probe"});
    socket.text("5");
    socket.text("4later");
    CHECK(server.log().events == strings{"upgrade"});
    server.log().peer->handler_ended();
    CHECK(socket.take() == strings{"4later"});
    CHECK((server.log().events == strings{"upgrade", "text later"}));
    server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
