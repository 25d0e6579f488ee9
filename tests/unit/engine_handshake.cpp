// SPDX-License-Identifier: BSL-1.0
#include "support/alloc_counter.hpp"
#include "support/check.hpp"

#include <cosio/engine/handshake.hpp>

#include <string>

using namespace cosio;
using namespace cosio::engine;

namespace {

std::string encoded(const open_data& data)
{
    return std::string{as_text(encode_open(data)->payload())};
}

/// An OPEN packet with one member replaced by `json`, or left out if that is empty.
std::string open_with(std::string_view key, std::string_view json)
{
    std::string text;
    for (const auto& [name, usual] : {
             std::pair{"sid", R"("x")"},
             std::pair{"upgrades", "[]"},
             std::pair{"pingInterval", "300"},
             std::pair{"pingTimeout", "200"},
             std::pair{"maxPayload", "1000"},
         }) {
        const std::string_view value = name == key ? json : usual;
        if (!value.empty())
            text += std::string{text.empty() ? "{" : ","} + '"' + name + "\":" + std::string{value};
    }
    return text + "}";
}

bool is_refused(std::string_view json)
{
    const auto data = parse_open(json);
    return !data && data.error() == engine::errc::parse_error;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_handshake)

BOOST_AUTO_TEST_CASE(the_bytes_of_an_open_packet_HTTP_1)
{
    CHECK(
        encoded({.sid = "lv_VI97HAXpY6yYWAAAB", .upgrades_to_websocket = true}) ==
        R"(0{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"],"pingInterval":25000,)"
        R"("pingTimeout":20000,"maxPayload":1000000})"
    );
    CHECK(
        encoded(
            {.sid = "x",
             .upgrades_to_websocket = false,
             .ping_interval_ms = 300,
             .ping_timeout_ms = 200,
             .max_payload = 1}
        ) == R"(0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1})"
    );
}

BOOST_AUTO_TEST_CASE(what_is_encoded_is_read_back)
{
    const open_data data{
        .sid = "lv_VI97HAXpY6yYWAAAB",
        .upgrades_to_websocket = true,
        .ping_interval_ms = 1,
        .ping_timeout_ms = 3'600'000,
        .max_payload = 1
    };
    CHECK((parse_open(encoded(data).substr(1)).value() == data));
}

BOOST_AUTO_TEST_CASE(members_in_any_order_and_unknown_ones)
{
    const auto data = parse_open(
        R"({"pingTimeout":2e2,"new":{"sid":1},"upgrades":["webtransport",1,"websocket"],)"
        R"("maxPayload":5,"pingInterval":300.0,"sid":"x"})"
    );
    const open_data expected{
        .sid = "x",
        .upgrades_to_websocket = true,
        .ping_interval_ms = 300,
        .ping_timeout_ms = 200,
        .max_payload = 5
    };
    CHECK((data.value() == expected));
}

BOOST_AUTO_TEST_CASE(other_upgrades_are_not_websocket)
{
    for (const auto* upgrades : {"[]", R"(["webtransport"])", R"(["WebSocket"])", "[null,1]"})
        CHECK(!parse_open(open_with("upgrades", upgrades)).value().upgrades_to_websocket);
    CHECK(parse_open(open_with("upgrades", R"(["websocket"])")).value().upgrades_to_websocket);
}

BOOST_AUTO_TEST_CASE(what_is_no_open_packet_X01)
{
    CHECK(!is_refused(open_with("", "")));
    for (const auto* bad : {"", "{", "null", "[]", "1", R"("sid")", "{}", R"({"sid":"x"})", "{}x"})
        CHECK(is_refused(bad), bad);
    CHECK(is_refused(open_with("", "") + "x"));
    for (const auto* key : {"sid", "upgrades", "pingInterval", "pingTimeout"})
        CHECK(is_refused(open_with(key, "")), key);
    for (const auto* sid : {"1", "null", "[]", "{}"})
        CHECK(is_refused(open_with("sid", sid)), sid);
    for (const auto* upgrades : {"1", "null", "{}", R"("websocket")"})
        CHECK(is_refused(open_with("upgrades", upgrades)), upgrades);
}

BOOST_AUTO_TEST_CASE(an_open_packet_cut_at_every_place_X01)
{
    const std::string whole = open_with("", "");
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(is_refused(whole.substr(0, length)));
}

BOOST_AUTO_TEST_CASE(an_id_that_cannot_be_X01)
{
    const auto with = [](const std::string& sid) { return open_with("sid", '"' + sid + '"'); };
    CHECK(is_refused(with("")));
    CHECK(!is_refused(with(std::string(1'024, 'x'))));
    CHECK(is_refused(with(std::string(1'025, 'x'))));
    CHECK(parse_open(with("a&b c")).value().sid == "a&b c");
}

BOOST_AUTO_TEST_CASE(intervals_that_cannot_be_X02)
{
    for (const auto* key : {"pingInterval", "pingTimeout"}) {
        for (const auto* bad :
             {"0",
              "-1",
              "-0.5",
              "0.5",
              "1e300",
              "-1e300",
              "3600001",
              "9223372036854775808",
              "\"300\"",
              "null",
              "true",
              "[300]",
              "{}"})
            CHECK(is_refused(open_with(key, bad)), key << ' ' << bad);
        CHECK(!is_refused(open_with(key, "1")));
        CHECK(!is_refused(open_with(key, "3600000")));
    }
}

BOOST_AUTO_TEST_CASE(a_max_payload_that_says_nothing_X02)
{
    for (const auto* unknown : {"", "0", "-1", "\"1000\"", "null", "1e300"})
        CHECK(parse_open(open_with("maxPayload", unknown)).value().max_payload == 0U);
    CHECK(parse_open(open_with("maxPayload", "1")).value().max_payload == 1U);
}

BOOST_AUTO_TEST_CASE(hostile_json_A19)
{
    CHECK(is_refused(std::string(100'000, '[')));
    CHECK(is_refused(open_with("new", "").substr(0, 1) + std::string(1'000'000, ' ')));
    std::string deep = open_with("", "");
    deep.insert(1, "\"new\":" + std::string(10'000, '[') + std::string(10'000, ']') + ",");
    CHECK(is_refused(deep));
    CHECK(is_refused("{\"sid\":\"\xFF\"}"));
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_escapes_is_read_in_one_pass_A19)
{
    std::string escapes;
    while (escapes.size() < 1'000'000)
        escapes +=
            R"(\u005c)";  // a backslash, that would escape what follows if it were read again
    const std::string text = '"' + escapes + '"';
    const std::string as_sid = open_with("sid", text);
    std::string as_other = open_with("", "");
    as_other.insert(1, "\"new\":" + text + ",");
    const auto peak_of = [](std::string_view json, bool refused) {
        const std::size_t before = test::heap().live_bytes;
        test::reset_heap_peak();
        CHECK(is_refused(json) == refused);
        return test::heap().peak_bytes - before;
    };
    CHECK(peak_of(as_sid, true) < escapes.size());
    CHECK(peak_of(as_other, false) < escapes.size());
}

BOOST_AUTO_TEST_SUITE_END()
