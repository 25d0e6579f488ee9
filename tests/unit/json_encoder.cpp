// SPDX-License-Identifier: BSL-1.0
#include "json_support.hpp"

#include <cosio/any_value.hpp>

#include <boost/describe/class.hpp>

#include <cmath>
#include <limits>
#include <random>

using namespace cosio;
using namespace json_test;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

using protocol::packet_header;

struct point
{
    int x = 0;
    std::optional<double> y;
    std::vector<std::string> names;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y, names))

template <class... T>
result<protocol::encoded_packet> encode_packet(
    const packet_header& header, const packet_limits& limits, const T&... values
)
{
    json::encoder out{header, limits};
    const bool array = header.type == packet_type::event || header.type == packet_type::ack;
    if (array)
        out.begin_array(sizeof...(values));
    (write_value(out, values), ...);
    if (array)
        out.end_array();
    return out.finish();
}

/// The frames as a transcript: the text, then each attachment in angle brackets.
std::string frames(const result<protocol::encoded_packet>& packet)
{
    if (!packet)
        return "! " + packet.error().message();
    CHECK((packet->head->kind() == frame_kind::text));
    std::string out{as_text(packet->head->payload())};
    for (const frame_ref& attachment : packet->attachments) {
        CHECK((attachment->kind() == frame_kind::binary));
        out += " <" + std::string{as_text(attachment->payload())} + '>';
    }
    return out;
}

template <class... T>
std::string encode(const packet_header& header, const T&... values)
{
    return frames(encode_packet(header, {}, values...));
}

template <class... T>
std::string event(const T&... values)
{
    return encode(packet_header{}, values...);
}

const std::string not_encodable = "! " + make_error_code(errc::not_encodable).message();

/// Writes a decoded packet again, value by value.
result<protocol::encoded_packet> encode_again(const json::packet& packet)
{
    json::encoder out{packet.header(), {}};
    any_value value;
    const bool event = packet.header().type == packet_type::event;
    const bool array = event || packet.header().type == packet_type::ack;
    if (array)
        out.begin_array(packet.argument_count());
    if (event)
        out.string(packet.event());
    for (std::size_t i = 0; i < packet.argument_count(); ++i) {
        REQUIRE(!read_value(packet.argument(i), value));
        write_value(out, value);
    }
    if (const auto data = packet.data()) {
        REQUIRE(!read_value(*data, value));
        write_value(out, value);
    }
    if (array)
        out.end_array();
    return out.finish();
}

/// Decodes, encodes, decodes and encodes; returns both transcripts of frames.
struct round_trip
{
    explicit round_trip(std::string_view text, std::vector<std::string> attachments = {})
    {
        const auto decoder = json::make_decoder({});
        std::unique_ptr<partial_packet> partial;
        auto fed = decoder->feed(partial, frame_kind::text, as_bytes(text));
        for (const std::string& attachment : attachments)
            fed = decoder->feed(partial, frame_kind::binary, as_bytes(attachment));
        if (!fed || !*fed)
            return;
        accepted = true;
        const auto once = encode_again(static_cast<const json::packet&>(**fed));
        first = frames(once);
        if (!once)
            return;
        const std::string_view head = as_text(once->head->payload()).substr(1);
        fed = decoder->feed(partial, frame_kind::text, as_bytes(head));
        for (const frame_ref& attachment : once->attachments)
            fed = decoder->feed(partial, frame_kind::binary, attachment->payload());
        second = fed ? frames(encode_again(static_cast<const json::packet&>(**fed))) : show(fed);
    }

