// SPDX-License-Identifier: BSL-1.0
// Each limit of HTTP, of links and of sessions counts how often it was reached, and no other does.
#include "support/check.hpp"
#include "support/raw_server.hpp"
#include "support/reached.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/socket.io/?EIO=4&transport=websocket";

std::string of_http(raw_server& server)
{
    return reached(server.http.limits_reached());
}

std::string of_sessions(raw_server& server)
{
    return reached(server.engine.limits_reached());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limits_of_links)

BOOST_AUTO_TEST_CASE(nothing_was_reached_by_what_is_allowed)
{
    raw_server server;
    raw_poller session{server};
    CHECK(session.post("4hello").body == "ok");
    server.check_bystander();
    CHECK(of_http(server) == "");
    CHECK(of_sessions(server) == "");
}

BOOST_AUTO_TEST_CASE(heads)
{
    raw_server server;
    static_cast<void>(server.ask("GET", "/", {}, "X: " + string(17'000, 'x') + "\r\n"));
    CHECK(of_http(server) == "max_header_bytes 1");
    static_cast<void>(server.ask("GET", "/" + string(9'000, 'x')));
    CHECK(of_http(server) == "max_header_bytes 1, max_target_bytes 1");
}

BOOST_AUTO_TEST_CASE(clocks_of_a_connection)
{
    raw_server server;
    raw_client silent = server.client();
    server.pass(10s);
    CHECK(of_http(server) == "header_timeout 1");
    raw_client served = server.client();
    static_cast<void>(served.ask("GET", "/"));
    server.pass(5s);
    CHECK(of_http(server) == "header_timeout 1, keep_alive_timeout 1");
    raw_poller session{server};
    raw_client slow = server.client();
    slow.send(http_text("POST", session.target(), "4" + string(9'000, 'x')).substr(0, 200));
    server.pass(5s);
    CHECK(of_http(server) == "header_timeout 1, min_body_bytes_per_second 1, keep_alive_timeout 2");
}

BOOST_AUTO_TEST_CASE(connections_and_sessions)
{
    http_options http;
    http.max_connections = 2;
    engine_options engine;
    engine.max_sessions = 2;
    raw_server server{engine, http};  // the bystander is one of the sessions
    raw_client first = server.client();
    raw_client second = server.client();
    raw_client third = server.client();
    CHECK(third.ended());
    CHECK(of_http(server) == "max_connections 1");
    CHECK(first.ask("GET", handshake).status == 200);
    CHECK(second.ask("GET", handshake).status == 503);
    CHECK(of_sessions(server) == "max_sessions 1");
}

// A connection that only says goodbye is one still.
BOOST_AUTO_TEST_CASE(connections_that_linger_count)
{
    http_options http;
    http.max_connections = 1;
    http.linger = 2s;
    raw_server server{{}, http};
    server.pass(2s);  // the bystander's own handshake
    raw_client first = server.client();
    first.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(first.answer().status == 404);
    CHECK(server.http.connection_count() == 1U);
    raw_client second = server.client();
    CHECK(second.ended());
    server.pass(2s);
    CHECK(server.http.connection_count() == 0U);
    raw_client third = server.client();
    CHECK(!third.ended());
}

BOOST_AUTO_TEST_CASE(payloads_and_fragments)
{
    engine_options engine;
    engine.max_payload_bytes = 1'000;
    http_options http;
    http.max_websocket_fragments = 3;
    raw_server server{engine, http};
    raw_poller session{server};
    CHECK(session.post("4" + string(1'000, 'x')).status == 413);
    CHECK(of_http(server) == "max_payload_bytes 1");
    raw_websocket large{server.world, server.http, websocket};
    large.text("4" + string(1'000, 'x'));
    CHECK(of_sessions(server) == "max_payload_bytes 1");
    raw_websocket many{server.world, server.http, websocket};
    many.wire().send(string{"\x01\x80\0\0\0\0", 6});
    for (int i = 0; i < 3; ++i)
        many.wire().send(string{"\0\x80\0\0\0\0", 6});
    CHECK(of_sessions(server) == "max_payload_bytes 1, max_websocket_fragments 1");
}

BOOST_AUTO_TEST_CASE(POLL_20_packets_of_a_POST)
{
    engine_options engine;
    engine.max_packets_per_post = 3;
    raw_server server{engine};
    server.echo = false;
    raw_poller session{server};
    session.begin_poll();
    for (int i = 0; i < 2; ++i)
        CHECK(session.post(joined({"4a", "4b", "4c"})).body == "ok");
    CHECK(of_sessions(server) == "");
    const raw_answer refused = session.post(joined({"4d", "4e", "4f", "4g"}));
    CHECK(refused.status == 400);
    CHECK(refused.body == bad_request);
    CHECK(session.end_poll() == "1");
    CHECK(
        joined(server.log().events, '|') ==
        "text a|text b|text c|text a|text b|text c|text d|text e|text f|close transport error"
    );
    CHECK(of_sessions(server) == "max_packets_per_post 1");
    CHECK(of_http(server) == "");
    CHECK(server.ask("GET", session.target()).body == sid_unknown);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(POLL_20_packets_of_a_POST_of_the_third_revision)
{
    engine_options engine;
    engine.allow_eio3 = true;
    engine.max_packets_per_post = 2;
    raw_server server{engine};
    server.echo = false;
    const string target = "/socket.io/?EIO=3&transport=polling";
    for (const string& fields : {string{}, string{"Content-Type: application/octet-stream\r\n"}}) {
        const string open = server.ask("GET", target).body;
        const string session = target + "&sid=" + sid_of(open.substr(open.find(':') + 1));
        const string packet = fields.empty() ? "2:4a" : string{"\0\2\xff", 3} + "4a";
        CHECK(server.ask("POST", session, packet + packet, fields).body == "ok");
        CHECK(server.ask("POST", session, packet + packet + packet, fields).status == 400);
        CHECK(server.ask("GET", session).body == sid_unknown);
    }
    CHECK(of_sessions(server) == "max_packets_per_post 2");
}

BOOST_AUTO_TEST_CASE(keys_of_a_query)
{
    engine_options engine;
    engine.max_query_keys = 5;
    raw_server server{engine};
    const string most = string{handshake} + "&a&b=&c=1";
    CHECK(server.ask("GET", most).status == 200);
    CHECK(of_sessions(server) == "");
    const raw_answer refused = server.ask("GET", most + "&d");
    CHECK(refused.status == 400);
    CHECK(refused.body == bad_request);
    CHECK(of_sessions(server) == "max_query_keys 1");
}

BOOST_AUTO_TEST_CASE(heartbeats_and_upgrades)
{
    raw_server server;
    raw_poller upgrading{server};
    raw_websocket candidate = upgrading.open_websocket();
    server.pass(10s);
    CHECK(of_sessions(server) == "upgrade_timeout 1");
    server.pass(36s);
    CHECK(of_sessions(server) == "ping_timeout 1, upgrade_timeout 1");
    // The goodbye of that session finds no poll.
    server.pass(5s);
    CHECK(of_sessions(server) == "ping_timeout 1, upgrade_timeout 1, close_timeout 1");
}

BOOST_AUTO_TEST_CASE(queues)
{
    engine_options engine;
    engine.max_send_queue_packets = 2;
    raw_server server{engine};
    raw_poller session{server};
    const auto peer = server.log().peer;
    for (int i = 0; i < 4; ++i)
        peer->send(make_text_frame("4x"));
    CHECK(of_sessions(server) == "max_send_queue 1");
}

BOOST_AUTO_TEST_CASE(an_answer_that_nobody_reads)
{
    http_options http;
    http.handler = [](const http_request&) {
        return http_response{.status = 200, .body = string(1'000'000, 'x')};
    };
    raw_server server{{}, http};
    auto [server_end, client_end] = make_memory_streams(server.world.home());
    server.http.serve(std::move(server_end));
    error_code ec;
    const string request = http_text("GET", "/");
    const bytes_view bytes = as_bytes(request);
    CHECK(client_end->try_write({&bytes, 1}, ec) == request.size());
    server.pass(20s);
    CHECK(of_http(server) == "write_timeout 1");
}

BOOST_AUTO_TEST_SUITE_END()
