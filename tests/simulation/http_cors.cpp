// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

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
                         "Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n"
                         "Access-Control-Allow-Headers: content-type,x-token\r\n"
                         "Vary: Origin, Access-Control-Request-Headers\r\n"
                         "Access-Control-Allow-Origin: https://friend.example\r\n"
                         "Access-Control-Allow-Credentials: true\r\n\r\n"
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
    CHECK(client.answer().status == 101);
    CHECK(server.sessions() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
