// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/detail/wakeup.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

// features.md HTTP-15, HTTP-16: what the application sees of every request, and adds to every answer.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view websocket = "/socket.io/?EIO=4&transport=websocket";

using maybe_response = std::optional<http_response>;

/// A middleware that notes what it sees, answers below /socket.io/mine, and throws below /socket.io/fault.
struct watcher
{
    [[nodiscard]] maybe_response operator()(const http_request& request, header_fields& added)
    {
        const std::string_view upgrade = request.wants_websocket() ? " upgrade" : "";
        seen->push_back(fmt::format("{} {}{}", request.method, request.path(), upgrade));
        added.append("X-Seen", std::to_string(seen->size()));
        if (request.path() == "/socket.io/fault")
            throw std::runtime_error{"out of order"};
        if (request.path() != "/socket.io/mine")
            return std::nullopt;
        return http_response{.status = 418, .headers = {}, .body = "mine"};
    }

    [[nodiscard]] strings take() const { return std::exchange(*seen, {}); }

    std::shared_ptr<strings> seen = std::make_shared<strings>();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_middleware)

BOOST_AUTO_TEST_CASE(a_middleware_sees_every_request_once)
{
    const watcher watch;
    raw_server server{{.middlewares = {watch}}};
    CHECK(watch.take() == strings{"GET /socket.io/ upgrade"});  // the bystander's
    raw_poller session{server};
    CHECK(session.handshake["x-seen"] == "1");
    CHECK(session.post("4abc")["x-seen"] == "2");
    CHECK(session.poll() == "4abc");
    CHECK(watch.take() == (strings{"GET /socket.io/", "POST /socket.io/", "GET /socket.io/"}));
    raw_websocket link = session.open_websocket();
    CHECK(link.handshake()["x-seen"] == "1");
    CHECK(watch.take() == strings{"GET /socket.io/ upgrade"});

    // Refusals carry what it added, and are seen before anything is checked.
    const raw_answer refused = server.ask("GET", "/socket.io/?EIO=9");
    CHECK(refused.status == 400);
    CHECK(refused["x-seen"] == "1");
    CHECK(server.ask("GET", "/nobody")["x-seen"] == "(none)");
    CHECK(watch.take() == strings{"GET /socket.io/"});
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_middleware_may_be_added_while_the_server_runs)
{
    const watcher watch;
    raw_server server;
    raw_poller session{server};
    server.engine.use(watch);
    CHECK(session.post("4abc")["x-seen"] == "1");
    // One that adds another one, at the head of an upload, with those of its request under way.
    const watcher second;
    bool added = false;
    server.engine.use([&](const http_request&, header_fields&) -> maybe_response {
        if (!std::exchange(added, true))
            server.engine.use(second);
        return std::nullopt;
    });
    session.begin_post(4, "4a");
    session.more_post("bc");
    CHECK(session.posting->answer().body == "ok");
    CHECK(watch.take().size() == 2);
    CHECK(second.take() == strings{"POST /socket.io/"});
    CHECK(
        session.poll() == "4abc\x1e"
                          "4abc"
    );
    CHECK(second.take() == strings{"GET /socket.io/"});
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_middleware_sees_an_upload_at_its_head_and_not_again)
{
    const watcher watch;
    raw_server server{{.middlewares = {watch}}};
    raw_poller session{server};
    static_cast<void>(watch.take());
    session.begin_post(4, "4d");
    CHECK(watch.take() == strings{"POST /socket.io/"});
    session.more_post("ef");
    const raw_answer answer = session.posting->answer();
    CHECK(answer.body == "ok");
    CHECK(answer["x-seen"] == "1");
    CHECK(watch.take() == strings{});
    CHECK(server.log().events == strings{"text def"});

    raw_client refused = server.client();
    refused.send(http_text("POST", "/socket.io/mine", {}, "Content-Length: 4\r\n"));
    CHECK(refused.answer().body == "mine");
    CHECK(refused.ended());
    raw_client fault = server.client();
    fault.send(http_text("POST", "/socket.io/fault", {}, "Content-Length: 4\r\n"));
    CHECK(fault.answer().body == bad_request);
    CHECK(fault.ended());
    CHECK(session.post("4alive").body == "ok");
}

