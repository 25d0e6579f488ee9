// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/utf8.hpp>
#include <cosio/engine/dialect.hpp>
#include <cosio/engine/handshake.hpp>
#include <cosio/engine/legacy_payload.hpp>
#include <cosio/engine/payload.hpp>

#include <fmt/format.h>

// features.md 3.10: how the third revision of Engine.IO looks on the wire.

using namespace cosio;
using namespace cosio::engine;
using namespace std::string_view_literals;

namespace {

constexpr dialect texts{.protocol = revision::v3, .supports_binary = false};
constexpr dialect binaries{.protocol = revision::v3};
constexpr dialect script{.protocol = revision::v3, .supports_binary = false, .jsonp = 7};

/// "4:hello" of a text, "4#\1\2" of bytes; "!" for a fault.
std::string decode(std::string_view body, const dialect& spoken, bool is_binary = false)
{
    payload_decoder decoder{spoken};
    decoder.feed(std::string{body}, is_binary);
    std::string words;
    for (;;) {
        const auto packet = decoder.next();
        if (packet && !*packet)
            return words;
        words += words.empty() ? "" : " ";
        if (!packet)
            return words + "!";
        words += fmt::format(
            "{}{}{}",
            static_cast<int>((*packet)->type),
            (*packet)->kind == frame_kind::text ? ':' : '#',
            (*packet)->text()
        );
    }
}

frame_ref blob(std::string_view bytes)
{
    return make_frame(frame_kind::binary, as_bytes(bytes));
}

legacy_payload encode(std::initializer_list<frame_ref> packets)
{
    outbox pending;
    for (const frame_ref& packet : packets)
        pending.push(packet);
    legacy_payload made = encode_legacy_payload(pending);
    CHECK(pending.empty());
    return made;
}

std::string text_of(const frame_ref& packet)
{
    return std::string{as_text(packet->payload())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_legacy)

BOOST_AUTO_TEST_CASE(V3_9_the_query_names_the_revision)
{
    const auto of = [](std::string_view query) { return dialect_of(query, true); };
    CHECK((of("EIO=4&transport=polling") == dialect{}));
    CHECK((of("EIO=3&transport=polling") == binaries));
    CHECK((of("transport=websocket") == binaries));
    CHECK((of("EIO=5&transport=polling") == binaries));
    CHECK((of("EIO=3&transport=polling&b64=1") == texts));
    CHECK((of("EIO=3&transport=polling&b64=") == binaries));
    CHECK((of("EIO=3&transport=polling&j=7") == script));
    CHECK((of("EIO=3&transport=polling&j=alert(7)") == script));
    CHECK(*of("EIO=3&transport=polling&j=").jsonp == 0);
    CHECK(*of("EIO=3&transport=polling&j=99999999999").jsonp == 0);
    CHECK((of("EIO=4&transport=polling&j=7") == dialect{}));
    CHECK((of("EIO=4&transport=websocket&b64=1") == dialect{.supports_binary = false}));
    CHECK((of("EIO=4&transport=websocket&b64=") == dialect{}));
    CHECK((dialect_of("EIO=4&b64=1", false) == dialect{.supports_binary = false}));
    CHECK((of("") == dialect{}));  // no HTTP
    CHECK((dialect_of("EIO=3&transport=polling", false) == dialect{}));
}

BOOST_AUTO_TEST_CASE(V3_1_lengths_count_UTF_16_code_units)
{
    CHECK(encode({make_text_frame("4hello"), make_text_frame("2")}).body == "6:4hello1:2");
    CHECK(encode({make_text_frame("4\xc3\xa9")}).body == "2:4\xc3\xa9");
    CHECK(encode({make_text_frame("4\xe2\x82\xac")}).body == "2:4\xe2\x82\xac");
    CHECK(encode({make_text_frame("4\xf0\x9f\x98\x80")}).body == "3:4\xf0\x9f\x98\x80");
    CHECK(decode("6:4hello1:2", texts) == "4:hello 2:");
    CHECK(decode("2:4\xc3\xa9", texts) == "4:\xc3\xa9");
    CHECK(decode("2:4\xe2\x82\xac", texts) == "4:\xe2\x82\xac");
    CHECK(
        decode(
            "3:4\xf0\x9f\x98\x80"
            "2:4a",
            texts
        ) == "4:\xf0\x9f\x98\x80 4:a"
    );
    CHECK(decode("1:41:51:6", texts) == "4: 5: 6:");
}

BOOST_AUTO_TEST_CASE(V3_1_what_is_no_payload)
{
    const std::string_view wrong[] = {
        "",
        ":",
        "4",
        "4:",
        "x:4a",
        "-1:4",
        "+2:4a",
        "0:",
        "3:4a",
        "2:4a3",
        "2:4a3:",
        "1:7",
        " 2:4a",
        "2 :4a",
        "2.0:4a",
        "00000000002:4a",
        "99999999999:4a",
        "4hello",
        "2:4\xf0\x9f\x98\x80",  // cuts a character
        "2:4\x80",              // begins with the rest of one
        "2:4\xe2\x82",          // ends inside one
        "2:4\xc3\xc3",          // is none
    };
    for (const std::string_view body : wrong)
        CHECK(decode(body, texts).ends_with("!"), "of " << body);
}

BOOST_AUTO_TEST_CASE(V3_2_binary_payloads)
{
    const frame_ref bytes = encode_legacy_binary(*blob("\1\2\xff"), true);
    const legacy_payload mixed = encode({make_text_frame("4\xc3\xa9"), bytes});
    CHECK(mixed.is_binary);
    CHECK(
        mixed.body == "\0\3\xff"
                      "4\xc3\xa9"
                      "\1\4\xff\4\1\2\xff"sv
    );
    CHECK(decode(mixed.body, binaries, true) == "4:\xc3\xa9 4#\1\2\xff");
    CHECK(!encode({make_text_frame("4a")}).is_binary);

    const std::string long_text(1'234, 'x');
    const legacy_payload large = encode({make_text_frame("4" + long_text), bytes});
    CHECK(large.body.starts_with("\0\1\2\3\5\xff"
                                 "4xxx"sv));
    CHECK(decode(large.body, binaries, true) == "4:" + long_text + " 4#\1\2\xff");
}

BOOST_AUTO_TEST_CASE(V3_2_what_is_no_binary_payload)
{
    const std::string_view wrong[] = {
        ""sv,
        "\0"sv,
        "\0\1"sv,
        "\0\1\xff"sv,  // shorter than it says
        "\0\2\xff\x34"sv,
        "\0\xff\x34"sv,      // no length
        "\2\1\xff\x34"sv,    // neither text nor binary
        "\0\x0a\xff\x34"sv,  // no digit
        "\0\1\xff\x37"sv,    // no packet type
        "\1\1\xff\7"sv,
        "\1\0\xff"sv,  // no type at all
        "\0\0\xff"sv,
        "\0\0\0\0\0\0\0\0\0\0\0\1\xff\x34"sv,  // more digits than any length has
        "\0\2\xff\x34\x80"sv,                  // no UTF-8
    };
    for (const std::string_view body : wrong)
        CHECK(decode(body, binaries, true).ends_with("!"), "of " << body);
}

BOOST_AUTO_TEST_CASE(V3_3_binary_frames_bear_their_type)
{
    CHECK(text_of(encode_legacy_binary(*blob("\1\2"), true)) == "\4\1\2");
    CHECK(encode_legacy_binary(*blob(""), true)->kind() == frame_kind::binary);
    const auto packet = parse_binary_packet(as_bytes("\4\1\2"), revision::v3);
    REQUIRE(packet.has_value());
    CHECK(packet->text() == "\1\2");
    CHECK((packet->type == packet_type::message));
    CHECK(!parse_binary_packet(as_bytes("\7\1\2"), revision::v3));
    CHECK(!parse_binary_packet({}, revision::v3));
    CHECK(parse_binary_packet({}, revision::v4).has_value());
}

BOOST_AUTO_TEST_CASE(V3_4_base64_where_binary_cannot_go)
{
    const frame_ref encoded = encode_legacy_binary(*blob("\1\2\3\4"), false);
    CHECK(encoded->kind() == frame_kind::text);
    CHECK(text_of(encoded) == "b4AQIDBA==");
    CHECK(encode({encoded}).body == "10:b4AQIDBA==");
    CHECK(decode("10:b4AQIDBA==2:b4", texts) == "4#\1\2\3\4 4#");
    CHECK(decode("9:bAQIDBA==", texts) == "!");  // that of the fourth revision
    CHECK(decode("1:b", texts) == "!");
    frame_ref quiet = blob("\1");
    quiet.forbid_compression();
    CHECK(!encode_legacy_binary(*quiet, true)->may_compress());
    CHECK(!encode_legacy_binary(*quiet, false)->may_compress());
}

BOOST_AUTO_TEST_CASE(POLL_20_as_many_packets_as_may_be_in_both_layouts)
{
    for (const bool is_binary : {false, true}) {
        const std::string record = is_binary ? std::string{"\0\1\xff"sv} + "2" : "1:2";
        payload_decoder decoder{binaries, 2};
        decoder.feed(record + record, is_binary);
        CHECK(decoder.next().value().has_value());
        CHECK(decoder.next().value().has_value());
        CHECK(!decoder.next().value().has_value());
        decoder.feed(record + record + record, is_binary);
        CHECK(decoder.next().value().has_value());
        CHECK(decoder.next().value().has_value());
        CHECK((decoder.next().error() == engine::errc::too_many_packets));
    }
}

BOOST_AUTO_TEST_CASE(WS_6_base64_of_the_fourth_revision)
{
    frame_ref quiet = blob("\1\2\3\4");
    CHECK(encode_binary_as_text(*quiet)->kind() == frame_kind::text);
    CHECK(text_of(encode_binary_as_text(*quiet)) == "bAQIDBA==");
    CHECK(text_of(encode_binary_as_text(*blob(""))) == "b");
    CHECK(encode_binary_as_text(*quiet)->may_compress());
    quiet.forbid_compression();
    CHECK(!encode_binary_as_text(*quiet)->may_compress());
}

BOOST_AUTO_TEST_CASE(V3_5_JSONP_is_a_script_with_a_text)
{
    CHECK(wrap_jsonp(0, "1:6") == R"(___eio[0]("1:6");)");
    CHECK(wrap_jsonp(12, R"(9:42["a\b"])") == R"(___eio[12]("9:42[\"a\\b\"]");)");
    CHECK(
        wrap_jsonp(
            0,
            "a\xe2\x80\xa8"
            "b\xe2\x80\xa9\xe2\x80\xaa\n"
        ) == "___eio[0](\"a\\u2028b\\u2029\xe2\x80\xaa\\n\");"
    );
}

BOOST_AUTO_TEST_CASE(V3_5_JSONP_posts_a_form)
{
    CHECK(unwrap_jsonp("d=6%3A4hello") == "6:4hello");
    CHECK(unwrap_jsonp("d=4%3A4a+b") == "4:4a b");
    CHECK(unwrap_jsonp("d=a%5Cnb") == "a\nb");
    CHECK(unwrap_jsonp("d=a%5C%5Cnb") == "a\\nb");
    CHECK(unwrap_jsonp("d=a%5Cb") == "a\\b");
    CHECK(unwrap_jsonp("e=6%3A4hello") == "");
    CHECK(unwrap_jsonp("") == "");
    CHECK(decode("d=6%3A4hello1%3A2", script) == "4:hello 2:");
    CHECK(decode("6:4hello", script) == "!");
}

BOOST_AUTO_TEST_CASE(V3_6_OPEN_says_no_maxPayload)
{
    open_data data;
    data.sid = "abc";
    data.max_payload = 0;
    CHECK(
        text_of(encode_open(data)) ==
        R"(0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000})"
    );
}

BOOST_AUTO_TEST_CASE(UTF_16_lengths)
{
    CHECK(detail::utf16_length("") == 0);
    CHECK(detail::utf16_length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == 5);
    const std::string_view text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    const std::size_t ends[] = {0, 1, 3, 6};
    for (std::size_t units = 0; units < 4; ++units)
        CHECK(detail::utf16_prefix(text, units) == ends[units]);
    CHECK(!detail::utf16_prefix(text, 4));
    CHECK(detail::utf16_prefix(text, 5) == std::size_t{10});
    CHECK(detail::utf16_prefix(text, 6) == std::size_t{11});
    CHECK(!detail::utf16_prefix(text, 7));
}

BOOST_AUTO_TEST_SUITE_END()