    bool accepted = false;
    std::string first;
    std::string second;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(json_encoder)

BOOST_AUTO_TEST_CASE(writes_type_namespace_id_and_payload)
{
    using enum packet_type;
    CHECK(encode({connect}) == "40");
    CHECK(encode({connect, "/admin"}) == "40/admin,");
    CHECK(encode({connect, "/"}, std::map<std::string, int>{{"a", 1}}) == R"(40{"a":1})");
    CHECK(encode({disconnect, "/admin"}) == "41/admin,");
    CHECK(encode({event, "/"}, "ev", 1, true, nullptr) == R"(42["ev",1,true,null])");
    CHECK(encode({event, "/n", 12}, "ev") == R"(42/n,12["ev"])");
    CHECK(encode({ack, "/", 0}) == "430[]");
    CHECK(encode({ack, "/n", protocol::max_ack_id}, "x") == R"(43/n,9007199254740991["x"])");
    CHECK(encode({connect_error, "/x"}, "no") == R"(44/x,"no")");
    CHECK(encode({event, "/\xFF"}, "ev") == not_encodable);
}

BOOST_AUTO_TEST_CASE(nested_values_in_order)
{
    CHECK(
        event("e", point{1, 0.5, {"a", "b"}}, std::vector<point>{{}, {2, {}, {}}}) ==
        R"(42["e",{"x":1,"y":0.5,"names":["a","b"]},[{"x":0,"y":null,"names":[]},)"
        R"({"x":2,"y":null,"names":[]}]])"
    );
    CHECK(
        event("e", std::tuple{std::array<int, 0>{}, std::map<std::string, bool>{}, 1}) ==
        R"(42["e",[[],{},1]])"
    );
}

BOOST_AUTO_TEST_CASE(numbers_as_javascript_writes_them)  // BIN-12, J15
{
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<std::pair<double, std::string>> table{
        {0.0, "0"},
        {-0.0, "0"},
        {NAN, "null"},
        {infinity, "null"},
        {-infinity, "null"},
        {1.0, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {123456.789, "123456.789"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740994.0, "9007199254740994"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e21, "1e+21"},
        {-1.5e300, "-1.5e+300"},
        {1e-6, "0.000001"},
        {1.25e-6, "0.00000125"},
        {1e-7, "1e-7"},
        {-1.5e-7, "-1.5e-7"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {-1.2345678901234567e-6, "-0.0000012345678901234567"},
    };
    for (const auto& [value, expected] : table)
        CHECK(event(value) == "42[" + expected + "]");
    CHECK(
        event(
            std::numeric_limits<std::int64_t>::min(),
            std::numeric_limits<std::int64_t>::max(),
            std::numeric_limits<std::uint64_t>::max(),
            std::int64_t{9007199254740993}
        ) == "42[-9223372036854775808,9223372036854775807,18446744073709551615,9007199254740993]"
    );
}

BOOST_AUTO_TEST_CASE(strings_as_javascript_writes_them)
{
    CHECK(event("") == R"(42[""])");
    CHECK(
        event("\"\\/\b\f\n\r\t\x0B\x1F\x7F") == "42[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u000b\\u001f\x7F\"]"
    );
    CHECK(event("a\0b"s) == R"(42["a\u0000b"])");
    CHECK(
        event("\xE2\x82\xAC\xE2\x80\xA8\xF0\x9F\x98\x80\n") ==
        "42[\"\xE2\x82\xAC\xE2\x80\xA8\xF0\x9F\x98\x80\\n\"]"
    );
    // Every position relative to the eight bytes that are looked at together.
    for (std::size_t size = 0; size < 20; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'a');
            for (const auto& [c, escape] :
                 {std::pair{'"', "\\\""}, {'\x1F', "\\u001f"}, {'\\', "\\\\"}}) {
                text[at] = c;
                CHECK(
                    event(text) ==
                    "42[\"" + text.substr(0, at) + escape + text.substr(at + 1) + "\"]"
                );
            }
            for (char clean : {' ', '!', '#', '[', ']', '\x7F'}) {
                text[at] = clean;
                CHECK(event(text) == "42[\"" + text + "\"]");
            }
            text[at] = '\x80';
            CHECK(event(text) == not_encodable);
        }
    }
    CHECK(event(std::map<std::string, int>{{"k\n", 1}}) == R"(42[{"k\n":1}])");
    for (const char* text :
         {"\xFF", "\xC0\x80", "\xED\xA0\x80", "abc\xE2\x82", "\xF4\x90\x80\x80"}) {
        CHECK(event("ok", text) == not_encodable);
        CHECK(event(std::map<std::string, int>{{text, 1}}) == not_encodable);
    }
}

BOOST_AUTO_TEST_CASE(binary_follows_as_attachments)  // BIN-1, BIN-2
{
    const binary a{"abc"sv};
    CHECK(event("e", a) == R"(451-["e",{"_placeholder":true,"num":0}] <abc>)");
    CHECK(
        encode(
            {packet_type::ack, "/n", 7}, std::map<std::string, binary>{{"x", a}, {"y", binary{}}}
        ) ==
        R"(462-/n,7[{"x":{"_placeholder":true,"num":0},"y":{"_placeholder":true,"num":1}}] <abc> <>)"
    );
    const auto packet = encode_packet({}, {}, "e", a, a);
    CHECK((packet->attachments == std::vector{a.share(), a.share()}));
}

BOOST_AUTO_TEST_CASE(no_more_attachments_than_the_limit)  // B20
{
    const std::vector<binary> many(12, binary{"x"sv});
    packet_limits limits;
    CHECK(frames(encode_packet({}, limits, "e", many)) == not_encodable);
    limits.max_attachments = 11;
    CHECK(frames(encode_packet({}, limits, "e", many)) == not_encodable);
    limits.max_attachments = 12;
    CHECK(frames(encode_packet({}, limits, "e", many)).starts_with(R"(4512-["e",[{"_pl)"));
}

BOOST_AUTO_TEST_CASE(only_events_and_acks_carry_binary)  // BIN-3
{
    const std::map<std::string, binary> auth{{"key", binary{"x"sv}}};
    CHECK(encode({packet_type::connect}, auth) == not_encodable);
    CHECK(encode({packet_type::connect_error}, auth) == not_encodable);
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_placeholder_goes_alone)  // BIN-10
{
    const boost::json::value fake{{"_placeholder", true}, {"num", 0}};
    CHECK(event("e", fake) == R"(42["e",{"_placeholder":true,"num":0}])");
    CHECK(event("e", fake, binary{"x"sv}) == not_encodable);
    CHECK(event("e", binary{"x"sv}, fake) == not_encodable);
    for (const boost::json::value& other :
         {boost::json::value{{"_placeholder", false}},
          boost::json::value{{"_placeholder", 1}, {"x", true}},
          boost::json::value{{"_placeholder", {true}}},
          boost::json::value{{"_placeholder", {{"x", true}}}}})
        CHECK(event("e", other, binary{"x"sv}).starts_with("451-"));
}

BOOST_AUTO_TEST_CASE(nesting_ends_at_the_limit_of_the_decoder)  // J15
{
    const auto nested = [](std::size_t depth) {
        boost::json::value value = boost::json::array{};
        for (std::size_t i = 1; i < depth; ++i)
            value = i % 2 ? boost::json::value(boost::json::object{{"a", std::move(value)}})
                          : boost::json::value(boost::json::array{std::move(value)});
        return value;
    };
    CHECK(event("e", nested(127)).starts_with("42[\"e\",[{"));
    CHECK(event("e", nested(128)) == not_encodable);
    CHECK(event("e", nested(10'000)) == not_encodable);
    packet_limits limits;
    limits.max_depth = 1'000'000;
    CHECK(frames(encode_packet({}, limits, "e", nested(255))).starts_with("42"));
    CHECK(frames(encode_packet({}, limits, "e", nested(256))) == not_encodable);
    limits.max_depth = 2;
    CHECK(frames(encode_packet({}, limits, "e", binary{"x"sv})).starts_with("451-"));
    CHECK(frames(encode_packet({}, limits, "e", std::vector{binary{"x"sv}})) == not_encodable);
}

BOOST_AUTO_TEST_CASE(every_accepted_packet_makes_the_round_trip)
{
    using strings = std::vector<std::string>;
    const std::vector<std::pair<std::string, strings>> packets{
        {R"(0/admin,{"token":"x"})", {}},
        {"1/admin,", {}},
        {R"(2/n,12["ev",[1,-2.5,1e+21,null,true,false],{"a":{"b":"\"\\\n\u001f€"}}])", {}},
        {"30[18446744073709551615,-9223372036854775808,0.1]", {}},
        {R"(4{"message":"no","data":[]})", {}},
        {R"(52-7["e",[{"_placeholder":true,"num":0}],{"x":{"_placeholder":true,"num":1}}])",
         {"a", ""}},
    };
    for (const auto& [text, attachments] : packets) {
        std::string sent = '4' + text;
        for (const std::string& attachment : attachments)
            sent += " <" + attachment + '>';
        const round_trip done{text, attachments};
        CHECK(done.first == sent);
        CHECK(done.second == sent);
    }
}

BOOST_AUTO_TEST_CASE(damaged_packets_are_refused_or_make_the_round_trip)
{
    const std::string sound =
        R"(2/n,12["ev",{"a":[1.5e3,-0,"\ud83d\ude00\u0041é"],"a":{}},{"_placeholder":true,"num":0}])";
    constexpr std::string_view damage = "\"\\{}[]:,0123456789eE+-. \n\x01\x80utfn/dD";
    std::mt19937 random{7};
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        std::string text = i % 4 ? sound : "51-" + sound.substr(4);
        for (auto edits = random() % 3 + 1; edits > 0; --edits) {
            const std::size_t at = random() % text.size();
            if (random() % 2)
                text[at] = damage[random() % damage.size()];
            else
                text.erase(at, 1);
        }
        const round_trip done{
            text, text[0] == '5' ? std::vector<std::string>{"x"} : std::vector<std::string>{}
        };
        accepted += done.accepted;
        BOOST_REQUIRE_MESSAGE(done.first == done.second || done.first == not_encodable, text);
    }
    CHECK(accepted > 1'000);
}

BOOST_AUTO_TEST_SUITE_END()
