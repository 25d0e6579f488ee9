// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"
#include "support/raw_server.hpp"

#include <boost/test/data/test_case.hpp>

#include <fmt/format.h>

// features.md 3.1, HTTP-1..8, 13, 17; reliability.md H37..H48: who gets a session, and what the others are told.

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";

const string too_old = R"({"code":5,"message":"Unsupported protocol version"})";
const string unknown_transport = R"({"code":0,"message":"Transport unknown"})";
const string bad_method = R"({"code":2,"message":"Bad handshake method"})";

// "200", or status and body of a refusal, over a connection of its own.
string outcome(
    raw_server& server, std::string_view method, std::string_view target, std::string_view body = {}
)
{
    const raw_answer answer = server.ask(method, target, body);
    if (answer.status == 200)
        return "200";
    return fmt::format("{} {}", answer.status, answer.body);
}

struct fixture
{
    ~fixture() { server.check_bystander(); }

    raw_server server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_handshake)

BOOST_DATA_TEST_CASE(an_open_packet_comes_byte_for_byte_http_1, all_segments())
{
    raw_server server{{}, {}, sample};
    raw_client client = server.client();
    client.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n");
    const string answer = client.take();
    const string sid = sid_of(answer.substr(answer.find("\r\n\r\n") + 4));
    CHECK(sid.size() >= 20);
    const string body = fmt::format(
        R"(0{{"sid":"{}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}})",
        sid
    );
    CHECK(
        answer == fmt::format(
                      "HTTP/1.1 200 OK\r\n"
                      "Content-Type: text/plain; charset=UTF-8\r\n"
                      "Cache-Control: no-store\r\n"
                      "Content-Length: {}\r\n\r\n{}",
                      body.size(),
                      body
                  )
    );
    CHECK(server.sessions() == 1);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(the_open_packet_announces_the_options_http_1)
{
    raw_server server{
        {.ping_interval = 300ms,
         .ping_timeout = 200ms,
         .max_payload_bytes = 1234,
         .allow_upgrades = false}
    };
    const raw_poller session{server};
    CHECK(
        session.handshake.body ==
        fmt::format(
            R"(0{{"sid":"{}","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1234}})",
            session.sid
        )
    );
}

BOOST_AUTO_TEST_CASE(no_upgrade_is_offered_that_is_not_allowed_http_2)
{
    raw_server no_websocket{{.allow_websocket = false}};
    CHECK(raw_poller{no_websocket}.handshake.body.find(R"("upgrades":[])") != string::npos);
    CHECK(
        outcome(no_websocket, "GET", "/socket.io/?EIO=4&transport=websocket") ==
        "400 " + unknown_transport
    );

    raw_server no_polling{{.allow_polling = false}};
    CHECK(outcome(no_polling, "GET", handshake) == "400 " + unknown_transport);
    no_polling.check_bystander();
}

BOOST_FIXTURE_TEST_CASE(every_session_has_its_own_sid, fixture)
{
    const raw_poller first{server};
    const raw_poller second{server};
    CHECK(first.sid != second.sid);
    CHECK(server.sessions() == 2);
}

BOOST_FIXTURE_TEST_CASE(only_version_4_is_spoken_http_3_h41_h42, fixture)
{
    for (const string eio : {"", "EIO=3&", "EIO=5&", "EIO=abc&", "EIO=04&", "EIO=4+&", "EIO=&"})
        CHECK(
            outcome(server, "GET", "/socket.io/?" + eio + "transport=polling") == "400 " + too_old,
            eio
        );
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_transport_is_refused_http_4_h44, fixture)
{
    for (const string name :
         {"",
          "&transport=",
          "&transport=abc",
          "&transport=webtransport",
          "&transport=constructor",
          "&transport=__proto__",
          "&transport=Polling",
          "&transport=loopback"})
        CHECK(
            outcome(server, "GET", "/socket.io/?EIO=4" + name) == "400 " + unknown_transport, name
        );
    // Transport is looked at before everything else.
    CHECK(outcome(server, "POST", "/socket.io/?sid=x") == "400 " + unknown_transport);
}

