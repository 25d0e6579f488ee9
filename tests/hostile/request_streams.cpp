// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.1, rows H: requests that are HTTP, and how they come: with a body, in pieces, many at once, slowly.
#include "requests.hpp"
#include "stage.hpp"
#include "support/check.hpp"

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;

BOOST_AUTO_TEST_SUITE(hostile_requests)

BOOST_AUTO_TEST_CASE(H30_expectations)
{
    const string asks =
        http_text("POST", target(), {}, "Content-Length: 7\r\nExpect: 100-continue\r\n");
    run(
        {.inputs =
             {
                 {"a late body",
                  {polling_session(),
                   send(asks),
                   head(100),
                   silent(),
                   send("42[\"x\"]"),
                   answer(200, "ok"),
                   told({"x []"})}},
                 {"refused before the body",
                  {send(http_text(
                       "POST", opening, {}, "Content-Length: 7\r\nExpect: 100-continue\r\n"
                   )),
                   answer(400, bad_method),
                   ended()}},
                 {"something else",
                  {polling_session(),
                   on("other"),
                   send(post("42[\"x\"]", "Expect: foo\r\n")),
                   answer(417),
                   ended(),
                   unharmed()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H31_the_body_of_a_get)
{
    const string hidden{smuggled};
    run(
        {.inputs =
             {
                 {"with a length",
                  {send(http_text("GET", opening, hidden)),
                   opened(),
                   silent(),
                   sessions(1),
                   send(http_text("GET", "/nobody")),
                   answer(404)}},
                 {"in chunks",
                  {send(
                       get_with("Transfer-Encoding: chunked\r\n") +
                       fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", hidden.size(), hidden)
                   ),
                   opened(),
                   silent(),
                   sessions(1)}},
                 {"beyond max_payload",
                  {send(get_with("Content-Length: 1000001\r\n")),
                   answer_with(413, "connection", "close"),
                   ended(),
                   sessions(0)}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H32_many_handshakes_at_once)
{
    constexpr int at_once = 50;
    string burst;
    for (int i = 0; i < at_once; ++i)
        burst += http_text("GET", opening);
    steps script;
    for (int round = 1; round <= 20; ++round) {
        script.push_back(send(burst));
        for (int i = 0; i < at_once; ++i)
            script.push_back(opened());
    }
    script.push_back(silent());
    script.push_back(sessions(20 * at_once));
    run({.inputs = {{"a thousand", script}}});

    constexpr int most = 8;
    steps beyond{send(burst)};
    for (int i = 1; i < most; ++i)  // the bystander's is one
        beyond.push_back(opened());
    for (int i = most; i <= at_once; ++i)
        beyond.push_back(answer(503));
    beyond.push_back(sessions(most - 1));
    row limited{.inputs = {{"more than max_sessions", beyond}}};
    limited.server.engine.max_sessions = most;
    run(limited);
}

BOOST_AUTO_TEST_CASE(H33_garbage_behind_a_request)
{
    run(
        {.inputs =
             {
                 {"in one segment",
                  {send(get_with("") + "\x16\x03\x01\x02\r\n\r\n"),
                   opened(),
                   answer_with(400, "connection", "close"),
                   ended(),
                   sessions(1)}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H34_requests_that_end_too_early)
{
    const strings requests{
        get_with(""),
        http_text("POST", opening, "42[\"x\"]"),
        lost_chunks("3\r\nabc\r\n0\r\n\r\n"),
        websocket_request("/socket.io/?EIO=4&transport=websocket")
    };
    std::vector<input> inputs;
    for (const string& request : requests) {
        // The POST has no session: it is answered at the end of its head.
        const std::size_t whole = request.starts_with("POST /socket.io/")
                                      ? request.find("\r\n\r\n") + 3
                                      : request.size() - 1;
        steps script;
        for (std::size_t size = 0; size <= whole; ++size) {
            script.push_back(on(fmt::format("{}", size)));
            script.push_back(send(request.substr(0, size)));
            script.push_back(finish());
            script.push_back(ended());
        }
        script.push_back(sessions(0));
        inputs.push_back({request, script});
    }
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(H35_requests_in_pieces)
{
    const string request = get_with("");
    steps opens;
    for (std::size_t at = 1; at < request.size(); ++at)
        for (const step& next :
             {send(request.substr(0, at)), silent(), send(request.substr(at)), opened()})
            opens.push_back(next);
    opens.push_back(sessions(request.size() - 1));

    const string body = "42[\"x\"]\x1e"
                        "42[\"y\"]";
    steps posts{polling_session()};
    for (const string& whole :
         {post(body),
          http_text("POST", target(), {}, "Transfer-Encoding: chunked\r\n") +
              fmt::format("{:x};a=b\r\n{}\r\n0\r\nX: 1\r\n\r\n", body.size(), body)})
        for (std::size_t at = 1; at < whole.size(); ++at) {
            if (whole.substr(at - 1, 1) == "$" || (at >= 2 && whole.substr(at - 2, 2) == "$s") ||
                (at >= 3 && whole.substr(at - 3, 3) == "$si"))
                continue;  // the place of the session's id
            for (const step& next :
                 {send(whole.substr(0, at)),
                  silent(),
                  send(whole.substr(at)),
                  answer(200, "ok"),
                  told({"x []", "y []"})})
                posts.push_back(next);
        }
    posts.push_back(unharmed());
    run({.inputs = {{"handshakes", opens}, {"uploads", posts}}});
}

BOOST_AUTO_TEST_CASE(H36_slow_requests)
{
    steps slow_head{};
    const string request = get_with("");
    for (std::size_t i = 0; i < 2; ++i) {
        slow_head.push_back(silent());
        slow_head.push_back(send(request.substr(i, 1)));
        slow_head.push_back(pass(i == 0 ? 9s : 999ms));
    }
    for (const step& next :
         {silent(),
          pass(1ms),
          answer_with(408, "connection", "close"),
          ended(),
          limits("header_timeout 1")})
        slow_head.push_back(next);

    steps slow_body{
        polling_session(),
        send(http_text("POST", target(), {}, "Content-Length: 1000\r\n")),
        send("4")
    };
    for (const step& next :
         {pass(4s),
          silent(),
          send("2"),
          pass(999ms),
          silent(),
          pass(1ms),
          answer(408),
          ended(),
          limits("min_body_bytes_per_second 1"),
          on("get"),
          answer(200, "1"),
          told({"disconnect transport error"}),
          gone()})
        slow_body.push_back(next);

    run(
        {.inputs =
             {
                 {"nothing at all",
                  {on("peer"),
                   pass(9999ms),
                   silent(),
                   pass(1ms),
                   answer(408),
                   ended(),
                   limits("header_timeout 1")}},
                 {"a byte in nine seconds", slow_head},
                 {"a body", slow_body},
             }}
    );
}

BOOST_AUTO_TEST_CASE(H50_an_offer_of_http_2)
{
    run(
        {.inputs = welcome({get_with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: "
                                     "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")})}
    );
}

BOOST_AUTO_TEST_SUITE_END()
