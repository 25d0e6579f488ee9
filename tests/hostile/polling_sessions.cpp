// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.2, rows P: polls and uploads of a session that come at the wrong time, twice, or not to their end.
#include "polling.hpp"
#include "stage.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;

BOOST_AUTO_TEST_SUITE(hostile_polling)

BOOST_AUTO_TEST_CASE(P17_two_polls)
{
    run(
        {.inputs =
             {
                 {"on two connections",
                  steps{polling_session(), on("second"), send(get()), answer(400, bad_request)} +
                      end_of({}, "transport error")},
                 {"in one segment: one after the other, as HTTP has it",
                  {polling_session(),
                   send(post("42[\"echo\",0]")),
                   answer(200, "ok"),
                   on("get"),
                   answer(200),
                   told({"echo [0]"}),
                   send(get() + get()),
                   silent(),
                   on("post"),
                   send(post("42[\"echo\",1]")),
                   answer(200, "ok"),
                   on("get"),
                   answer(200, "42[\"echo\",1]"),
                   silent(),
                   on("post"),
                   send(post("42[\"echo\",2]")),
                   answer(200, "ok"),
                   on("get"),
                   answer(200, "42[\"echo\",2]"),
                   told({"echo [1]", "echo [2]"})}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P19_two_uploads)
{
    run(
        {.inputs =
             {
                 {"on two connections",
                  steps{
                      polling_session(),
                      send(http_text("POST", target(), {}, "Content-Length: 100\r\n")),
                      send("42["),
                      on("second"),
                      send(post("42[\"x\"]")),
                      answer(400, bad_request),
                      on("post"),
                      answer_with(400, "connection", "close"),
                      ended()
                  } + end_of({}, "transport error")},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P20_polls_that_are_cut)
{
    for (const auto& cut : {finish, reset})
        run(
            {.inputs =
                 {
                     {"while it waits",
                      {polling_session(),
                       on("get"),
                       cut(),
                       told({"disconnect transport error"}),
                       gone()}},
                 }}
        );
}

BOOST_AUTO_TEST_CASE(P21_uploads_that_are_cut)
{
    for (const auto& cut : {finish, reset})
        run(
            {.inputs =
                 {
                     {"in its body",
                      steps{
                          polling_session(),
                          send(http_text("POST", target(), {}, "Content-Length: 100\r\n")),
                          send("42[\"x\"]\x1e"
                               "42"),
                          cut()
                      } + end_of({}, "transport error")},
                 }}
        );
}

BOOST_AUTO_TEST_CASE(P22_answers_that_nobody_reads)
{
    run(
        {.inputs =
             {
                 {"the connection is cut when the answer is there",
                  {polling_session(),
                   send(post("42[\"echo\",\"lost\"]")),
                   answer(200, "ok"),
                   told({"echo [\"lost\"]"}),
                   on("get"),
                   reset(),
                   then([](stage& where) { where.forget("get"); }),
                   on("get"),
                   send(get()),
                   unharmed()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P23_nobody_polls_any_more)
{
    run(
        {.inputs =
             {
                 {"after an answer",
                  {polling_session(),
                   send(post("42[\"echo\"]")),
                   answer(200, "ok"),
                   told({"echo []"}),
                   on("get"),
                   answer(200, "42[\"echo\"]"),
                   pass(45s),
                   told({}),
                   sessions(1),
                   pass(1ms),
                   told({"disconnect ping timeout"}),
                   limits("keep_alive_timeout 2, ping_timeout 1"),
                   pass(5s),
                   gone()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P24_an_upload_that_comes_again)
{
    run(
        {.inputs =
             {
                 {"on another connection",
                  {polling_session(),
                   send(post("42[\"x\"]")),
                   answer(200, "ok"),
                   on("proxy"),
                   send(post("42[\"x\"]")),
                   answer(200, "ok"),
                   told({"x []", "x []"}),
                   unharmed()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P26_a_websocket_before_its_upgrade)
{
    run(
        {.inputs =
             {
                 {"an event instead of a probe",
                  {polling_session(),
                   on("websocket"),
                   send(websocket_request(target("websocket"))),
                   upgraded(),
                   say("42[\"x\"]"),
                   hears({"close 1005"}),
                   unharmed()}},
                 {"events between the probe and its end",
                  {polling_session(),
                   on("websocket"),
                   send(websocket_request(target("websocket"))),
                   upgraded(),
                   say("2probe"),
                   hears({"3probe"}),
                   on("get"),
                   answer(200, "6"),
                   send(get()),
                   on("websocket"),
                   say("42[\"x\"]"),
                   hears({"close 1005"}),
                   on("post"),
                   send(post("42[\"y\"]")),
                   answer(200, "ok"),
                   told({"y []"})}},
             }}
    );
}

BOOST_AUTO_TEST_SUITE_END()
