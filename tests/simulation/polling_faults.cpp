// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.2 and reliability.md 3.2: what ends a polling session, what does not, and who is told what.

using namespace cosio;
using namespace cosio::test;

namespace {

struct fixture
{
    ~fixture() { server.check_bystander(); }

    // The session is gone; requests to it find nothing.
    void check_gone(raw_poller& session, const strings& events)
    {
        CHECK(server.sessions() == 0);
        BOOST_TEST(server.log().events == events, boost::test_tools::per_element());
        CHECK(server.ask("GET", session.target()).body == sid_unknown);
        CHECK(server.ask("POST", session.target(), "4abc").body == sid_unknown);
        raw_client client = server.client();
        client.send(websocket_request(session.target("websocket")));
        CHECK(client.answer().body == "Session ID unknown");
    }

    // The session has come to no harm: the poll under way is still unanswered, and gets an echo.
    void check_unharmed(raw_poller& session)
    {
        CHECK(session.end_poll() == "");
        CHECK(session.post("4unharmed").body == "ok");
        CHECK(session.end_poll() == "4unharmed");
        CHECK(server.log().events.back() == "text unharmed");
        CHECK(server.sessions() == 1);
    }

    raw_server server;
};

struct bad_body
{
    string body;
    strings delivered;
};

std::ostream& operator<<(std::ostream& out, const bad_body& value)
{
    return out << '\'' << value.body << '\'';
}

const std::vector<bad_body> bad_bodies{
    {"", {}},      // P01
    {"\x1e", {}},  // P02
    {"\x1e"
     "4a",
     {}},
    {"4a\x1e", {"text a"}},
    {"4a\x1e\x1e"
     "4b",
     {"text a"}},
    {"abc", {}},  // P03
    {"7", {}},
    {"x", {}},
    {"-1", {}},
    {string(1, '\0'), {}},
    {"4a\x1e"
     "nope\x1e"
     "4b",
     {"text a"}},  // P04
    {"4a\x1e"
     "9\x1e"
     "4b",
     {"text a"}},
    {"d=4a", {}},   // P07
    {"b!!!!", {}},  // P13
    {"bAQ ID", {}},
    {"bAQ-_", {}},
    {"bAQ=I", {}},
    {"bA", {}},
    {"4\x80", {}},  // P14
    {"4\xc0\xaf", {}},
    {"4\xed\xa0\x80", {}},
    {"4a\x1e"
     "4\xe2\x82",
     {"text a"}},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(polling_faults)

BOOST_DATA_TEST_CASE_F(fixture, a_bad_body_gets_400_and_ends_the_session_poll_8_poll_22, bad_bodies)
{
    raw_poller session{server};
    server.echo = false;
    session.begin_poll();
    const raw_answer answer = session.post(sample.body);
    CHECK(answer.status == 400);
    CHECK(answer.body == bad_request);
    CHECK(session.end_poll() == "1");
    strings events = sample.delivered;
    events.push_back("close parse error");
    check_gone(session, events);
}

BOOST_DATA_TEST_CASE(a_bad_packet_in_a_body_cut_anywhere_poll_8, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    session.begin_poll();
    CHECK(
        session
            .post("4a\x1e"
                  "9\x1e"
                  "4b")
            .status == 400
    );
    CHECK((server.log().events == strings{"text a", "close parse error"}));
    CHECK(session.end_poll().ends_with("1"));
    CHECK(server.sessions() == 0);
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_binary_body_ends_the_session_poll_4_p05_p06, fixture)
{
    for (const string type :
         {"application/octet-stream",
          "application/octet-stream; charset=x",
          "application/octet-stream ;x=y",
          "Application/Octet-Stream"}) {
        raw_poller session{server};
        session.begin_poll();
        const raw_answer answer = session.post("4abc", "Content-Type: " + type + "\r\n");
        CHECK(answer.status == 400);
        CHECK(answer.body == bad_request);
        CHECK(session.end_poll() == "1");
        CHECK(server.sessions() == 0);
    }
    CHECK(server.log(3).events == strings{"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(a_binary_body_is_refused_before_it_is_sent_p05, fixture)
{
    raw_poller session{server};
    session.posting.emplace(server.client());
    session.posting->send(http_text(
        "POST",
        session.target(),
        {},
        "Content-Type: application/octet-stream\r\nContent-Length: 500\r\n"
    ));
    const raw_answer answer = session.posting->answer();
    CHECK(answer.status == 400);
    CHECK(answer["connection"] == "close");
    CHECK(session.posting->ended());
    check_gone(session, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(a_compressed_body_is_refused_p08, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    for (const string encoding : {"gzip", "br", "deflate, gzip"})
        CHECK(session.post("4abc", "Content-Encoding: " + encoding + "\r\n").status == 415);
    check_unharmed(session);
}

BOOST_FIXTURE_TEST_CASE(a_compressed_body_is_refused_before_it_is_sent_p08, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    raw_client client = server.client();
    client.send(
        http_text("POST", session.target(), {}, "Content-Encoding: gzip\r\nContent-Length: 500\r\n")
    );
    const raw_answer answer = client.answer();
    CHECK(answer.status == 415);
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
    server.pass(10s);
    CHECK(client.silent());
    check_unharmed(session);
}

BOOST_FIXTURE_TEST_CASE(a_body_may_be_as_large_as_max_payload_poll_5_p09, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    // Announced too large: refused at the head.
    raw_client announced = server.client();
    announced.send(http_text("POST", session.target(), {}, "Content-Length: 1000001\r\n"));
    CHECK(announced.answer().status == 413);
    CHECK(announced.ended());

    // Chunked: refused at the byte.
    raw_client chunked = server.client();
    chunked.send(http_text("POST", session.target(), {}, "Transfer-Encoding: chunked\r\n"));
    chunked.send("f4240\r\n" + string(1'000'000, '4') + "\r\n");
    CHECK(chunked.silent());
    chunked.send("1\r\n4");
    CHECK(chunked.answer().status == 413);
    CHECK(chunked.ended());
    CHECK(server.log().events.empty());

    server.echo = false;
    CHECK(session.post(string(1'000'000, '4')).body == "ok");
    CHECK(server.log().events.back().size() == 1'000'004);
    server.echo = true;
    check_unharmed(session);
}

BOOST_AUTO_TEST_CASE(each_server_has_its_own_limit_poll_5)
{
    simulation world;
    const auto nobody = [](engine::peer&, const http_request&) { return nullptr; };
    const auto silent = [](engine::peer&, const http_request&) {
        struct handler : engine::peer_handler
        {
            void on_message(frame_kind, bytes_view) override {}

            void on_close(close_reason) override {}
        };
        return std::make_unique<handler>();
    };
    engine::server small{world.home(), {.path = "/small/", .max_payload_bytes = 10}, silent};
    engine::server large{world.home(), {.path = "/large/", .max_payload_bytes = 100}, nobody};
    http_server http{world.home(), {&small, &large}, {}};
    raw_client client{world, http};
    const string sid = sid_of(client.ask("GET", "/small/?EIO=4&transport=polling").body);
    const string target = "/small/?EIO=4&transport=polling&sid=" + sid;
    CHECK(client.ask("POST", target, "4" + string(9, 'x')).body == "ok");
    CHECK(client.ask("POST", target, "4" + string(10, 'x')).status == 413);
    raw_client chunked{world, http};
    chunked.send(http_text("POST", target, {}, "Transfer-Encoding: chunked\r\n"));
    chunked.send("b\r\n4xxxxxxxxxx\r\n0\r\n\r\n");
    CHECK(chunked.answer().status == 413);
    raw_client again{world, http};
    CHECK(again.ask("POST", target, "4abc").body == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_second_poll_ends_the_session_poll_6_p17, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    const raw_answer second = server.ask("GET", session.target());
    CHECK(second.status == 400);
    CHECK(second.body == bad_request);
    CHECK(session.end_poll() == "1");
    check_gone(session, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(two_polls_in_one_segment_are_one_after_the_other_p17, fixture)
{
    raw_poller session{server};
    const string get = http_text("GET", session.target());
    raw_client client = server.client();
    client.send(get + get);
    CHECK(client.silent());
    CHECK(session.post("4a").body == "ok");
    CHECK(client.answer().body == "4a");
    CHECK(client.silent());
    CHECK(session.post("4b").body == "ok");
    CHECK(client.answer().body == "4b");
}

BOOST_FIXTURE_TEST_CASE(a_second_post_ends_the_session_poll_7_p19, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    session.begin_post(10, "4abc");
    const raw_answer second = server.ask("POST", session.target(), "4def");
    CHECK(second.status == 400);
    CHECK(second.body == bad_request);
    const raw_answer first = session.posting->answer();
    CHECK(first.status == 400);
    CHECK(first["connection"] == "close");
    session.more_post("defghi");
    CHECK(session.posting->ended());
    CHECK(session.end_poll() == "1");
    check_gone(session, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(a_ping_of_the_client_ends_the_session_poll_9_p10, fixture)
{
    for (const string ping : {"2", "2probe"}) {
        raw_poller session{server};
        session.begin_poll();
        CHECK(
            session
                .post(
                    "4a\x1e" + ping +
                    "\x1e"
                    "4b"
                )
                .body == "ok"
        );
        CHECK(records(session.end_poll()).back() == "4a");
        CHECK(session.poll() == "1");
        CHECK(server.sessions() == 0);
        CHECK(server.ask("GET", session.target()).body == sid_unknown);
    }
    CHECK((server.log(1).events == strings{"text a", "close transport error"}));
}

BOOST_FIXTURE_TEST_CASE(an_aborted_poll_ends_the_session_poll_12_p20, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    session.polling->cut();
    check_gone(session, {"close transport error"});

    raw_poller half_closed{server};
    half_closed.begin_poll();
    half_closed.polling->finish();
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(who_asks_in_the_turn_of_an_abort_is_told_that_it_has_gone_poll_12, fixture)
{
    const raw_poller session{server};
    simulation& world = server.world;
    auto [server_end, poll] = make_memory_streams(world.home(), world.home());
    server.http.serve(std::move(server_end));
    world.run();
    const string get = http_text("GET", session.target());
    const bytes_view bytes = as_bytes(get);
    error_code ec;
    CHECK(poll->try_write({&bytes, 1}, ec) == get.size());
    world.run();
    raw_client other = server.client();
    poll->close();
    CHECK(other.ask("GET", session.target()).body == sid_unknown);
}

BOOST_FIXTURE_TEST_CASE(an_aborted_post_ends_the_session_poll_13_p21, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    session.begin_post(
        10,
        "4abc\x1e"
        "4de"
    );
    session.posting->cut();
    CHECK(session.end_poll() == "1");
    check_gone(session, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(a_broken_chunk_ends_the_session_h15, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    raw_client client = server.client();
    client.send(http_text("POST", session.target(), {}, "Transfer-Encoding: chunked\r\n"));
    client.send("3\r\n4abcd\r\n0\r\n\r\n");
    CHECK(client.answer().status == 400);
    CHECK(client.ended());
    CHECK(session.end_poll() == "1");
    check_gone(session, {"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_was_written_counts_as_sent_p22, fixture)
{
    raw_poller session{server};
    CHECK(session.post("4lost").body == "ok");
    session.begin_poll();
    session.polling->cut();  // the answer is there, and nobody has read it
    CHECK(server.sessions() == 1);
    session.begin_poll();
    check_unharmed(session);
}

BOOST_FIXTURE_TEST_CASE(a_large_answer_that_is_cut_counts_as_sent_p20_p22, fixture)
{
    server.echo = false;
    for (const std::size_t taken : {0U, 1U, 50U, 1'000U, 60'000U}) {
        raw_poller session{server};
        auto [server_end, client_end] =
            make_memory_streams(server.world.home(), {.capacity_bytes = 4'096});
        server.http.serve(std::move(server_end));
        raw_client poll{server.world, std::move(client_end)};
        poll.send(http_text("GET", session.target()));
        session_log* mine = nullptr;
        for (std::size_t i = 0; mine == nullptr || mine->peer == nullptr; ++i)
            mine = &server.log(i);
        mine->peer->send(make_text_frame("4" + string(300'000, 'x')));
        mine->peer->send(make_text_frame("4behind it"));
        server.world.run();
        for (std::size_t come = 0; come < taken;)
            come += poll.take().size();
        poll.cut();
        CHECK(server.sessions() == 1);
        // Neither this session nor another one is told of it again.
        raw_poller other{server};
        other.begin_poll();
        mine->peer->send(make_text_frame("4later"));
        CHECK(session.poll() == "4later");
        CHECK(other.end_poll() == "");
        CHECK(session.post("1").body == "ok");
        CHECK(other.post("1").body == "ok");
        CHECK(other.end_poll() == "6");
    }
}

BOOST_FIXTURE_TEST_CASE(a_client_that_stops_polling_times_out_p23, fixture)
{
    raw_poller session{server};
    CHECK(session.post("4a").body == "ok");
    CHECK(session.poll() == "4a");
    server.pass(45s);
    CHECK(server.log().events == strings{"text a"});
    server.pass(1ms);
    CHECK((server.log().events == strings{"text a", "close ping timeout"}));
    server.pass(5s);
    check_gone(session, {"text a", "close ping timeout"});
}

BOOST_FIXTURE_TEST_CASE(half_a_million_packets_in_one_body_p16, fixture)
{
    server.echo = false;
    raw_poller session{server};
    string body = "4";
    for (int i = 1; i < 500'000; ++i)
        body += "\x1e"
                "4";
    BOOST_REQUIRE_EQUAL(body.size(), 999'999);
    CHECK(session.post(body).body == "ok");
    CHECK(server.log().events.size() == 500'000);
}

BOOST_FIXTURE_TEST_CASE(a_websocket_of_a_polling_session_delivers_nothing_p26, fixture)
{
    raw_poller session{server};
    raw_websocket socket = session.open_websocket();
    socket.text("4too early");
    CHECK(socket.take() == strings{"close 1005"});
    CHECK(session.post("4mine").body == "ok");
    CHECK(session.poll() == "4mine");
    CHECK(server.log().events == strings{"text mine"});
}

BOOST_FIXTURE_TEST_CASE(a_session_that_ends_answers_the_upload_under_way, fixture)
{
    raw_poller session{server};
    server.log().peer->send(make_text_frame("4x"));
    session.begin_post(1'000'000, "4");
    for (int i = 0; i < 499; ++i) {  // fast enough to stay, too slow to end before the ping timeout
        server.pass(100ms);
        session.more_post(string(1'024, 'x'));
    }
    CHECK(session.posting->silent());
    CHECK(server.log().events == strings{"close ping timeout"});
    server.pass(200ms);
    CHECK(session.posting->answer().status == 400);
    CHECK(session.posting->ended());
    check_gone(session, {"close ping timeout"});
}

BOOST_AUTO_TEST_SUITE_END()
