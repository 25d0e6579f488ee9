// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// reliability.md H30..H36, H50 and POLL-21: what one connection does with its requests and its time.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
const string open_request = http_text("GET", handshake);

struct fixture
{
    ~fixture() { server.check_bystander(); }

    raw_server server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_connection)

BOOST_FIXTURE_TEST_CASE(a_connection_serves_one_request_after_the_other_poll_21, fixture)
{
    raw_client client = server.client();
    const string session =
        fmt::format("{}&sid={}", handshake, sid_of(client.ask("GET", handshake).body));
    for (const string& message : numbered("4", 5)) {
        CHECK(client.ask("POST", session, message).body == "ok");
        CHECK(client.ask("GET", session).body == message);
    }
    CHECK(client.ask("GET", "/nobody").status == 404);
    CHECK(client.ask("GET", handshake).status == 200);
    CHECK(server.sessions() == 2);
}

BOOST_FIXTURE_TEST_CASE(connection_close_and_http_1_0_end_after_the_answer_poll_21, fixture)
{
    raw_client closing = server.client();
    const raw_answer last = closing.ask("GET", handshake, {}, "Connection: close\r\n");
    CHECK(last.status == 200);
    CHECK(last["connection"] == "close");
    CHECK(closing.ended());

    raw_client old = server.client();
    old.send(fmt::format("GET {} HTTP/1.0\r\n\r\n", handshake));
    const raw_answer answer = old.answer();
    CHECK(answer.status == 200);
    CHECK(answer["connection"] == "close");
    CHECK(old.ended());

    raw_client keeping = server.client();
    for (int i = 0; i < 2; ++i) {
        keeping.send(fmt::format("GET {} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", handshake));
        CHECK(keeping.answer()["connection"] == "keep-alive");
    }
    CHECK(!keeping.ended());
    CHECK(server.sessions() == 4);
}

