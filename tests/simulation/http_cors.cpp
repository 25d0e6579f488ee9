// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <cosio/detail/wakeup.hpp>

#include <fmt/format.h>

// features.md HTTP-9..12: CORS says who may read the answers; it refuses nobody.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";
constexpr std::string_view from_friend = "Origin: https://friend.example\r\n";
constexpr std::string_view from_foe = "Origin: https://foe.example\r\n";

engine_options listed()
{
    return {
        .cors =
            {.origins = {"https://other.example", "https://friend.example"}, .credentials = true}
    };
}

// What an answer says of CORS: origin, credentials, vary.
string cors(const raw_answer& answer)
{
    return fmt::format(
        "{}; {}; {}",
        answer["access-control-allow-origin"],
        answer["access-control-allow-credentials"],
        answer["vary"]
    );
}

const string friendly = "https://friend.example; true; Origin";
const string unfriendly = "(none); (none); Origin";
const string silent = "(none); (none); (none)";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_cors)

BOOST_AUTO_TEST_CASE(a_preflight_is_answered_before_anything_is_checked_http_9)
{
    raw_server server{listed()};
    raw_client client = server.client();
    client.send(http_text(
        "OPTIONS",
        "/socket.io/?EIO=9&transport=none&sid=unknown",
        {},
        string{from_friend} + "Access-Control-Request-Method: POST\r\n"
                              "Access-Control-Request-Headers: content-type,x-token\r\n"
    ));
    CHECK(
        client.take() == "HTTP/1.1 204 No Content\r\n"
                         "Access-Control-Allow-Origin: https://friend.example\r\n"
                         "Access-Control-Allow-Credentials: true\r\n"
                         "Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n"
                         "Vary: Origin, Access-Control-Request-Headers\r\n"
                         "Access-Control-Allow-Headers: content-type,x-token\r\n\r\n"
    );
    CHECK(client.ask("GET", handshake).status == 200);  // the connection goes on
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_preflight_to_a_session_does_not_disturb_it_http_9)
{
    raw_server server{listed()};
    raw_poller session{server};
    session.begin_poll();
    CHECK(server.ask("OPTIONS", session.target(), {}, from_friend).status == 204);
    CHECK(session.end_poll() == "");
    CHECK(session.post("4alive").body == "ok");
    CHECK(session.end_poll() == "4alive");
}

// Else its page sees a failed request, and not why.
BOOST_AUTO_TEST_CASE(the_413_of_an_upload_is_for_other_origins_too_poll_5_http_11)
{
    engine_options options = listed();
    options.max_payload_bytes = 100;
    engine_options other;
    other.max_payload_bytes = 1'000;
    other.path = "/other/";
    raw_server server{options};
    const auto nobody = [](engine::peer&, const http_request&) { return nullptr; };
    engine::server large{server.world.home(), other, nobody};
    http_server both{server.world.home(), {&server.engine, &large}, {}};
    raw_poller session{server};
    const string fields = string{from_friend} + "Content-Length: 101\r\n";
    const string chunked = string{from_friend} + "Transfer-Encoding: chunked\r\n";
    raw_client announced = server.client();
    announced.send(http_text("POST", session.target(), {}, fields));
    const raw_answer at_head = announced.answer();
    CHECK(at_head.status == 413);
    CHECK(cors(at_head) == friendly);
    CHECK(announced.ended());
    // What the decoder allows for the other host's sake is refused later.
    for (http_server* const front : {&server.http, &both}) {
        raw_client whole{server.world, *front};
        whole.send(http_text("POST", session.target(), {}, fields) + string(101, 'x'));
        CHECK(cors(whole.answer()) == friendly);
        raw_client in_chunks{server.world, *front};
        in_chunks.send(http_text("POST", session.target(), {}, chunked));
        in_chunks.send("65\r\n" + string(101, 'x') + "\r\n");
        const raw_answer at_byte = in_chunks.answer();
        CHECK(at_byte.status == 413);
        CHECK(cors(at_byte) == friendly);
        raw_client enemy{server.world, *front};
        enemy.send(http_text("POST", session.target(), string(101, 'x'), from_foe));
        CHECK(cors(enemy.answer()) == unfriendly);
    }
    CHECK(session.post("4alive").body == "ok");
}

