// SPDX-License-Identifier: BSL-1.0
// Connections that another server has accepted, and from which it has read a request.
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/transports/http_front.hpp>

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/socket.io/?EIO=4&transport=websocket";

http_request request_of(std::string_view method, std::string_view target, std::string body = {})
{
    http_request request;
    request.method = method;
    request.target = target;
    request.headers.append("Host", "x");
    request.body = std::move(body);
    return request;
}

struct fixture
{
    explicit fixture(segments with = {}, http_options http = {}, engine_options engine = {})
        : server{std::move(engine)}, cut{with}
    {
        http.handler = [](const http_request& request) {
            return http_response{.body = "the application's " + request.target};
        };
        front.emplace(server.world.home(), server.engine, http);
    }

    /// The client's end of a connection that is given away.
    template <class... Read>
    raw_client adopt(const Read&... read)
    {
        shard& home = server.world.home();
        auto [near, far] = make_memory_streams(home, cut.options());
        front->adopt(home, std::move(near), read...);
        server.world.run();
        return {server.world, std::move(far)};
    }

    raw_client adopt_head(const http_request& head, std::string_view received = {})
    {
        shard& home = server.world.home();
        auto [near, far] = make_memory_streams(home, cut.options());
        front->adopt_head(home, std::move(near), head, received);
        server.world.run();
        return {server.world, std::move(far)};
    }

    raw_server server;
    segments cut;
    std::optional<http_front> front;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_adopting)

BOOST_DATA_TEST_CASE(a_connection_goes_on_after_the_request_that_was_read, all_segments())
{
    fixture on{sample};
    raw_client client = on.adopt(request_of("GET", handshake));
    const string sid = sid_of(client.answer().body);
    const string target = fmt::format("{}&sid={}", handshake, sid);
    CHECK(client.ask("POST", target, "4hello").body == "ok");
    CHECK(client.ask("GET", target).body == "4hello");
    // What is not ours falls to the application's handler.
    CHECK(client.ask("GET", "/page").body == "the application's /page");
    CHECK(client.ask("GET", "/socket.io/", {}, "Connection: close\r\n").status == 400);
    CHECK(client.ended());
    on.server.check_bystander();
}

BOOST_AUTO_TEST_CASE(what_followed_the_request_in_the_buffer_is_served_too)
{
    fixture on;
    raw_client client =
        on.adopt(request_of("GET", handshake), http_text("GET", "/1") + "GET /2 HTTP/1.1\r\nHo");
    CHECK(client.answer().status == 200);
    CHECK(client.answer().body == "the application's /1");
    CHECK(client.silent());
    client.send("st: x\r\n\r\n");
    CHECK(client.answer().body == "the application's /2");
}

BOOST_AUTO_TEST_CASE(bytes_alone_are_served_as_if_they_had_come_here)
{
    fixture on;
    CHECK(on.adopt(http_text("GET", handshake)).answer().status == 200);
    raw_client part = on.adopt(string{"GET /1 HT"});
    CHECK(part.silent());
    part.send("TP/1.1\r\nHost: x\r\n\r\n");
    CHECK(part.answer().body == "the application's /1");
    raw_client nothing = on.adopt();
    CHECK(nothing.ask("GET", "/2").body == "the application's /2");
}

