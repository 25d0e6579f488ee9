// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.2, rows P: bodies of long-polling.
#include "polling.hpp"
#include "stage.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;
using namespace std::string_literals;

namespace {

/// A session whose POST gets 400, and that ends; before, the application has heard `heard`.
input ended_by(
    const string& what,
    const string& request,
    strings heard = {},
    const string& reason = "parse error"
)
{
    return {
        what,
        steps{polling_session(), send(request), answer(400, bad_request)} +
            end_of(std::move(heard), reason)
    };
}

input ended_by_body(const string& body, strings heard = {})
{
    return ended_by(body, post(body), std::move(heard));
}

/// `count` packets in one body.
string packets(std::size_t count, const string& packet)
{
    string body = packet;
    body.reserve(count * (packet.size() + 1));
    for (std::size_t i = 1; i < count; ++i)
        body.append(1, '\x1e').append(packet);
    return body;
}

/// An event `x` of `size` bytes.
string event_of(std::size_t size)
{
    const string rest = R"(42["x",""])";
    return fmt::format(R"(42["x","{:a<{}}"])", "", size - rest.size());
}

/// The line that it makes at the application.
string line_of(const string& event)
{
    return "x [" + event.substr(event.find(',') + 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_polling)

BOOST_AUTO_TEST_CASE(P01_an_empty_body)
{
    run({.inputs = {ended_by_body("")}});
}

BOOST_AUTO_TEST_CASE(P02_empty_packets)
{
    run(
        {.inputs =
             {
                 ended_by_body("\x1e"),
                 ended_by_body("\x1e"
                               "42[\"a\"]"),
                 ended_by_body("42[\"a\"]\x1e", {"a []"}),
                 ended_by_body(
                     "42[\"a\"]\x1e\x1e"
                     "42[\"b\"]",
                     {"a []"}
                 ),
             }}
    );
}

BOOST_AUTO_TEST_CASE(P03_what_is_no_packet)
{
    run(
        {.inputs =
             {ended_by_body("abc"),
              ended_by_body("7"),
              ended_by_body("x"),
              ended_by_body("-1"),
              ended_by_body("\0"s)}}
    );
}

BOOST_AUTO_TEST_CASE(P04_a_bad_packet_between_good_ones)
{
    run(
        {.inputs =
             {
                 ended_by_body(
                     "42[\"a\"]\x1e"
                     "7\x1e"
                     "42[\"b\"]",
                     {"a []"}
                 ),
                 ended_by_body(
                     "42[\"a\"]\x1e"
                     "nope\x1e"
                     "42[\"b\"]",
                     {"a []"}
                 ),
             }}
    );
}

BOOST_AUTO_TEST_CASE(P05_a_binary_body)
{
    const string type = "Content-Type: application/octet-stream\r\n";
    run(
        {.inputs =
             {
                 ended_by("a packet", post("42[\"x\"]", type), {}, "transport error"),
                 ended_by(
                     "not sent yet",
                     http_text("POST", target(), {}, type + "Content-Length: 500\r\n"),
                     {},
                     "transport error"
                 ),
             }}
    );
}

BOOST_AUTO_TEST_CASE(P06_a_binary_body_with_a_parameter)
{
    std::vector<input> inputs;
    for (const string type :
         {"application/octet-stream; charset=x",
          "application/octet-stream ;x=y",
          "Application/Octet-Stream"})
        inputs.push_back(ended_by(
            type, post("42[\"x\"]", "Content-Type: " + type + "\r\n"), {}, "transport error"
        ));
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(P07_a_form)
{
    run(
        {.inputs =
             {ended_by(
                  "of JSONP",
                  post("d=42%5B%22x%22%5D", "Content-Type: application/x-www-form-urlencoded\r\n")
              ),
              ended_by_body("d=42[\"x\"]")}}
    );
}

BOOST_AUTO_TEST_CASE(P08_compressed_bodies)
{
    std::vector<input> inputs;
    for (const string coding : {"gzip", "br", "deflate, gzip"}) {
        const string field = "Content-Encoding: " + coding + "\r\n";
        inputs.push_back(
            {coding, {polling_session(), send(post("42[\"x\"]", field)), answer(415), unharmed()}}
        );
        inputs.push_back(
            {coding + ", not sent yet",
             {polling_session(),
              send(http_text("POST", target(), {}, field + "Content-Length: 500\r\n")),
              answer_with(415, "connection", "close"),
              ended(),
              unharmed()}}
        );
    }
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(P09_bodies_at_the_limit)
{
    constexpr std::size_t limit = 1'000;
    const auto in_chunks = [](const string& body) {
        return http_text("POST", target(), {}, "Transfer-Encoding: chunked\r\n") +
               fmt::format("{:x}\r\n{}\r\n", body.size(), body);
    };
    const string most = event_of(limit);
    row what{.inputs = {}};
    what.server.engine.max_payload_bytes = limit;
    for (const string& body : {event_of(limit - 1), most}) {
        what.inputs.push_back(
            {"with its length",
             {polling_session(),
              send(post(body)),
              answer(200, "ok"),
              told({line_of(body)}),
              limits(""),
              unharmed()}}
        );
        what.inputs.push_back(
            {"in chunks",
             {polling_session(),
              send(in_chunks(body) + "0\r\n\r\n"),
              answer(200, "ok"),
              told({line_of(body)}),
              limits(""),
              unharmed()}}
        );
    }
    const steps refusal{
        answer_with(413, "connection", "close"), ended(), limits("max_payload_bytes 1"), unharmed()
    };
    what.inputs.push_back(
        {"announced",
         steps{
             polling_session(), send(http_text("POST", target(), {}, "Content-Length: 1001\r\n"))
         } + refusal}
    );
    what.inputs.push_back(
        {"at the byte",
         steps{polling_session(), send(in_chunks(most)), silent(), send("1\r\n")} + refusal}
    );
    run(what);

    const string largest = event_of(1'000'000);
    run(
        {.inputs =
             {
                 {"the default",
                  {polling_session(),
                   send(post(largest)),
                   answer(200, "ok"),
                   told({line_of(largest)}),
                   unharmed()}},
                 {"beyond the default",
                  {polling_session(), send(post(largest + " ")), answer(413), unharmed()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P10_pings_of_a_client)
{
    std::vector<input> inputs;
    for (const string ping : {"2", "2probe"})
        inputs.push_back(
            {ping,
             steps{
                 polling_session(),
                 send(post(
                     "42[\"a\"]\x1e" + ping +
                     "\x1e"
                     "42[\"b\"]"
                 )),
                 answer(200, "ok")
             } + end_of({"a []"}, "transport error")}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(P11_packets_that_nobody_asked_for)
{
    run(
        {.inputs =
             {
                 {"pongs",
                  {polling_session(),
                   send(post(packets(100'000, "3"))),
                   answer(200, "ok"),
                   unharmed()}},
                 {"the packets of a server",
                  {polling_session(),
                   send(post("0{}\x1e"
                             "5\x1e"
                             "6\x1e"
                             "3probe")),
                   answer(200, "ok"),
                   unharmed()}},
                 {"pongs, and the heartbeat goes on",
                  {polling_session(),
                   send(post(packets(100, "3"))),
                   answer(200, "ok"),
                   pass(24999ms),
                   on("get"),
                   silent(),
                   pass(1ms),
                   answer(200, "2"),
                   on("again"),
                   send(get()),
                   pass(20s),
                   silent(),
                   pass(1ms),
                   answer(200, "1"),
                   told({"disconnect ping timeout"}),
                   gone()}},
             }}
    );
}

BOOST_AUTO_TEST_CASE(P13_base64)
{
    const auto binary = [](const string& text) {
        return R"(451-["x",{"_placeholder":true,"num":0}])" + ("\x1e" + text);
    };
    std::vector<input> inputs;
    for (const string bad : {"b!!!!", "bAQ ID", "bAQ\nID", "bAQ-_", "bAQ=I", "bA", "bAQI=="})
        inputs.push_back(ended_by(bad, post(binary(bad))));
    for (const string good : {"bAQI=", "bAQI", "b"})
        inputs.push_back(
            {good,
             {polling_session(),
              send(post(binary(good))),
              answer(200, "ok"),
              told({R"(x [{"_placeholder":true,"num":0}])"}),
              unharmed()}}
        );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(P14_what_is_not_utf_8)
{
    std::vector<input> inputs;
    for (const string bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"})
        inputs.push_back(ended_by_body(
            "42[\"a\"]\x1e"
            "42[\"x\",\"" +
                bad + "\"]",
            {"a []"}
        ));
    inputs.push_back(ended_by_body("42[\"x\",\"\xe2\x82"));
    inputs.push_back(ended_by(
        "at the border of two chunks",
        http_text("POST", target(), {}, "Transfer-Encoding: chunked\r\n") +
            "9\r\n42[\"x\",\"\xe2\r\n3\r\n(\"]\r\n0\r\n\r\n"
    ));
    inputs.push_back(
        {"one character in two chunks",
         {polling_session(),
          send(
              http_text("POST", target(), {}, "Transfer-Encoding: chunked\r\n") +
              "9\r\n42[\"x\",\"\xe2\r\n4\r\n\x82\xac\"]\r\n0\r\n\r\n"
          ),
          answer(200, "ok"),
          told({"x [\"\xe2\x82\xac\"]"}),
          unharmed()}}
    );
    run({.inputs = inputs});
}

BOOST_AUTO_TEST_CASE(P15_a_goodbye_among_packets)
{
    const auto leaves = [](const string& what, const string& body, const strings& heard) {
        strings lines = heard;
        lines.push_back("disconnect transport close");
        return input{
            what,
            {polling_session(),
             send(post(body)),
             answer(200, "ok"),
             on("get"),
             answer(200, "6"),
             told(lines),
             gone()}
        };
    };
    run(
        {.inputs =
             {
                 leaves(
                     "at the beginning",
                     "1\x1e"
                     "42[\"a\"]",
                     {}
                 ),
                 leaves(
                     "at the end",
                     "42[\"a\"]\x1e"
                     "1",
                     {"a []"}
                 ),
             }}
    );
}

BOOST_AUTO_TEST_CASE(P16_half_a_million_packets)
{
    const auto flood = [](const string& what, const string& body) {
        return input{
            what,
            {polling_session(),
             send(post(body)),
             answer(200, "ok"),
             on("get"),
             answer(200),
             told({"disconnect forced close"}),
             gone()}
        };
    };
    run(
        {.inputs =
             {flood("empty ones", packets(500'000, "4")),
              flood("of an unknown type", packets(33'000, "46"))}}
    );
    row limited{
        .inputs =
            {
                {"as many as may be",
                 {polling_session(),
                  send(post(packets(10, "3"))),
                  answer(200, "ok"),
                  limits(""),
                  unharmed()}},
                {"one more",
                 steps{
                     polling_session(),
                     send(post(packets(11, "3"))),
                     answer(400, bad_request),
                     limits("max_packets_per_post 1")
                 } + end_of({}, "transport error")},
            }
    };
    limited.server.engine.max_packets_per_post = 10;
    run(limited);
}

BOOST_AUTO_TEST_CASE(P25_more_to_say_than_a_body_may_hold)
{
    // A client has no limit for what it asked for; the official server makes one answer of it as well.
    const string half = event_of(600'000).replace(4, 1, "echo");
    run(
        {.inputs =
             {
                 {"two events",
                  {polling_session(),
                   send(post("42[\"echo\",0]")),
                   answer(200, "ok"),
                   on("get"),
                   answer(200),
                   on("post"),
                   send(post(half)),
                   answer(200, "ok"),
                   send(post(half)),
                   answer(200, "ok"),
                   on("get"),
                   send(get()),
                   answer(200, half + "\x1e" + half),
                   then([](stage& where) {
                       CHECK(where.application.lines.size() == 3);
                       where.application.lines.clear();
                   })}},
             }}
    );
}

BOOST_AUTO_TEST_SUITE_END()