BOOST_AUTO_TEST_CASE(a_coroutine_decides_over_the_origins_that_are_not_listed)
{
    strings asked;
    engine_options options = listed();
    std::optional<detail::wakeup> known;
    options.cors.allow_origin = [&](const http_request& request) -> task<bool> {
        asked.emplace_back(request.headers["origin"]);
        if (request.headers["origin"] == "https://throws.example")
            throw std::runtime_error{"no idea"};
        co_await known->wait();
        co_return request.headers["origin"] == "https://late.example";
    };
    raw_server server{options};
    known.emplace(server.world.home().executor());
    const string from_late = "Origin: https://late.example\r\n";
    const string late = "https://late.example; true; Origin";

    const auto decided = [&](std::string_view method, const string& target, std::string_view fields
                         ) {
        raw_client client = server.client();
        client.send(http_text(method, target, {}, fields));
        CHECK(client.silent());
        known->notify();
        return client.answer();
    };
    const string target{handshake};
    const raw_answer open = decided("GET", target, from_late);
    CHECK(open.status == 200);
    CHECK(cors(open) == late);
    CHECK(
        cors(decided("OPTIONS", target, from_late)) ==
        "https://late.example; true; Origin, Access-Control-Request-Headers"
    );
    CHECK(cors(decided("GET", target, from_foe)) == unfriendly);
    // An upload comes whole before it is decided over.
    const string session = fmt::format("{}&sid={}", handshake, sid_of(open.body));
    raw_client upload = server.client();
    upload.send(http_text("POST", session, "4hello", from_late));
    CHECK(upload.silent());
    known->notify();
    const raw_answer taken = upload.answer();
    CHECK(taken.body == "ok");
    CHECK(cors(taken) == late);
    CHECK(server.log().events == strings{"text hello"});
    raw_client upgrade = server.client();
    upgrade.send(websocket_request("/socket.io/?EIO=4&transport=websocket", from_late));
    CHECK(upgrade.silent());
    known->notify();
    const raw_answer switched = upgrade.answer();
    CHECK(switched.status == 101);
    CHECK(cors(switched) == late);
    // Nobody is asked where the answer is known.
    asked.clear();
    CHECK(cors(server.ask("GET", handshake, {}, from_friend)) == friendly);
    CHECK(cors(server.ask("GET", handshake)) == unfriendly);
    CHECK(asked == strings{});
    // Who throws, or does not come back, has not said yes.
    CHECK(
        cors(server.ask("GET", handshake, {}, "Origin: https://throws.example\r\n")) == unfriendly
    );
    raw_client never = server.client();
    never.send(http_text("GET", handshake, {}, from_late));
    server.pass(30s);
    const raw_answer expired = never.answer();
    CHECK(expired.status == 400);
    CHECK(cors(expired) == unfriendly);
    server.check_bystander();
    known->notify();  // the last one still waits there
    server.world.run();
}

BOOST_AUTO_TEST_CASE(without_cors_options_is_a_method_like_others_http_9)
{
    raw_server server;
    const raw_answer handshake_answer = server.ask("OPTIONS", handshake, {}, from_friend);
    CHECK(handshake_answer.body == R"({"code":2,"message":"Bad handshake method"})");
    CHECK(cors(handshake_answer) == silent);
    const raw_answer bare = server.ask("OPTIONS", "/socket.io/", {}, from_friend);
    CHECK(bare.body == R"({"code":0,"message":"Transport unknown"})");
}

BOOST_AUTO_TEST_CASE(a_disallowed_origin_is_served_and_not_named_http_10)
{
    raw_server server{listed()};
    const raw_answer foe = server.ask("GET", handshake, {}, from_foe);
    CHECK(foe.status == 200);
    CHECK(cors(foe) == unfriendly);
    const raw_answer none = server.ask("GET", handshake);
    CHECK(none.status == 200);
    CHECK(cors(none) == unfriendly);
    const raw_answer preflight = server.ask("OPTIONS", handshake, {}, from_foe);
    CHECK(preflight.status == 204);
    CHECK(cors(preflight) == "(none); (none); Origin, Access-Control-Request-Headers");
}