BOOST_AUTO_TEST_CASE(a_middleware_may_answer_by_itself)
{
    const watcher watch;
    raw_server server{{.middlewares = {watch}}};
    raw_client client = server.client();
    const raw_answer answer = client.ask("GET", "/socket.io/mine");
    CHECK(answer.status == 418);
    CHECK(answer.body == "mine");
    CHECK(answer["x-seen"] == "2");
    CHECK(client.ask("GET", handshake).status == 200);  // the connection goes on

    raw_client upgrade = server.client();
    upgrade.send(websocket_request("/socket.io/mine"));
    CHECK(upgrade.answer().status == 418);
    CHECK(upgrade.ended());
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(middlewares_are_asked_in_order_until_one_answers)
{
    const watcher first;
    const watcher second;
    raw_server server{{.middlewares = {first, second}}};
    static_cast<void>(first.take());
    static_cast<void>(second.take());
    CHECK(server.ask("GET", handshake).status == 200);
    CHECK(server.ask("GET", "/socket.io/mine").status == 418);
    CHECK(first.take().size() == 2);
    CHECK(second.take() == strings{"GET /socket.io/"});
}

BOOST_AUTO_TEST_CASE(a_middleware_that_throws_is_code_3_middleware_failure)
{
    strings told;
    raw_server server{
        {.middlewares = {watcher{}},
         .on_connection_error =
             [&](const connection_error& error) {
                 told.push_back(fmt::format(
                     "{} {}", static_cast<int>(error.code), boost::json::serialize(error.context)
                 ));
             }}
    };
    const raw_answer answer = server.ask("GET", "/socket.io/fault");
    CHECK(answer.status == 400);
    CHECK(answer.body == bad_request);
    CHECK(told == strings{R"(3 {"name":"MIDDLEWARE_FAILURE","error":"out of order"})"});
    raw_client upgrade = server.client();
    upgrade.send(websocket_request("/socket.io/fault"));
    CHECK(upgrade.answer().body == "Bad request");
    CHECK(upgrade.ended());
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_middleware_may_be_a_coroutine)
{
    std::unique_ptr<detail::wakeup> gate;
    const watcher watch;
    raw_server server{
        {.middlewares =
             {[&gate](const http_request& request, header_fields& added) -> task<maybe_response> {
                  if (gate)
                      co_await gate->wait();
                  added.append("X-User", request.headers["x-token"]);
                  maybe_response none;
                  co_return none;
              },
              watch}}
    };
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    static_cast<void>(watch.take());
    raw_client client = server.client();
    client.send(http_text("GET", handshake, {}, "X-Token: me\r\n"));
    CHECK(client.silent());
    CHECK(watch.take() == strings{});
    gate->notify();
    const raw_answer open = client.answer();
    CHECK(open["x-user"] == "me");
    CHECK(watch.take() == strings{"GET /socket.io/"});

    // An upload is looked at when it is whole.
    const string session = fmt::format("{}&sid={}", handshake, sid_of(open.body));
    client.send(http_text("POST", session, {}, "Content-Length: 4\r\nX-Token: you\r\n") + "4a");
    CHECK(client.silent());
    client.send("bc");
    CHECK(client.silent());
    gate->notify();
    const raw_answer posted = client.answer();
    CHECK(posted.body == "ok");
    CHECK(posted["x-user"] == "you");

    client.send(http_text("GET", session));
    gate->notify();
    CHECK(client.answer().body == "4abc");
    // A poll that it has let pass waits as any other.
    client.send(http_text("GET", session));
    gate->notify();
    CHECK(client.silent());
    server.pass(25s);
    CHECK(client.answer().body == "2");
    gate = nullptr;
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_middleware_that_never_answers_is_cut_by_hook_timeout_c13)
{
    std::unique_ptr<detail::wakeup> gate;
    raw_server server{
        {.hook_timeout = 3s,
         .middlewares = {[&gate](const http_request&, header_fields&) -> task<maybe_response> {
             if (gate)
                 co_await gate->wait();
             maybe_response none;
             co_return none;
         }}}
    };
    gate = std::make_unique<detail::wakeup>(server.world.home().executor());
    raw_client client = server.client();
    client.send(http_text("GET", handshake));
    server.pass(3s);
    const raw_answer answer = client.answer();
    CHECK(answer.status == 400);
    CHECK(answer.body == bad_request);
    gate->notify();
    server.world.run();
    CHECK(server.sessions() == 0);
    gate = nullptr;
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_server_may_go_while_a_hook_waits)
{
    std::unique_ptr<detail::wakeup> gate;
    simulation world;
    gate = std::make_unique<detail::wakeup>(world.home().executor());
    int ended = 0;
    {
        engine::server engine{
            world.home(),
            {.middlewares =
                 {[&](const http_request& request, header_fields& added) -> task<maybe_response> {
                     co_await gate->wait();
                     added.append("X", request.target);
                     ++ended;
                     maybe_response none;
                     co_return none;
                 }}},
            [](engine::peer&, const http_request&) -> std::unique_ptr<engine::peer_handler> {
                return nullptr;
            }
        };
        std::optional<http_server> http;
        http.emplace(world.home(), std::vector<engine_host*>{&engine}, http_options{});
        raw_client client{world, *http};
        client.send(http_text("GET", handshake));
        http.reset();
        CHECK(client.silent());
        gate->notify();
        CHECK(client.answer().status == 503);
        CHECK(client.ended());
        CHECK(ended == 1);
    }
}

BOOST_AUTO_TEST_CASE(headers_come_with_every_answer_and_initial_headers_once_http_16)
{
    strings calls;
    raw_server server{
        {.initial_headers =
             [&](header_fields& fields, const http_request& request) {
                 calls.push_back(fmt::format("initial {}", request.method));
                 fields.append("X-First", "1");
             },
         .headers =
             [&](header_fields& fields, const http_request& request) {
                 calls.push_back(fmt::format("headers {}", request.method));
                 fields.set("Cache-Control", "no-cache");
                 fields.append("X-Every", "1");
                 fields.append("Sec-WebSocket-Accept", "mine");
             }}
    };
    CHECK(calls == (strings{"initial GET", "headers GET"}));  // the bystander's 101
    calls.clear();
    raw_poller session{server};
    CHECK(session.handshake["x-first"] == "1");
    CHECK(session.handshake["x-every"] == "1");
    CHECK(session.handshake["cache-control"] == "no-cache");
    CHECK(calls == (strings{"initial GET", "headers GET"}));
    calls.clear();
    const raw_answer posted = session.post("4abc");
    CHECK(posted["x-first"] == "(none)");
    CHECK(posted["x-every"] == "1");
    CHECK(session.poll() == "4abc");
    CHECK(server.ask("GET", string{handshake} + "&sid=x")["x-every"] == "1");
    CHECK(calls == (strings{"headers POST", "headers GET", "headers GET"}));

    raw_client client = server.client();
    client.send(websocket_request(session.target("websocket")));
    const raw_answer upgrade = client.answer();
    CHECK(upgrade.status == 101);
    CHECK(upgrade["x-every"] == "1");
    CHECK(upgrade["x-first"] == "(none)");
    CHECK(upgrade["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_headers_hook_that_throws_costs_nothing)
{
    raw_server server{
        {.initial_headers = [](header_fields&, const http_request&) { throw 1; },
         .headers =
             [](header_fields& fields, const http_request&) {
                 fields.append("X-Half", "1");
                 throw std::runtime_error{"no"};
             }}
    };
    const raw_answer answer = server.ask("GET", handshake);
    CHECK(answer.status == 200);
    CHECK(answer["x-half"] == "1");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_cookie_names_the_session_with_its_first_answer_only_http_15)
{
    raw_server server{{.cookie = cookie_options{}}};
    raw_poller session{server};
    CHECK(
        session.handshake["set-cookie"] == "io=" + session.sid + "; Path=/; HttpOnly; SameSite=Lax"
    );
    CHECK(session.post("4abc")["set-cookie"] == "(none)");
    CHECK(server.ask("GET", session.target())["set-cookie"] == "(none)");
    CHECK(server.ask("GET", string{handshake} + "&sid=x")["set-cookie"] == "(none)");

    raw_websocket link{server.world, server.http, websocket};
    const string sid = sid_of(link.take().at(0));
    CHECK(link.handshake()["set-cookie"] == "io=" + sid + "; Path=/; HttpOnly; SameSite=Lax");
    raw_websocket upgrade = session.open_websocket();
    CHECK(upgrade.handshake()["set-cookie"] == "(none)");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(without_the_option_there_is_no_cookie_http_15)
{
    raw_server server;
    CHECK(raw_poller{server}.handshake["set-cookie"] == "(none)");
    // And none that comes is looked at.
    CHECK(server.ask("GET", handshake, {}, "Cookie: io=x; io=y; ;;=\r\n").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
