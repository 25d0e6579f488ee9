// SPDX-License-Identifier: BSL-1.0
// reliability.md 3.7 and 3.8, rows S and B: what ends a connection by one packet, in the bytes of each transport.
#include "polling.hpp"
#include "stage.hpp"
#include "support/check.hpp"

#include <fmt/format.h>

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::hostile;
using namespace std::string_literals;

namespace {

/// Each ends the connection of a client in `/`, over each transport.
std::vector<input> ending(const strings& packets)
{
    std::vector<input> all;
    for (const string& packet : packets) {
        all.push_back(
            {"in a POST: " + packet,
             steps{polling_session(), upload(packet), answer(200, "ok")} +
                 end_of({}, "forced close")}
        );
        all.push_back(
            {"in a frame: " + packet,
             {joined_websocket(),
              say(packet),
              hears({"close 1005"}),
              hostile::frame(cosio::wire::websocket_opcode::close, ""),
              ended(),
              told({"disconnect forced close"}),
              sessions(0),
              gone()}}
        );
    }
    return all;
}

/// Each is an event, of which the application is told so, and the session lives.
std::vector<input> harmless(const std::vector<std::pair<string, string>>& packets)
{
    std::vector<input> all;
    for (const auto& [packet, line] : packets) {
        all.push_back(
            {"in a POST: " + packet,
             {polling_session(), upload(packet), answer(200, "ok"), told({line}), unharmed()}}
        );
        all.push_back(
            {"in a frame: " + packet,
             {joined_websocket(),
              say(packet),
              told({line}),
              say(R"(42["echo",1])"),
              hears({R"(42["echo",1])"}),
              told({"echo [1]"})}}
        );
    }
    return all;
}

/// Each asks for an acknowledgement, which comes.
std::vector<input> answered_by(const std::vector<std::pair<string, string>>& packets)
{
    std::vector<input> all;
    for (const auto& [packet, reply] : packets) {
        all.push_back(
            {"in a POST: " + packet,
             {polling_session(),
              upload(packet),
              answer(200, "ok"),
              on("get"),
              polled(reply),
              told({"ack [1]"})}}
        );
        all.push_back(
            {"in a frame: " + packet,
             {joined_websocket(), say(packet), hears({reply}), told({"ack [1]"})}}
        );
    }
    return all;
}

void run_with_both_codecs(const std::vector<input>& inputs)
{
    run({.inputs = inputs});
    run({.prepare_msgpack = [](msgpack_server&) {}, .inputs = inputs});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_socketio_packets)

BOOST_AUTO_TEST_CASE(S01_events_without_a_payload)
{
    run_with_both_codecs(ending({"42", "427", "42/custom,"}));
}

BOOST_AUTO_TEST_CASE(S02_payloads_that_begin_with_no_name)
{
    run_with_both_codecs(
        ending({"42[]", "42[null]", "42[{}]", "42[[]]", "42[true]", "42{}", "42null", R"(42"x")"})
    );
}

BOOST_AUTO_TEST_CASE(S03_a_number_for_a_name)
{
    run_with_both_codecs(
        harmless({{R"(42[1,"x"])", R"(1 ["x"])"}, {"42[-7]", "-7 []"}, {"42[1.5]", "1.5 []"}})
    );
}

BOOST_AUTO_TEST_CASE(S04_reserved_names)
{
    strings packets;
    for (const string name :
         {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"
         })
        packets.push_back(fmt::format(R"(42["{}"])", name));
    run_with_both_codecs(ending(packets));
}

BOOST_AUTO_TEST_CASE(S05_names_that_mean_something_elsewhere)
{
    std::vector<std::pair<string, string>> packets;
    for (const string name : {"error", "__proto__", "hasOwnProperty"})
        packets.emplace_back(fmt::format(R"(42["{}",1])", name), name + " [1]");
    run_with_both_codecs(harmless(packets));
}

BOOST_AUTO_TEST_CASE(S06_what_follows_the_payload)
{
    run(
        {.inputs = ending(
             {R"(42["echo"]x)",
              R"(42["echo"]["y"])",
              R"(42["echo"]])",
              R"(42["echo",])",
              "42['echo']",
              R"(42["echo")",
              R"(42["echo)"}
         )}
    );
}

BOOST_AUTO_TEST_CASE(S07_S08_S12_ids_that_are_no_digits)
{
    run(
        {.inputs = ending(
             {R"(42 ["echo"])",
              "42\t[\"echo\"]",
              "42\xc2\xa0[\"echo\"]",
              "42\xef\xbb\xbf[\"echo\"]",
              R"(42 1 2["echo"])",
              R"(42-1["echo"])",
              R"(421.5["echo"])",
              R"(421e5["echo"])",
              R"(42abc["echo"])"}
         )}
    );
}

BOOST_AUTO_TEST_CASE(S09_ids_that_begin_with_a_zero)
{
    run_with_both_codecs(answered_by({{R"(420["ack",1])", "430[1]"}}));
    run({.inputs = answered_by({{R"(42007["ack",1])", "437[1]"}})});
}

BOOST_AUTO_TEST_CASE(S10_S11_ids_above_2_to_53)
{
    run_with_both_codecs(answered_by({{R"(429007199254740991["ack",1])", "439007199254740991[1]"}})
    );
    run_with_both_codecs(ending({R"(429007199254740992["ack"])", R"(429007199254740993["ack"])"}));
    run(
        {.inputs = ending(
             {"42" + string(400, '1') + R"(["ack"])", "42" + string(900'000, '1') + R"(["ack"])"}
         )}
    );
}

BOOST_AUTO_TEST_CASE(S20_payloads_that_CONNECT_and_DISCONNECT_cannot_have)
{
    run_with_both_codecs(ending(
        {"40/custom,[]",
         R"(40/custom,"x")",
         "40/custom,true",
         "41[1]",
         "41{}",
         R"(44{"message":"x"})",
         "44"}
    ));
    run({.inputs = ending({"40/custom,null", "40/custom,{", "41null"})});
}

BOOST_AUTO_TEST_CASE(B01_B03_counts_that_are_none)
{
    run(
        {.inputs = ending(
             {R"(450-["echo"])",
              "460-1[]",
              R"(45-["echo"])",
              R"(45["echo"])",
              R"(451["echo"])",
              R"(45-1-["echo"])",
              R"(451e1-["echo"])",
              R"(450x1-["echo"])",
              R"(45 1-["echo"])",
              R"(451.0-["echo"])",
              R"(4501-["echo"])"}
         )}
    );
}

BOOST_AUTO_TEST_CASE(B04_counts_that_are_too_high)
{
    run(
        {.inputs = ending(
             {R"(4511-["echo"])", R"(451000000000000-["echo"])", "45" + string(400, '1') + "-[]"}
         )}
    );
}

BOOST_AUTO_TEST_SUITE_END()
