// SPDX-License-Identifier: BSL-1.0
// The neutral seam: requests of an HTTP server that keeps its connections, and its WebSockets.
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/engine_server.hpp>
#include <cosio/transports/http_front.hpp>

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

http_request websocket_of(std::string_view target)
{
    http_request request = request_of("GET", target);
    request.headers.append("Connection", "Upgrade");
    request.headers.append("Upgrade", "websocket");
    request.headers.append("Sec-WebSocket-Version", "13");
    request.headers.append("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    return request;
}

/// The other server's end of a WebSocket.
struct far_socket final : message_sink
{
    void send(frame_kind kind, bytes_view message) override
    {
        sent.push_back((kind == frame_kind::binary ? "binary " : "") + string{as_text(message)});
    }

    bool takes_more() override { return sent.size() < room; }

    void close() override { sent.emplace_back("close"); }

    strings sent;
    std::size_t room = 1'000;
};

/// Who waits for the answer to a WebSocket handshake.
struct far_handshake final : http_answer_sink
{
    void respond(http_response response) override { refusal = std::move(response); }

    bool takes_websocket() const noexcept override { return true; }

    std::shared_ptr<message_sink> accept(http_response answer, message_source source) override
    {
        accepted = std::move(answer);
        from = std::move(source);
        return socket;
    }

    std::shared_ptr<far_socket> socket = std::make_shared<far_socket>();
    message_source from;
    std::optional<http_response> accepted;
    std::optional<http_response> refusal;
};

/// One request of the other server and its answer, if that has come.
struct exchange
{
    std::shared_ptr<strings> answers = std::make_shared<strings>();
    http_ticket ticket;

    [[nodiscard]] string take() const
    {
        return answers->empty() ? "" : joined(std::exchange(*answers, {}), '|');
    }
};

struct fixture
{
    explicit fixture(engine_options engine = {}, http_options http = {}) : server{std::move(engine)}
    {
        http.handler = [](const http_request& request) {
            return http_response{.body = "the application's " + request.target};
        };
        front.emplace(server.world.home(), server.engine, http);
    }

    ~fixture()
    {
        if (front)
            server.check_bystander();
    }

    exchange begin(http_request request)
    {
        exchange made;
        made.ticket = front->answer(
            std::move(request),
            [answers = made.answers](const http_response& response) {
                answers->push_back(fmt::format("{} {}", response.status, response.body));
            }
        );
        server.world.run();
        return made;
    }

    string ask(http_request request) { return begin(std::move(request)).take(); }

    string open() { return sid_of(ask(request_of("GET", handshake)).substr(4)); }

    std::shared_ptr<far_handshake> open_websocket(std::string_view target = websocket)
    {
        auto made = std::make_shared<far_handshake>();
        front->answer(websocket_of(target), made);
        server.world.run();
        return made;
    }

    raw_server server;
    std::optional<http_front> front;
};

string target_of(const string& sid)
{
    return fmt::format("{}&sid={}", handshake, sid);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_exchanges)

BOOST_FIXTURE_TEST_CASE(a_session_polls_through_another_server, fixture)
{
    const string target = target_of(open());
    const exchange poll = begin(request_of("GET", target));
    CHECK(poll.take() == "");
    CHECK(ask(request_of("POST", target, "4hello")) == "200 ok");
    CHECK(poll.take() == "200 4hello");
    CHECK(server.log().events == strings{"text hello"});
    server.pass(25s);
    CHECK(ask(request_of("GET", target)) == "200 2");
    CHECK(ask(request_of("POST", target, "3")) == "200 ok");
    CHECK(ask(request_of("GET", "/page")) == "200 the application's /page");
    CHECK(ask(request_of("HEAD", "/page")) == "200 ");
    CHECK(
        ask(request_of("GET", "/socket.io/")) == R"(400 {"code":0,"message":"Transport unknown"})"
    );
    CHECK(ask(request_of("GET", "no path")).starts_with("400 "));
    CHECK(front->connection_count() == 0U);
}

BOOST_AUTO_TEST_CASE(fields_hooks_and_addresses_are_those_of_a_connection)
{
    strings seen;
    engine_options options;
    options.cors.origins = {"https://a.example"};
    options.cookie.emplace();
    options.allow_request = [&](const http_request& request) -> task<verdict> {
        seen.push_back(fmt::format("{} {}", request.remote_address, request.secure));
        co_return accept();
    };
    fixture on{options};
    seen.clear();
    std::optional<http_response> answer;
    http_request request = request_of("GET", handshake);
    request.headers.append("Origin", "https://a.example");
    request.remote_address = "192.0.2.1";
    request.secure = true;
    on.front->answer(request, [&](http_response response) { answer = std::move(response); });
    on.server.world.run();
    CHECK(seen == strings{"192.0.2.1 true"});
    REQUIRE(answer.has_value());
    CHECK(answer->headers["access-control-allow-origin"] == "https://a.example");
    CHECK(answer->headers["set-cookie"].starts_with("io="));
}

BOOST_FIXTURE_TEST_CASE(who_goes_while_he_polls_has_gone, fixture)
{
    const string target = target_of(open());
    const exchange poll = begin(request_of("GET", target));
    poll.ticket.abandon();
    server.world.run();
    CHECK(poll.take() == "");
    CHECK(server.sessions() == 0);
    CHECK(server.log().events == strings{"close transport error"});
    poll.ticket.abandon();  // twice, and after its end
    server.world.run();
    const exchange page = begin(request_of("GET", "/page"));
    page.ticket.abandon();
    server.world.run();
    CHECK(page.take() == "200 the application's /page");
    http_ticket{}.abandon();
}

BOOST_FIXTURE_TEST_CASE(a_second_poll_ends_both_poll_6, fixture)
{
    const string target = target_of(open());
    const exchange first = begin(request_of("GET", target));
    CHECK(ask(request_of("GET", target)) == "400 " + string{bad_request});
    CHECK(first.take() == "200 1");
    CHECK(server.sessions() == 0);
}

BOOST_AUTO_TEST_CASE(limits_count_for_requests_too)
{
    http_options http;
    http.max_connections = 1;
    fixture on{{}, http};
    const string target = target_of(on.open());
    const exchange poll = on.begin(request_of("GET", target));
    CHECK(on.ask(request_of("GET", "/page")) == "503 ");
    CHECK(on.front->limits_reached()[limit::max_connections] == 1U);
    poll.ticket.abandon();
    on.server.world.run();
    CHECK(on.ask(request_of("POST", handshake, string(1'000'001, 'x'))).starts_with("413 "));
    http_request large = request_of("GET", "/page");
    large.headers.append("X", string(20'000, 'x'));
    CHECK(on.ask(large).starts_with("431 "));
    on.front->close();
    CHECK(on.ask(request_of("GET", "/page")) == "503 ");
}

BOOST_AUTO_TEST_CASE(packets_of_a_POST_are_limited_POLL_20)
{
    engine_options engine;
    engine.max_packets_per_post = 2;
    fixture on{engine};
    const string target = target_of(on.open());
    const exchange poll = on.begin(request_of("GET", target));
    CHECK(on.ask(request_of("POST", target, joined({"4a", "4b"}))) == "200 ok");
    CHECK(
        on.ask(request_of("POST", target, joined({"4c", "4d", "4e"}))) ==
        "400 " + string{bad_request}
    );
    CHECK(on.server.engine.limits_reached()[limit::max_packets_per_post] == 1U);
    CHECK(on.server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_websocket_is_refused_where_nobody_takes_it, fixture)
{
    CHECK(ask(websocket_of(websocket)) == "400 No WebSocket here");
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_websocket_of_another_server_carries_messages, fixture)
{
    const auto far = open_websocket();
    REQUIRE(far->accepted.has_value());
    CHECK(far->accepted->status == 101U);
    CHECK(far->accepted->headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    REQUIRE(far->socket->sent.size() == 1U);
    CHECK(far->socket->sent.front().starts_with("0{\"sid\""));
    far->socket->sent.clear();
    far->from.receive(frame_kind::text, "4hello");
    far->from.receive(frame_kind::binary, "\x01\x02");
    server.world.run();
    CHECK((far->socket->sent == strings{"4hello", "binary \x01\x02"}));
    CHECK((server.log().events == strings{"text hello", "binary \x01\x02"}));
    far->from.close();
    server.world.run();
    CHECK(server.sessions() == 0);
    CHECK(server.log().events.back() == "close transport close");
    far->from.receive(frame_kind::text, "4late");
    far->from.writable();
    far->from.close();
    message_source{}.close();
    server.world.run();
    CHECK(server.log().events.back() == "close transport close");
    CHECK(far->socket.use_count() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_session_moves_to_the_websocket_of_another_server_up_1, fixture)
{
    const string sid = open();
    const exchange poll = begin(request_of("GET", target_of(sid)));
    const auto far = open_websocket(fmt::format("{}&sid={}", websocket, sid));
    far->from.receive(frame_kind::text, "2probe");
    server.world.run();
    CHECK(poll.take() == "200 6");
    CHECK(far->socket->sent == strings{"3probe"});
    far->from.receive(frame_kind::text, "5");
    far->from.receive(frame_kind::text, "4moved");
    server.world.run();
    CHECK((far->socket->sent == strings{"3probe", "4moved"}));
    CHECK(server.log().events.front() == "upgrade");
    server.log().peer->close(close_reason::forced_close);
    server.world.run();
    CHECK(far->socket->sent.back() == "close");
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_slow_websocket_is_waited_for, fixture)
{
    const auto far = open_websocket();
    far->socket->room = 2;
    for (const string text : {"a", "b", "c"})
        server.log().peer->send(make_text_frame("4" + text));
    server.world.run();
    CHECK(far->socket->sent.size() == 2U);
    far->socket->room = 3;
    far->from.writable();
    server.world.run();
    CHECK(far->socket->sent.back() == "4b");
    far->socket->room = 100;
    far->from.writable();
    server.world.run();
    CHECK(far->socket->sent.back() == "4c");
}

BOOST_AUTO_TEST_CASE(messages_that_may_not_be_end_the_session)
{
    engine_options options;
    options.max_payload_bytes = 100;
    fixture on{options};
    std::size_t session = 0;
    const auto told = [&](frame_kind kind, const string& message) {
        const auto far = on.open_websocket();
        far->from.receive(kind, message);
        on.server.world.run();
        CHECK((far->socket->sent.back() == "close") == (on.server.sessions() == 0));
        const strings& events = on.server.log(session++).events;
        if (on.server.sessions() != 0)
            far->from.close();
        on.server.world.run();
        return events.front().substr(0, 20);
    };
    CHECK(told(frame_kind::text, "4" + string(99, 'x')) == "text " + string(15, 'x'));
    CHECK(told(frame_kind::text, "4" + string(100, 'x')) == "close transport erro");
    CHECK(told(frame_kind::binary, string(100, 'x')) == "binary " + string(13, 'x'));
    CHECK(told(frame_kind::binary, string(101, 'x')) == "close transport erro");
    CHECK(told(frame_kind::text, "9") == "close parse error");
    CHECK(told(frame_kind::text, "4\xff") == "close transport erro");
    // Faster than the session reads.
    const auto far = on.open_websocket();
    for (int i = 0; i < 5; ++i)
        far->from.receive(frame_kind::binary, string(90, 'x'));
    on.server.world.run();
    CHECK(on.server.log(session).events.back() == "close transport error");
}

BOOST_FIXTURE_TEST_CASE(a_websocket_that_may_not_be_is_answered, fixture)
{
    const auto far = open_websocket("/socket.io/?EIO=3&transport=websocket");
    CHECK(!far->accepted.has_value());
    REQUIRE(far->refusal.has_value());
    CHECK(far->refusal->status == 400U);
    const auto elsewhere = open_websocket("/page");
    REQUIRE(elsewhere->refusal.has_value());
    CHECK(elsewhere->refusal->status == 404U);
}

BOOST_FIXTURE_TEST_CASE(what_the_other_server_throws_harms_nobody_else, fixture)
{
    front->answer(request_of("GET", "/page"), [](const http_response&) {
        throw std::runtime_error{"respond"};
    });

    struct thrower final : http_answer_sink
    {
        void respond(http_response) override {}

        bool takes_websocket() const noexcept override { return true; }

        std::shared_ptr<message_sink> accept(http_response, message_source) override
        {
            throw std::runtime_error{"accept"};
        }
    };

    front->answer(websocket_of(websocket), std::make_shared<thrower>());
    server.world.run();
    CHECK(server.sessions() == 0);
    CHECK(front->connection_count() == 0U);
}

BOOST_AUTO_TEST_CASE(requests_under_way_may_be_left_by_the_end_of_the_world)
{
    for (const bool abandons : {false, true}) {
        std::optional<fixture> on{std::in_place};
        const exchange poll = on->begin(request_of("GET", target_of(on->open())));
        const auto far = on->open_websocket();
        on->server.check_bystander();
        on->front.reset();
        if (abandons)
            poll.ticket.abandon();
        on.reset();
        CHECK(poll.take() == "");
    }
}

BOOST_AUTO_TEST_CASE(requests_find_the_shard_of_their_session)
{
    simulation world{5, 3};
    engine_server server{world.shards()};
    server.on_connection([](engine_socket socket, const http_request&) {
        socket.on_text([socket](std::string_view text) { socket.send(text); });
    });
    http_front front{world.shards(), server};
    const auto ask = [&](const http_request& request) {
        string answer;
        front.answer(request, [&](const http_response& response) { answer = response.body; });
        world.run();
        return answer;
    };
    for (int i = 0; i < 6; ++i) {
        const string sid = sid_of(ask(request_of("GET", "/engine.io/?EIO=4&transport=polling")));
        const string target = "/engine.io/?EIO=4&transport=polling&sid=" + sid;
        CHECK(ask(request_of("POST", target, "4x")) == "ok");
        CHECK(ask(request_of("GET", target)) == "4x");
    }
    CHECK(server.connection_count() == 6U);
    CHECK(server.engine().session_count() == 2U);
}

BOOST_AUTO_TEST_CASE(A07_each_hook_runs_once_for_requests_of_another_server)
{
    strings calls;
    fixture on{
        {.middlewares = {[&](const http_request&, header_fields&) {
             calls.emplace_back("middleware");
             return std::optional<http_response>{};
         }},
         .allow_request =
             [&](const http_request& request) {
                 calls.emplace_back("allow_request");
                 return request.query().find("bad") == std::string_view::npos ? accept()
                                                                              : reject("no");
             },
         .initial_headers = [&](header_fields&,
                                const http_request&) { calls.emplace_back("initial"); },
         .headers = [&](header_fields&, const http_request&) { calls.emplace_back("headers"); }}
    };
    const strings handshakes{"middleware", "allow_request", "initial", "headers"};
    const strings refused{"middleware", "allow_request", "headers"};
    const strings later{"middleware", "headers"};
    calls.clear();  // the bystander's
    const string sid = on.open();
    CHECK(std::exchange(calls, {}) == handshakes);
    CHECK(on.ask(request_of("POST", target_of(sid), "4a")) == "200 ok");
    CHECK(std::exchange(calls, {}) == later);
    CHECK(on.ask(request_of("GET", target_of(sid))) == "200 4a");
    CHECK(std::exchange(calls, {}) == later);
    CHECK(on.ask(request_of("GET", string{handshake} + "&bad")).starts_with("403 "));
    CHECK(std::exchange(calls, {}) == refused);

    CHECK(on.open_websocket()->accepted.has_value());
    CHECK(std::exchange(calls, {}) == handshakes);
    CHECK(on.open_websocket(string{websocket} + "&bad")->refusal.has_value());
    CHECK(std::exchange(calls, {}) == refused);
    CHECK(on.open_websocket(string{websocket} + "&sid=" + sid)->accepted.has_value());
    CHECK(std::exchange(calls, {}) == later);
}

BOOST_AUTO_TEST_SUITE_END()