BOOST_FIXTURE_TEST_CASE(websocket_needs_an_upgrade_http_5_h45, fixture)
{
    CHECK(
        outcome(server, "GET", "/socket.io/?EIO=4&transport=websocket") ==
        "400 " + string{bad_request}
    );
    raw_poller session{server};
    CHECK(outcome(server, "GET", session.target("websocket")) == "400 " + string{bad_request});
    CHECK(session.post("4alive").body == "ok");
    CHECK(session.poll() == "4alive");
}

BOOST_FIXTURE_TEST_CASE(a_handshake_is_a_get_http_6_h46, fixture)
{
    for (const string method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
        CHECK(outcome(server, method, handshake) == "400 " + bad_method, method);
    CHECK(outcome(server, "POST", handshake, "4abc") == "400 " + bad_method);
    CHECK(server.sessions() == 0);

    // HEAD has the head of the answer only.
    raw_client client = server.client();
    client.send(http_text("HEAD", handshake));
    const string answer = client.take();
    CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(answer.ends_with("\r\n\r\n"));
    CHECK(server.sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(other_methods_do_not_harm_a_session_http_6_h47, fixture)
{
    raw_poller session{server};
    session.begin_poll();
    for (const string method : {"PUT", "DELETE", "PATCH", "OPTIONS"}) {
        const raw_answer answer = server.ask(method, session.target(), "4abc");
        CHECK(answer.status == 405);
        CHECK(answer.body == bad_method);
        CHECK(answer["allow"] == "GET, POST");
    }
    CHECK(session.end_poll() == "");
    CHECK(session.post("4alive").body == "ok");
    CHECK(session.end_poll() == "4alive");
    CHECK(server.log().events == strings{"text alive"});
}

BOOST_FIXTURE_TEST_CASE(an_unknown_sid_is_refused_http_7_h40_h48, fixture)
{
    raw_poller session{server};
    string other_case = session.sid;
    for (char& c : other_case)
        c = static_cast<char>(std::isupper(c) ? std::tolower(c) : std::toupper(c));
    for (const string& sid :
         {string{"__proto__"},
          string{"constructor"},
          string{"x"},
          other_case,
          session.sid + "x",
          session.sid + "%00",
          string(6'000, 'a')})
        for (const string method : {"GET", "POST"})
            CHECK(
                outcome(server, method, string{handshake} + "&sid=" + sid) ==
                    "400 " + string{sid_unknown},
                method << ' ' << sid
            );
    CHECK(server.sessions() == 1);
}

BOOST_FIXTURE_TEST_CASE(an_empty_sid_is_no_sid_h40, fixture)
{
    CHECK(outcome(server, "GET", string{handshake} + "&sid=") == "200");
    CHECK(outcome(server, "GET", string{handshake} + "&sid[]=x") == "200");  // another key
    CHECK(server.sessions() == 2);
}

BOOST_FIXTURE_TEST_CASE(the_last_of_repeated_keys_wins_http_7_h38, fixture)
{
    raw_poller session{server};
    CHECK(
        outcome(
            server, "GET", "/socket.io/?EIO=3&EIO=4&transport=abc&transport=polling&sid=x&sid="
        ) == "200"
    );
    CHECK(
        outcome(server, "POST", string{handshake} + "&sid=x&sid=" + session.sid, "4twice") == "200"
    );
    CHECK(server.log().events == strings{"text twice"});
}

BOOST_FIXTURE_TEST_CASE(strange_queries_are_read_leniently_h39, fixture)
{
    const string prefix{handshake};
    CHECK(outcome(server, "GET", prefix + "&%zz=%&=&a+b=%00&&") == "200");
    CHECK(outcome(server, "GET", "/socket.io/?EIO=%34&transport=poll%69ng") == "200");
    string crowd = prefix;
    for (int i = 0; i < 62; ++i)
        crowd += "&k";
    CHECK(outcome(server, "GET", crowd) == "200");
    crowd += "&k";
    CHECK(outcome(server, "GET", crowd) == "400 " + string{bad_request});
}

BOOST_FIXTURE_TEST_CASE(another_protocol_version_cannot_use_a_session_h43, fixture)
{
    raw_poller session{server};
    for (const string eio : {"EIO=3", "EIO=5", "EIO="})
        CHECK(
            outcome(
                server, "GET", "/socket.io/?transport=polling&sid=" + session.sid + '&' + eio
            ) == "400 " + string{bad_request}
        );
    CHECK(session.post("4alive").body == "ok");
    CHECK(session.poll() == "4alive");
}

BOOST_FIXTURE_TEST_CASE(a_websocket_session_cannot_be_polled_http_8, fixture)
{
    raw_websocket session{server.world, server.http, "/socket.io/?EIO=4&transport=websocket"};
    const string target = string{handshake} + "&sid=" + sid_of(session.take().at(0));
    CHECK(outcome(server, "GET", target) == "400 " + string{bad_request});
    CHECK(outcome(server, "POST", target, "4abc") == "400 " + string{bad_request});
    session.text("4alive");
    CHECK(session.take() == strings{"4alive"});
    CHECK(server.log().events == strings{"text alive"});
}

BOOST_FIXTURE_TEST_CASE(the_path_matches_by_prefix_http_13, fixture)
{
    CHECK(outcome(server, "GET", "/socket.io/foo?EIO=4&transport=polling") == "200");
    CHECK(outcome(server, "GET", "/socket.io/x/y?EIO=4&transport=polling") == "200");
    for (const string path :
         {"/socket.io",
          "/socket.iox/",
          "/x/socket.io/",
          "//socket.io/",
          "/%73ocket.io/",
          "/",
          "/Socket.io/",
          "/x/../socket.io/"}) {
        CHECK(outcome(server, "GET", path + "?EIO=4&transport=polling") == "404 Not Found\n", path);
        CHECK(outcome(server, "POST", path + "?EIO=4", "4abc") == "404 Not Found\n", path);
    }
    CHECK(server.sessions() == 2);
}

BOOST_FIXTURE_TEST_CASE(an_absolute_target_is_the_same_h28, fixture)
{
    CHECK(outcome(server, "GET", "http://x/socket.io/?EIO=4&transport=polling") == "200");
    CHECK(server.sessions() == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_serves_what_is_not_ours_http_13_http_20)
{
    http_options options;
    options.handler = [](const http_request& request) -> std::optional<http_response> {
        if (request.path() != "/page" && request.path() != "/socket.io")
            return std::nullopt;
        http_response response;
        response.headers.append("Content-Type", "text/html");
        response.body = "page " + request.body;
        return response;
    };
    raw_server server{{}, options};
    raw_client client = server.client();
    CHECK(client.ask("GET", "/page").body == "page ");
    CHECK(client.ask("POST", "/page", "abc").body == "page abc");
    CHECK(client.ask("GET", "/socket.io?EIO=4&transport=polling").body == "page ");
    CHECK(client.ask("GET", "/socket.io/socket.io.js").status == 400);
    CHECK(client.ask("GET", "/other").status == 404);
    CHECK(client.ask("GET", handshake).status == 200);
    server.check_bystander();
}

BOOST_AUTO_TEST_CASE(a_full_server_and_a_closed_one_refuse)
{
    raw_server server{{.max_sessions = 2}};
    raw_poller session{server};
    const raw_answer full = server.ask("GET", handshake);
    CHECK(full.status == 503);
    CHECK(full.body == R"({"code":4,"message":"Forbidden"})");
    CHECK(session.post("4alive").body == "ok");
    server.check_bystander();

    server.engine.close(close_reason::server_shutting_down);
    CHECK(server.ask("GET", handshake).status == 503);
}

BOOST_FIXTURE_TEST_CASE(old_internet_explorer_is_told_not_to_guard_http_19, fixture)
{
    for (const string agent : {"Mozilla/4.0 (compatible;MSIE 8.0)", "Mozilla/5.0 (Trident/7.0)"}) {
        const string field = "User-Agent: " + agent + "\r\n";
        CHECK(server.ask("GET", handshake, {}, field)["x-xss-protection"] == "0");
    }
    const raw_answer other = server.ask("GET", handshake, {}, "User-Agent: Mozilla/5.0\r\n");
    CHECK(other["x-xss-protection"] == "(none)");
}

BOOST_AUTO_TEST_SUITE_END()