BOOST_DATA_TEST_CASE(a_connection_becomes_a_websocket, all_segments())
{
    fixture on{sample};
    http_request upgrade = request_of("GET", websocket);
    upgrade.headers.append("Connection", "Upgrade");
    upgrade.headers.append("Upgrade", "websocket");
    upgrade.headers.append("Sec-WebSocket-Version", "13");
    upgrade.headers.append("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    // A client that does not wait for the answer (WS-14).
    raw_client client =
        on.adopt(upgrade, websocket_frame(cosio::wire::websocket_opcode::text, "4early"));
    const raw_answer answer = client.answer();
    CHECK(answer.status == 101);
    CHECK(answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const string frames = client.take();
    CHECK(frames.find("0{\"sid\"") != string::npos);
    CHECK(frames.ends_with("\x81\x06"
                           "4early"));
    client.send(websocket_frame(cosio::wire::websocket_opcode::binary, "\x01\x02"));
    CHECK(client.take() == "\x82\x02\x01\x02");
}

BOOST_AUTO_TEST_CASE(an_upload_that_was_read_is_taken_however_it_was_framed)
{
    fixture on;
    const string sid = sid_of(on.adopt(request_of("GET", handshake)).answer().body);
    const string target = fmt::format("{}&sid={}", handshake, sid);
    for (const string framing : {"", "Content-Length", "Transfer-Encoding"}) {
        http_request post = request_of("POST", target, "4" + framing);
        if (!framing.empty())
            post.headers.append(framing, framing.starts_with('T') ? "chunked" : "99");
        post.headers.append("Expect", "100-continue");  // was answered by who has read the body
        CHECK(on.adopt(post).answer().body == "ok");
        CHECK(on.server.log().events.back() == "text " + framing);
    }
}

BOOST_AUTO_TEST_CASE(of_an_upload_the_head_may_be_all_that_was_read)
{
    fixture on;
    const string sid = sid_of(on.adopt(request_of("GET", handshake)).answer().body);
    http_request head = request_of("POST", fmt::format("{}&sid={}", handshake, sid));
    head.headers.append("Content-Length", "6");
    raw_client client = on.adopt_head(head, "4he");
    CHECK(client.silent());
    client.send("llo");
    CHECK(client.answer().body == "ok");
    CHECK(on.server.log().events == strings{"text hello"});
    // Refused before anybody sends it.
    http_request large = request_of("POST", head.target);
    large.headers.append("Content-Length", "1000001");
    raw_client refused = on.adopt_head(large);
    CHECK(refused.answer().status == 413);
    CHECK(refused.ended());
    http_request waiting = request_of("POST", head.target);
    waiting.headers.append("Content-Length", "6");
    waiting.headers.append("Expect", "100-continue");
    raw_client polite = on.adopt_head(waiting);
    CHECK(polite.take() == "HTTP/1.1 100 Continue\r\n\r\n");
}

// Parsers differ: what ours would refuse is refused, wherever it was read.
BOOST_AUTO_TEST_CASE(what_is_no_request_of_ours_is_refused)
{
    fixture on;
    const auto status = [&](const http_request& request) {
        raw_client client = on.adopt(request);
        const int found = client.answer().status;
        CHECK(client.ended());
        return found;
    };
    CHECK(status(request_of("GET", "no path")) == 400);
    CHECK(status(request_of("GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "/")) == 400);
    CHECK(status(request_of("", "/")) == 400);
    CHECK(status(request_of("BREW", "/socket.io/")) == 501);
    http_request two_hosts = request_of("GET", handshake);
    two_hosts.headers.append("Host", "y");
    CHECK(status(two_hosts) == 400);
    http_request no_host = request_of("GET", handshake);
    no_host.headers.erase("Host");
    CHECK(status(no_host) == 400);
    http_request many = request_of("GET", handshake);
    for (int i = 0; i < 100; ++i)
        many.headers.append("X-" + std::to_string(i), "y");
    CHECK(status(many) == 431);
    CHECK(status(request_of("POST", handshake, string(1'000'001, 'x'))) == 413);
    // A field cannot end its line, nor a target.
    http_request smuggled = request_of("GET", handshake);
    smuggled.headers.append("X", "y\r\nHost: z");
    CHECK(on.adopt(smuggled).answer().status == 200);
}

BOOST_AUTO_TEST_CASE(versions_and_methods_are_those_of_the_request)
{
    fixture on;
    http_request old = request_of("GET", handshake);
    old.version = 10;
    raw_client client = on.adopt(old);
    const raw_answer answer = client.answer();
    CHECK(answer["connection"] == "close");
    CHECK(client.ended());
    raw_client head = on.adopt(request_of("HEAD", "/page"));
    CHECK(head.take().ends_with("\r\n\r\n"));
    http_request absolute = request_of("GET", "http://a.example/page");
    CHECK(on.adopt(absolute).answer().body == "the application's /page");
}

BOOST_AUTO_TEST_CASE(limits_count_for_connections_that_were_given_away)
{
    http_options http;
    http.max_connections = 1;
    fixture on{{}, http};
    raw_client first = on.adopt(request_of("GET", "/1"));
    CHECK(first.answer().status == 200);
    raw_client second = on.adopt(request_of("GET", "/2"));
    CHECK(second.ended());
    CHECK(on.front->limits_reached()[limit::max_connections] == 1U);
    on.server.pass(5s);
    CHECK(first.ended());
    CHECK(on.front->limits_reached()[limit::keep_alive_timeout] == 1U);
}

BOOST_AUTO_TEST_CASE(a_target_tells_whether_it_is_ours)
{
    fixture on;
    CHECK(on.front->serves(handshake));
    CHECK(on.front->serves("/socket.io/x"));
    CHECK(!on.front->serves("/socket.io"));
    CHECK(!on.front->serves("/?x=/socket.io/"));
    CHECK(!on.front->serves(""));
}

BOOST_AUTO_TEST_CASE(connections_take_turns_on_shards_and_find_their_session)
{
    simulation world{3, 3};
    const auto echo = [](engine::peer& peer, const http_request&) {
        struct handler : engine::peer_handler
        {
            explicit handler(engine::peer& of) : peer{&of} {}

            void on_message(frame_kind, bytes_view payload) override
            {
                peer->send(engine::encode_packet(engine::packet_type::message, as_text(payload)));
            }

            void on_close(close_reason) override {}

            engine::peer* peer;
        };
        return std::make_unique<handler>(peer);
    };
    std::vector<std::unique_ptr<engine::server>> parts;
    std::vector<engine::server*> all;
    for (shard* const one : world.shards()) {
        parts.push_back(std::make_unique<engine::server>(*one, engine_options{}, echo));
        all.push_back(parts.back().get());
    }
    engine::server::unite(all);
    http_front front{world.shards(), *parts.front()};
    const auto adopt = [&](const http_request& request) {
        shard& where = front.next_shard();
        auto [near, far] = make_memory_streams(where, world.home());
        front.adopt(where, std::move(near), request);
        world.run();
        return raw_client{world, std::move(far)};
    };
    strings sids;
    for (int i = 0; i < 3; ++i)
        sids.push_back(sid_of(adopt(request_of("GET", handshake)).answer().body));
    for (const auto& part : parts)
        CHECK(part->session_count() == 1U);
    CHECK(front.shard_of(world.shards()[1]->context()) == world.shards()[1]);
    CHECK(front.shard_of(simulation{}.home().context()) == nullptr);
    for (const string& sid : sids) {
        const string target = fmt::format("{}&sid={}", handshake, sid);
        CHECK(adopt(request_of("POST", target, "4" + sid)).answer().body == "ok");
        CHECK(adopt(request_of("GET", target)).answer().body == "4" + sid);
    }
}

BOOST_AUTO_TEST_CASE(A07_each_hook_runs_once_for_a_connection_that_was_given_away)
{
    strings calls;
    fixture on{
        {},
        {},
        {.middlewares = {[&](const http_request&, header_fields&) {
             calls.emplace_back("middleware");
             return std::optional<http_response>{};
         }},
         .allow_request =
             [&](const http_request&) {
                 calls.emplace_back("allow_request");
                 return accept();
             },
         .initial_headers = [&](header_fields&,
                                const http_request&) { calls.emplace_back("initial"); },
         .headers = [&](header_fields&, const http_request&) { calls.emplace_back("headers"); }}
    };
    const strings handshakes{"middleware", "allow_request", "initial", "headers"};
    const strings later{"middleware", "headers"};
    calls.clear();  // the bystander's
    raw_client whole = on.adopt(request_of("GET", handshake));
    const string sid = sid_of(whole.answer().body);
    CHECK(std::exchange(calls, {}) == handshakes);
    raw_client bytes = on.adopt(websocket_request(websocket));
    CHECK(bytes.answer().status == 101);
    CHECK(std::exchange(calls, {}) == handshakes);

    http_request upload = request_of("POST", fmt::format("{}&sid={}", handshake, sid));
    upload.headers.append("Content-Length", "2");
    raw_client head = on.adopt_head(upload, "4");
    head.send("a");
    CHECK(head.answer().body == "ok");
    CHECK(std::exchange(calls, {}) == later);
}

BOOST_AUTO_TEST_SUITE_END()