BOOST_DATA_TEST_CASE(pipelined_requests_are_answered_in_order_h32, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_poller session{server};
    raw_client client = server.client();
    string burst;
    for (const string& message : numbered("4", 20)) {
        burst += http_text("POST", session.target(), message);
        burst += http_text("GET", session.target());
    }
    client.send(burst);
    for (const string& message : numbered("4", 20)) {
        CHECK(client.answer().body == "ok");
        CHECK(client.answer().body == message);
    }
    CHECK(client.silent());
    CHECK(server.log().events == numbered("text ", 20));
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(a_thousand_handshakes_in_one_segment_h32, fixture)
{
    raw_client client = server.client();
    string burst;
    for (int i = 0; i < 1'000; ++i)
        burst += "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost:\r\n\r\n";
    REQUIRE(burst.size() <= 64 * 1024);
    client.send(burst);
    for (int i = 0; i < 1'000; ++i)
        BOOST_REQUIRE_EQUAL(client.answer().status, 200);
    CHECK(client.silent());
    CHECK(server.sessions() == 1'000);
    server.pass(60s);
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_request_pipelined_behind_a_waiting_poll_is_answered_after_it, fixture)
{
    raw_poller session{server};
    raw_client client = server.client();
    client.send(http_text("GET", session.target()) + http_text("GET", "/nobody"));
    CHECK(client.silent());
    CHECK(session.post("4word").body == "ok");
    CHECK(client.answer().body == "4word");
    CHECK(client.answer().status == 404);
}

BOOST_FIXTURE_TEST_CASE(endless_bytes_behind_a_waiting_poll_are_cut_h32, fixture)
{
    raw_poller session{server};
    raw_client client = server.client();
    client.send(http_text("GET", session.target()));
    for (int i = 0; i < 10 && !client.ended(); ++i)
        client.send(string(4'096, 'x'));
    CHECK(client.ended());
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close transport error"});
}

BOOST_AUTO_TEST_CASE(endless_requests_behind_an_answer_that_is_not_read_are_cut_h32)
{
    raw_server server{{}, {}, {.write = 1}};
    error_code ec;
    auto [server_end, client_end] =
        make_memory_streams(server.world.home(), {.capacity_bytes = 50});
    server.http.serve(std::move(server_end));
    const string request = http_text("GET", "/nobody");
    std::size_t sent = 0;
    while (!ec && sent < 1'000'000) {
        const bytes_view all = as_bytes(request);
        sent += client_end->try_write({&all, 1}, ec);
        server.world.run();
    }
    CHECK(ec);
    CHECK(sent < 20'000);
    CHECK(server.http.connection_count() == 0);
}

BOOST_AUTO_TEST_CASE(a_hook_that_throws_answers_500_and_is_told_of)
{
    strings told;
    http_options options;
    options.log = {.level = log_level::error, .write = [&](log_level, std::string_view text) {
                       told.emplace_back(text);
                   }};
    options.before = [](const http_request& request) -> std::optional<http_response> {
        if (request.path() == "/before")
            throw std::runtime_error{"no page"};
        return std::nullopt;
    };
    options.handler = [](const http_request&) -> http_response { throw 1; };
    raw_server server{{}, options};
    raw_client client = server.client();
    CHECK(client.ask("GET", "/before").status == 500);
    CHECK(client.ask("GET", "/after").status == 500);
    CHECK(client.ask("GET", handshake).status == 200);
    CHECK(
        told == (strings{
                    "GET /before: the handler threw: no page",
                    "GET /after: the handler threw: an exception of no known type"
                })
    );
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(garbage_behind_a_request_does_not_spoil_its_answer_h33, fixture)
{
    raw_client client = server.client();
    client.send(open_request + "\x16\x03\x01\x02\r\n\r\n");
    CHECK(client.answer().status == 200);
    const raw_answer refusal = client.answer();
    CHECK(refusal.status == 400);
    CHECK(refusal["connection"] == "close");
    CHECK(client.ended());
    CHECK(server.sessions() == 1);
}

BOOST_AUTO_TEST_CASE(every_truncated_request_creates_nothing_h34)
{
    raw_server server;
    raw_poller session{server};
    const string requests[] = {
        open_request,
        http_text("POST", session.target(), "4abc").substr(0, 60),
        websocket_request("/socket.io/?EIO=4&transport=websocket"),
        websocket_request(session.target("websocket")),
    };
    for (const string& request : requests) {
        for (std::size_t size = 0; size < request.size(); ++size) {
            raw_client client = server.client();
            client.send(request.substr(0, size));
            client.finish();
            REQUIRE(client.ended());
        }
    }
    CHECK(server.http.connection_count() == 1);  // the session's own, idle
    CHECK(server.sessions() == 1);
    CHECK(session.post("4alive").body == "ok");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(every_request_may_come_in_two_parts_h35)
{
    raw_server server;
    for (std::size_t at = 1; at < open_request.size(); ++at) {
        raw_client client = server.client();
        client.send(open_request.substr(0, at));
        REQUIRE(client.silent());
        client.send(open_request.substr(at));
        BOOST_REQUIRE_EQUAL(client.answer().status, 200);
        client.cut();
    }
    CHECK(server.sessions() == open_request.size() - 1);

    raw_poller session{server};
    const string post = http_text(
        "POST",
        session.target(),
        "4abc\x1e"
        "4def"
    );
    raw_client client = server.client();
    for (std::size_t at = 1; at < post.size(); ++at) {
        server.log(open_request.size() - 1).events.clear();
        client.send(post.substr(0, at));
        REQUIRE(client.silent());
        client.send(post.substr(at));
        BOOST_REQUIRE_EQUAL(client.answer().body, "ok");
        REQUIRE((server.log(open_request.size() - 1).events == strings{"text abc", "text def"}));
    }
    server.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(an_upload_may_be_asked_for_first_h30, fixture)
{
    raw_poller session{server};
    raw_client client = server.client();
    client.send(
        http_text("POST", session.target(), {}, "Content-Length: 4\r\nExpect: 100-continue\r\n")
    );
    CHECK(client.take() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("4abc");
    CHECK(client.answer().body == "ok");

    // A refusal comes instead of 100, before the upload.
    client.send(http_text(
        "POST",
        string{handshake} + "&sid=unknown",
        {},
        "Content-Length: 4\r\nExpect: 100-continue\r\n"
    ));
    const raw_answer refusal = client.answer();
    CHECK(refusal.status == 400);
    CHECK(refusal.body == sid_unknown);
    CHECK(refusal["connection"] == "close");
    CHECK(client.ended());
}

BOOST_FIXTURE_TEST_CASE(another_expectation_fails_h30, fixture)
{
    raw_poller session{server};
    const raw_answer answer = server.ask("POST", session.target(), "4abc", "Expect: foo\r\n");
    CHECK(answer.status == 417);
    CHECK(session.post("4abc").body == "ok");
    CHECK(server.log().events == strings{"text abc"});
}

BOOST_FIXTURE_TEST_CASE(the_body_of_a_get_is_dropped_h31, fixture)
{
    raw_client client = server.client();
    const string smuggled = http_text("GET", "/nobody");
    client.send(http_text("GET", handshake, smuggled) + http_text("GET", "/nobody"));
    CHECK(client.answer().status == 200);
    CHECK(client.answer().status == 404);
    CHECK(client.silent());
}

BOOST_FIXTURE_TEST_CASE(an_offer_of_http_2_is_ignored_h50, fixture)
{
    const raw_answer answer = server.ask(
        "GET",
        handshake,
        {},
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
        "AAMAAABkAAQAAP__\r\n"
    );
    CHECK(answer.status == 200);
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_connection_without_a_request_gets_408_h36, fixture)
{
    raw_client client = server.client();
    server.pass(9999ms);
    CHECK(client.silent());
    CHECK(!client.ended());
    server.pass(1ms);
    CHECK(client.answer().status == 408);
    CHECK(client.ended());
    server.pass(2s);
    CHECK(server.http.connection_count() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_slow_head_gets_408_h36, fixture)
{
    raw_client client = server.client();
    server.pass(3s);
    client.send("G");
    server.pass(6s);
    client.send("E");
    server.pass(999ms);
    CHECK(client.silent());
    server.pass(1ms);
    const raw_answer answer = client.answer();
    CHECK(answer.status == 408);
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
    client.finish();
    server.world.run();
    CHECK(server.http.connection_count() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_slow_head_after_an_answer_gets_408_h36, fixture)
{
    raw_client client = server.client();
    CHECK(client.ask("GET", handshake).status == 200);
    server.pass(4s);
    client.send("G");
    server.pass(10s);
    CHECK(client.answer().status == 408);
    CHECK(client.ended());
}

BOOST_FIXTURE_TEST_CASE(a_slow_upload_gets_408_and_ends_its_session_h36, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    session.begin_post(100'000, "4");
    for (int i = 0; i < 4; ++i) {
        server.pass(1s);
        session.more_post("x");
    }
    CHECK(session.posting->silent());
    server.pass(1s);
    CHECK(session.posting->answer().status == 408);
    CHECK(session.posting->ended());
    CHECK(session.end_poll() == "1");
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close transport error"});
}

BOOST_FIXTURE_TEST_CASE(an_upload_at_the_least_rate_is_let_through_h36, fixture)
{
    raw_poller session{server};
    session.begin_post(30 * 1'024 + 1, "4");
    for (int i = 0; i < 30; ++i) {
        session.more_post(string(1'024, 'x'));
        REQUIRE(session.posting->silent() == (i != 29));
        server.pass(1s);
        if (i == 20)
            CHECK(session.poll() == "");
    }
    CHECK(session.posting->answer().body == "ok");
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(an_idle_connection_ends_after_the_keep_alive_timeout, fixture)
{
    raw_client client = server.client();
    CHECK(client.ask("GET", handshake).status == 200);
    server.pass(4999ms);
    CHECK(!client.ended());
    CHECK(client.ask("GET", handshake).status == 200);  // begins anew
    server.pass(4999ms);
    CHECK(!client.ended());
    server.pass(1ms);
    CHECK(client.ended());
    CHECK(server.http.connection_count() == 0);
    CHECK(server.sessions() == 2);
}

BOOST_FIXTURE_TEST_CASE(a_waiting_poll_keeps_its_connection, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    server.pass(24s);
    CHECK(session.end_poll() == "");
    CHECK(session.post("4late").body == "ok");
    CHECK(session.end_poll() == "4late");
}

BOOST_AUTO_TEST_CASE(who_never_reads_an_answer_is_cut)
{
    raw_server server{{}, {}, {.write = 1'000}};
    server.echo = false;
    raw_poller session{server};
    session.begin_poll();
    // More than the stream takes: nobody reads it.
    const string large(400'000, 'x');
    server.log().peer->send(make_text_frame("4" + large));
    server.world.run();
    CHECK(server.http.connection_count() == 1);
    server.pass(19s);
    CHECK(server.http.connection_count() == 1);
    server.pass(1s);
    CHECK(server.http.connection_count() == 0);
    server.pass(120s);
    CHECK(server.sessions() == 0);
    CHECK(server.http.connection_count() == 0);
}

BOOST_AUTO_TEST_CASE(who_reads_slowly_gets_the_whole_answer_even_of_a_closing_server)
{
    raw_server server;
    http_server& http = server.http;
    auto [server_end, client_end] =
        make_memory_streams(server.world.home(), {.capacity_bytes = 100});
    http.serve(std::move(server_end));
    error_code ec;
    const bytes_view request = as_bytes("GET /nobody HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client_end->try_write({&request, 1}, ec) == request.size());
    server.world.run();
    string come;
    for (int i = 0; i < 10; ++i) {
        string part(12, '\0');
        server.pass(19s);
        if (i == 3)
            http.close();
        come.append(part, 0, client_end->try_read(std::as_writable_bytes(std::span{part}), ec));
        server.world.run();
    }
    CHECK(
        come == "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: "
                "10\r\n\r\nNot Found\n"
    );
}

BOOST_AUTO_TEST_CASE(closing_ends_idle_connections_and_lets_others_finish)
{
    raw_server server;
    raw_poller polling{server};
    raw_poller uploading{server};
    raw_client idle = server.client();
    raw_client started = server.client();
    started.send("GET /socket");
    polling.begin_poll();
    uploading.begin_post(5, "4ab");
    server.http.close();
    CHECK(idle.ended());
    CHECK(started.ended());
    CHECK(polling.end_poll() == "");

    uploading.more_post("cd");
    const raw_answer uploaded = uploading.posting->answer();
    CHECK(uploaded.body == "ok");
    CHECK(uploaded["connection"] == "close");
    CHECK(uploading.posting->ended());

    server.log(0).peer->send(make_text_frame("4last"));
    const raw_answer polled = polling.polling->answer();
    CHECK(polled.body == "4last");
    CHECK(polled["connection"] == "close");
    CHECK(polling.polling->ended());

    raw_client late = server.client();
    CHECK(late.ended());
    CHECK(server.sessions() == 2);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(the_server_may_go_before_its_connections)
{
    simulation world;
    auto engine = std::make_unique<engine::server>(
        world.home(), engine_options{}, [](engine::peer&, const http_request&) { return nullptr; }
    );
    auto http = std::make_unique<http_server>(
        world.home(), std::vector<engine_host*>{engine.get()}, http_options{}
    );
    raw_client client{world, *http};
    raw_client started{world, *http};
    started.send("POST /socket.io/");
    client.send(open_request);
    http.reset();
    engine.reset();
    static_cast<void>(client.take());
    client.send(open_request);
    CHECK(client.ended());
    CHECK(started.ended());
}

BOOST_AUTO_TEST_SUITE_END()
