// SPDX-License-Identifier: BSL-1.0
#include "json_support.hpp"

#include <cosio/any_value.hpp>

using namespace cosio;
using namespace json_test;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(json_binary)

BOOST_AUTO_TEST_CASE(binary_events_wait_for_their_attachments)  // BIN-1, BIN-2
{
    CHECK(decode_with(R"(51-["e",{"_placeholder":true,"num":0}])", {"abc"}) == "event / e <abc>");
    CHECK(
        decode_with(
            R"(52-/n,7["e",{"x":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}])",
            {"first", std::string_view{"\0\xFF", 2}}
        ) == "event /n #7 e {x:[<\0\xFF>]} <first>"s
    );
    CHECK(decode_with(R"(61-5[{"_placeholder":true,"num":0}])", {""}) == "ack / #5 <>");
    // BIN-7: twice and out of order; B11: never; B14: more keys; num as a double without fraction
    CHECK(
        decode_with(
            R"(51-["e",{"num":0.0,"x":[1],"_placeholder":true},{"_placeholder":true,"num":-0}])",
            {"a"}
        ) == "event / e <a> <a>"
    );
    CHECK(decode_with(R"(52-["e",{"_placeholder":true,"num":1}])", {"a", "b"}) == "event / e <b>");
    CHECK(decode_with(R"(51-["e",1])", {"a"}) == "event / e 1");
    CHECK(
        decode_with(
            R"(51-["e",{"_placeholder":false,"num":0},{"_placeholder":1},{"_placeholder":"true"}])",
            {"a"}
        ) == R"(event / e {_placeholder:false,num:0} {_placeholder:1} {_placeholder:"true"})"
    );
    CHECK(
        decode_with(R"(51-["e",{"_placeholder":true,"_placeholder":false,"num":0}])", {"a"}) ==
        "event / e {_placeholder:false,num:0}"
    );
    // BIN-10, B12: a type 2 packet has no placeholders.
    CHECK(
        decode(R"(2["e",{"_placeholder":true,"num":0}])") == "event / e {_placeholder:true,num:0}"
    );
    CHECK(decode(R"(3[{"_placeholder":true,"num":-1}])") == "ack / {_placeholder:true,num:-1}");
}

BOOST_AUTO_TEST_CASE(attachment_counts_are_plain_digits)  // BIN-4..6, B01, B03, B04
{
    using enum protocol::errc;
    check_errors({
        {"50-[\"e\"]", illegal_attachments},
        {"60-1[]", illegal_attachments},
        {"5-[\"e\"]", illegal_attachments},
        {"5[\"e\"]", illegal_attachments},
        {"5", illegal_attachments},
        {"51", illegal_attachments},
        {"51[\"e\"]", illegal_attachments},
        {"5-1-[\"e\"]", illegal_attachments},
        {"51e1-[\"e\"]", illegal_attachments},
        {"50x1-[\"e\"]", illegal_attachments},
        {"5 1-[\"e\"]", illegal_attachments},
        {"51.0-[\"e\"]", illegal_attachments},
        {"501-[\"e\"]", illegal_attachments},
        {"511-[\"e\"]", too_many_attachments},
        {"51000000000-[\"e\"]", too_many_attachments},
        {'5' + repeat("1", 400) + "-[\"e\"]", too_many_attachments},
        {"51-", invalid_payload},
        {"61-3", invalid_payload},
        {"51-[]", invalid_payload},
        {R"(51-[{"_placeholder":true,"num":0}])", invalid_payload},  // B13
        {R"(51-["connect"])", reserved_event},
    });
    CHECK(decode("510-[\"e\"]") == "...");
}

BOOST_AUTO_TEST_CASE(a_placeholder_that_names_no_attachment_is_refused_when_complete)  // B08, B09
{
    for (const char* num :
         {"1", "-1", "\"0\"", "null", "0.5", "1e9", "18446744073709551615", "[0]"})
        CHECK(
            decode_with(
                R"(51-["e",[{"_placeholder":true,"num":)" + std::string{num} + "}]]", {"a"}
            ) == failure(protocol::errc::illegal_placeholder),
            num
        );
    CHECK(
        decode_with(R"(61-[{"_placeholder":true}])", {"a"}) ==
        failure(protocol::errc::illegal_placeholder)
    );
}

BOOST_AUTO_TEST_CASE(text_and_binary_out_of_turn_are_refused)  // BIN-8, B05, B16
{
    const auto decoder = json::make_decoder({});
    connection peer{*decoder};
    CHECK(peer.bytes("a") == failure(protocol::errc::binary_not_expected));
    CHECK(peer.text(R"(52-/n,["e"])") == "...");
    CHECK((peer.partial->header() == protocol::packet_header{packet_type::event, "/n"}));
    CHECK(peer.bytes("a") == "...");
    CHECK(peer.text(R"(2["e"])") == failure(protocol::errc::text_while_reconstructing));
    CHECK((peer.partial == nullptr));
    CHECK(peer.bytes("b") == failure(protocol::errc::binary_not_expected));
}

BOOST_AUTO_TEST_CASE(attachment_bytes_are_limited_in_sum)  // B17, BIN-9
{
    packet_limits limits;
    limits.max_attachment_bytes = 5;
    const auto decoder = json::make_decoder(limits);
    connection peer{*decoder};
    CHECK(peer.text(R"(52-["e",{"_placeholder":true,"num":1}])") == "...");
    CHECK(peer.bytes("abc") == "...");
    CHECK(peer.bytes("de") == "event / e <de>");
    CHECK(peer.text(R"(52-["e"])") == "...");
    CHECK(peer.bytes("abc") == "...");
    CHECK(peer.bytes("def") == failure(protocol::errc::attachments_too_large));
    CHECK((peer.partial == nullptr));
}

BOOST_AUTO_TEST_CASE(connections_that_share_a_decoder_do_not_mix)
{
    const auto decoder = json::make_decoder({});
    const auto other_decoder = json::make_decoder({});
    connection a{*decoder};
    connection b{*decoder};
    CHECK(a.text(R"(52-/a,1["a",{"_placeholder":true,"num":1}])") == "...");
    CHECK(b.text(R"(51-/b,2["b",{"_placeholder":true,"num":0},"x"])") == "...");
    CHECK(a.bytes("a0") == "...");
    CHECK(b.bytes("b0") == "event /b #2 b <b0> \"x\"");
    connection moved{*other_decoder, std::move(a.partial)};
    CHECK(connection{*other_decoder}.text("51-[\"c\"]") == "...");
    CHECK(moved.bytes("a1") == "event /a #1 a <a1>");
}

BOOST_AUTO_TEST_CASE(received_bytes_are_shared)  // B10
{
    const auto decoder = json::make_decoder({});
    std::unique_ptr<partial_packet> partial;
    const std::string placeholder = R"(,{"_placeholder":true,"num":0})";
    const std::string head = R"(51-["e",[0)" + repeat(placeholder, 30'000) + "]]";
    REQUIRE(*decoder->feed(partial, frame_kind::text, as_bytes(head)) == nullptr);
    const std::string megabyte(1'000'000, 'x');
    const auto fed = decoder->feed(partial, frame_kind::binary, as_bytes(megabyte));
    any_value value;
    const auto array = static_cast<const json::packet&>(**fed).argument(0);
    CHECK(array.size() == 30'001U);
    REQUIRE(!read_value(array, value));
    CHECK(value.attachments.size() == 30'000U);
    CHECK((value.attachments.front().share() == value.attachments.back().share()));
}

BOOST_AUTO_TEST_SUITE_END()