BOOST_AUTO_TEST_CASE(an_allowed_origin_is_echoed_everywhere_http_11)
{
    raw_server server{listed()};
    raw_client client = server.client();
    const raw_answer open = client.ask("GET", handshake, {}, from_friend);
    CHECK(cors(open) == friendly);
    const string session = fmt::format("{}&sid={}", handshake, sid_of(open.body));

    CHECK(cors(client.ask("POST", session, "4abc", from_friend)) == friendly);
    CHECK(cors(client.ask("GET", session, {}, from_friend)) == friendly);

    // Refusals as well, by the routes and by the session.
    const auto refused = [&](std::string_view method, std::string_view target, std::string_view body
                         ) {
        const raw_answer answer = server.ask(method, target, body, from_friend);
        CHECK(answer.status >= 400);
        return cors(answer);
    };
    CHECK(refused("GET", string{handshake} + "&sid=unknown", "") == friendly);
    CHECK(refused("POST", handshake, "4abc") == friendly);
    CHECK(refused("DELETE", session, "") == friendly);
    CHECK(refused("POST", session, "bad packet") == friendly);

    raw_poller other{server};
    CHECK(cors(other.post("4abc", string{from_friend} + "Content-Encoding: gzip\r\n")) == friendly);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(any_origin_is_a_star_without_credentials_http_11)
{
    raw_server server{{.cors = {.origins = {"*"}}}};
    CHECK(cors(server.ask("GET", handshake, {}, from_foe)) == "*; (none); (none)");
    CHECK(cors(server.ask("GET", handshake)) == "*; (none); (none)");
    CHECK(
        cors(server.ask("OPTIONS", handshake, {}, from_foe)) ==
        "*; (none); Access-Control-Request-Headers"
    );
    BOOST_CHECK_THROW(
        raw_server({.cors = {.origins = {"*"}, .credentials = true}}), std::invalid_argument
    );
}

BOOST_AUTO_TEST_CASE(a_preflight_says_what_the_options_say_c05)
{
    raw_server server{
        {.cors =
             {.origins = {"*"},
              .methods = {"GET", "POST"},
              .allowed_headers = {"content-type", "x-token"},
              .exposed_headers = {"x-server", "x-time"},
              .max_age = 600s,
              .preflight_status = 200}}
    };
    raw_client client = server.client();
    client.send(http_text(
        "OPTIONS",
        handshake,
        {},
        string{from_foe} + "Access-Control-Request-Method: BREW\r\n"
                           "Access-Control-Request-Headers: x-other\r\n"
    ));
    CHECK(
        client.take() == "HTTP/1.1 200 OK\r\n"
                         "Access-Control-Allow-Origin: *\r\n"
                         "Access-Control-Allow-Methods: GET,POST\r\n"
                         "Access-Control-Allow-Headers: content-type,x-token\r\n"
                         "Access-Control-Max-Age: 600\r\n"
                         "Access-Control-Expose-Headers: x-server,x-time\r\n"
                         "Content-Length: 0\r\n\r\n"
    );
    const raw_answer open = client.ask("GET", handshake, {}, from_foe);
    CHECK(open["access-control-expose-headers"] == "x-server,x-time");
    CHECK(open["access-control-allow-methods"] == "(none)");
    CHECK(open["access-control-max-age"] == "(none)");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(any_origin_may_be_named_back_http_11)
{
    raw_server server{{.cors = {.credentials = true, .reflect_origin = true}}};
    CHECK(cors(server.ask("GET", handshake, {}, from_foe)) == "https://foe.example; true; Origin");
    CHECK(cors(server.ask("GET", handshake)) == unfriendly);
}

BOOST_AUTO_TEST_CASE(a_function_decides_over_the_origins_that_are_not_listed)
{
    strings asked;
    raw_server server{
        {.cors =
             {.origins = {"https://other.example"},
              .allow_origin =
                  [&](const http_request& request) {
                      asked.emplace_back(request.headers["origin"]);
                      if (request.headers["origin"] == "https://bad.example")
                          throw std::runtime_error{"no answer"};
                      return request.headers["origin"].ends_with(".friend.example");
                  }}}
    };
    const auto named = [&](const string& origin) {
        return server.ask(
            "GET", handshake, {}, "Origin: " + origin + "\r\n"
        )["access-control-allow-origin"];
    };
    CHECK(named("https://a.friend.example") == "https://a.friend.example");
    CHECK(named("https://foe.example") == "(none)");
    CHECK(named("https://bad.example") == "(none)");
    CHECK(named("https://other.example") == "https://other.example");
    CHECK(
        asked == (strings{"https://a.friend.example", "https://foe.example", "https://bad.example"})
    );
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(only_the_very_origin_is_named_c02)
{
    raw_server server{{.cors = {.origins = {"http://good"}}}};
    const auto named = [&](const string& origin) {
        return server.ask(
            "GET", handshake, {}, "Origin: " + origin + "\r\n"
        )["access-control-allow-origin"];
    };
    CHECK(named("http://good") == "http://good");
    CHECK(named("http://GOOD") == "http://GOOD");
    for (const string other :
         {"http://evil",
          "null",
          "http://good.evil",
          "http://good.",
          "http://good:8080",
          "https://good"})
        CHECK(named(other) == "(none)", other);
}

BOOST_AUTO_TEST_CASE(a_preflight_may_go_on_to_a_middleware)
{
    raw_server server{
        {.cors = {.origins = {"*"}, .preflight_continue = true},
         .middlewares =
             {[](const http_request& request, header_fields&) -> std::optional<http_response> {
                 if (request.method != "OPTIONS")
                     return std::nullopt;
                 return http_response{.status = 299, .headers = {}, .body = "mine"};
             }}}
    };
    const raw_answer answer = server.ask("OPTIONS", handshake, {}, from_foe);
    CHECK(answer.status == 299);
    CHECK(answer.body == "mine");
    CHECK(cors(answer) == "*; (none); Access-Control-Request-Headers");
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(an_origin_with_illegal_characters_is_refused_http_12)
{
    raw_server server{listed()};
    for (const string bad :
         {"https://friend.example\x01",
          "https://friend.\x7f"
          "example"}) {
        const raw_answer answer = server.ask("GET", handshake, {}, "Origin: " + bad + "\r\n");
        CHECK(answer.status == 400);
        CHECK(answer.body.starts_with(R"({"code":3,)"));
        CHECK(answer["access-control-allow-origin"] == "(none)");
    }
    CHECK(server.sessions() == 0);
}

BOOST_AUTO_TEST_CASE(a_websocket_is_not_bound_by_cors_http_10)
{
    raw_server server{listed()};
    raw_client client = server.client();
    client.send(websocket_request("/socket.io/?EIO=4&transport=websocket", from_foe));
    const raw_answer answer = client.answer();
    CHECK(answer.status == 101);
    CHECK(cors(answer) == unfriendly);
    CHECK(server.sessions() == 1);
}

BOOST_AUTO_TEST_CASE(allowed_origins_are_enforced_A39_c04_c06_c07_http_10)
{
    raw_server server{{.allowed_origins = {"https://friend.example", "null"}}};
    const string refused = R"({"code":4,"message":"Forbidden"})";
    const auto outcome = [&](const string& fields) {
        const raw_answer answer = server.ask("GET", handshake, {}, fields);
        return answer.status == 200 ? "200" : fmt::format("{} {}", answer.status, answer.body);
    };
    CHECK(outcome(string{from_friend}) == "200");
    CHECK(outcome("Origin: null\r\n") == "200");
    CHECK(outcome("") == "200");  // no page of another site asks without saying so
    CHECK(server.sessions() == 3);
    CHECK(outcome(string{from_foe}) == "403 " + refused);
    CHECK(outcome("Origin: https://friend.example.evil\r\n") == "403 " + refused);
    CHECK(outcome("Origin:\r\n") == "403 " + refused);
    CHECK(outcome(string{from_friend} + string{from_foe}) == "403 " + refused);
    CHECK(server.sessions() == 3);

    raw_client client = server.client();
    client.send(websocket_request("/socket.io/?EIO=4&transport=websocket", from_foe));
    const raw_answer answer = client.answer();
    CHECK(answer.status == 403);
    CHECK(answer.body == "Forbidden");
    CHECK(client.ended());
    CHECK(server.sessions() == 3);
    raw_client friendly_client = server.client();
    friendly_client.send(websocket_request("/socket.io/?EIO=4&transport=websocket", from_friend));
    CHECK(friendly_client.answer().status == 101);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_known_sid_does_not_help_another_origin_c06)
{
    raw_server server{{.allowed_origins = {"https://friend.example"}}};
    raw_poller session{server};
    CHECK(session.post("4abc", from_foe).status == 403);
    CHECK(server.ask("GET", session.target(), {}, from_foe).status == 403);
    raw_client client = server.client();
    client.send(websocket_request(session.target("websocket"), from_foe));
    CHECK(client.answer().status == 403);
    CHECK(session.post("4alive", from_friend).body == "ok");
    CHECK(session.poll() == "4alive");
    CHECK(server.log().events == strings{"text alive"});
}

BOOST_AUTO_TEST_CASE(a_function_may_enforce_origins)
{
    raw_server server{{.allow_origin = [](const http_request& request) {
        if (request.headers["origin"] == "https://bad.example")
            throw 1;
        return request.headers["origin"] == "https://friend.example";
    }}};
    CHECK(server.ask("GET", handshake, {}, from_friend).status == 200);
    CHECK(server.ask("GET", handshake, {}, from_foe).status == 403);
    CHECK(server.ask("GET", handshake, {}, "Origin: https://bad.example\r\n").status == 403);
    CHECK(server.ask("GET", handshake).status == 200);
    server.check_bystander();
}

BOOST_AUTO_TEST_SUITE_END()
