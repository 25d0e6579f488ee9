// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/engine/payload.hpp>
#include <cosio/limit.hpp>

#include <random>
#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::engine;
using namespace std::string_literals;

namespace {

const std::string rs{record_separator};

/// A packet as one word: its type digit and data, or `b` and the decoded bytes.
std::string word(const packet_view& packet)
{
    const char first = packet.kind == frame_kind::binary
                           ? 'b'
                           : static_cast<char>('0' + static_cast<int>(packet.type));
    return first + std::string{packet.text()};
}

/// All packets that are left, separated by spaces; "!" if the payload ends in an error.
std::string rest_of(payload_decoder& decoder)
{
    std::string words;
    const auto add = [&words](const std::string& one) {
        words += (words.empty() ? "" : " ") + one;
    };
    for (;;) {
        const auto packet = decoder.next();
        if (!packet) {
            CHECK(packet.error() == error_code{engine::errc::parse_error});
            add("!");
            break;
        }
        if (!*packet)
            break;
        add(word(**packet));
    }
    const auto after = decoder.next();
    CHECK((after && !*after));  // the end and an error are both final
    return words;
}

std::string decode(std::string body)
{
    payload_decoder decoder;
    decoder.feed(std::move(body));
    return rest_of(decoder);
}

frame_ref blob(std::string_view bytes)
{
    return make_frame(frame_kind::binary, as_bytes(bytes));
}

void push(outbox& pending, std::initializer_list<std::string_view> packets)
{
    for (const std::string_view packet : packets)
        pending.push(make_text_frame(packet));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_payload_decoder)

BOOST_AUTO_TEST_CASE(packets_are_separated_by_rs_POLL_1)
{
    CHECK(decode("4a") == "4a");
    CHECK(decode("4a" + rs + "4b") == "4a 4b");
    CHECK(
        decode("0{}" + rs + "1" + rs + "2" + rs + "3probe" + rs + "5" + rs + "6") ==
        "0{} 1 2 3probe 5 6"
    );
    CHECK(decode("4a" + rs + "bAQIDBA==" + rs + "4b") == "4a b\1\2\3\4 4b");
}

BOOST_AUTO_TEST_CASE(a_separator_at_every_place_P02)
{
    const std::string packets = "4444444";
    for (std::size_t at = 0; at <= packets.size(); ++at) {
        std::string body = packets;
        body.insert(at, rs);
        const std::string left = packets.substr(0, at);
        const std::string right = packets.substr(at);
        CHECK(
            decode(body) == (left.empty()    ? "!"
                             : right.empty() ? left + " !"
                                             : left + " " + right)
        );
    }
}

BOOST_AUTO_TEST_CASE(one_sequence_of_packets_in_any_two_bodies_I32)
{
    const std::vector<std::string> packets{"4a", "bAQ==", "2", "4", "b", "4\xE2\x82\xAC", "6"};
    const auto join = [&packets](std::size_t from, std::size_t to) {
        std::string body = packets[from];
        for (std::size_t i = from + 1; i < to; ++i)
            body += rs + packets[i];
        return body;
    };
    const std::string whole = decode(join(0, packets.size()));
    CHECK(whole == "4a b\1 2 4 b 4\xE2\x82\xAC 6");
    for (std::size_t split = 1; split < packets.size(); ++split)
        CHECK(decode(join(0, split)) + " " + decode(join(split, packets.size())) == whole);
}

BOOST_AUTO_TEST_CASE(an_empty_packet_is_an_error_P01_P02)
{
    CHECK(decode("") == "!");
    CHECK(decode(rs) == "!");
    CHECK(decode(rs + "4a") == "!");
    CHECK(decode("4a" + rs) == "4a !");
    CHECK(decode("4a" + rs + rs + "4b") == "4a !");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_packet_P03)
{
    for (const auto& bad :
         {"abc"s, "7"s, "8"s, "9"s, "x"s, " 4"s, "/"s, ":"s, "\0"s, "\xFF"s, "B"s})
        CHECK(decode(bad) == "!");
}

BOOST_AUTO_TEST_CASE(an_error_is_final_P04)
{
    CHECK(decode("4a" + rs + "7" + rs + "4b") == "4a !");
}

BOOST_AUTO_TEST_CASE(a_body_replaces_what_was_left_of_the_one_before)
{
    payload_decoder decoder;
    CHECK(rest_of(decoder) == "");
    decoder.feed("4a" + rs + "4b");
    CHECK(word(**decoder.next()) == "4a");
    decoder.feed("4c");
    CHECK(rest_of(decoder) == "4c");
    decoder.feed("7" + rs + "4d");
    CHECK(rest_of(decoder) == "!");
    decoder.feed("4e");
    CHECK(rest_of(decoder) == "4e");
}

BOOST_AUTO_TEST_CASE(binary_is_b_and_standard_base64_POLL_2_P13)
{
    const auto packet = [](std::string_view body) {
        payload_decoder decoder;
        decoder.feed(std::string{body});
        const auto next = decoder.next();
        CHECK(((*next)->kind == frame_kind::binary));
        CHECK(((*next)->type == packet_type::message));
        return std::string{(*next)->text()};
    };
    CHECK(packet("b") == "");
    CHECK(packet("bAA==") == "\0"s);
    CHECK(packet("b+/8=") == "\xFB\xFF");
    CHECK(packet("bAQID") == "\1\2\3");
    CHECK(packet("bAQ") == "\1");  // without padding
    CHECK(packet("bAQI") == "\1\2");
    for (const auto& bad :
         {"b-_8="s,
          "bAQ I"s,
          "bAQID\n"s,
          "bA"s,
          "bAQIDB"s + "A="s,
          "b===="s,
          "bA==="s,
          "b!"s,
          "b4AQID!"s,
          "bAQ\xC3\xA9"s})
        CHECK(decode(bad) == "!");
}

BOOST_AUTO_TEST_CASE(text_must_be_utf8_P14_POLL_22)
{
    CHECK(
        decode("4\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "4\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
    );
    CHECK(decode("4\0"s) == "4\0"s);
    for (const auto& bad :
         {"\x80"s,
          "\xC0\x80"s,
          "\xC3"s,
          "\xE2\x82"s,
          "\xED\xA0\x80"s,
          "\xF4\x90\x80\x80"s,
          "\xFF"s,
          "\xF8\x88\x80\x80\x80"s}) {
        CHECK(decode("4" + bad) == "!");
        CHECK(decode("4ok" + rs + "4" + bad) == "4ok !");
        CHECK(decode("4" + bad + rs + "4ok") == "!");
        CHECK(decode("3" + bad) == "!");
    }
    // A separator ends a character that is not complete.
    CHECK(decode("4\xE2\x82" + rs + "4\xAC") == "!");
}

BOOST_AUTO_TEST_CASE(very_many_packets_in_one_body_P16)
{
    std::string body;
    for (int i = 0; i < 500'000; ++i)
        body += i == 0 ? "4" : rs + "4";
    payload_decoder decoder;
    decoder.feed(std::move(body));
    int packets = 0;
    for (auto next = decoder.next(); next && *next; next = decoder.next())
        ++packets;
    CHECK(packets == 500'000);
}

BOOST_AUTO_TEST_CASE(as_many_packets_as_may_be_POLL_20)
{
    payload_decoder decoder{{}, 3};
    for (int body = 0; body < 2; ++body) {  // each one is counted by itself
        decoder.feed("4a" + rs + "4b" + rs + "4c");
        CHECK(rest_of(decoder) == "4a 4b 4c");
    }
    decoder.feed("4a" + rs + "4b" + rs + "4c" + rs + "4d");
    for (const std::string_view word : {"a", "b", "c"})
        CHECK(decoder.next().value()->text() == word);
    const auto one_more = decoder.next();
    REQUIRE(!one_more.has_value());
    CHECK((one_more.error() == engine::errc::too_many_packets));
    CHECK((one_more.error() == limit::max_packets_per_post));
    CHECK((one_more.error() == condition::limit));
    const auto after = decoder.next();
    CHECK((after && !*after));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(engine_payload_encoder)

BOOST_AUTO_TEST_CASE(a_batch_in_order_POLL_16)
{
    outbox pending;
    push(pending, {"4a", "2", "4bc"});
    pending.push(blob("\1\2\3\4"));
    push(pending, {"6"});
    CHECK(
        encode_payload(pending, 1'000'000) ==
        "4a" + rs + "2" + rs + "4bc" + rs + "bAQIDBA==" + rs + "6"
    );
    CHECK(pending.empty());
    CHECK(pending.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(one_packet_has_no_separator_POLL_1)
{
    outbox pending;
    push(pending, {"4a"});
    CHECK(encode_payload(pending, 100) == "4a");
    pending.push(blob(""));
    CHECK(encode_payload(pending, 100) == "b");
}

BOOST_AUTO_TEST_CASE(a_batch_ends_at_the_limit_POLL_17_POLL_18_P25)
{
    const auto batch = [](std::size_t limit) {
        outbox pending;
        push(pending, {"4aa"});
        pending.push(blob("\1\2\3\4"));
        push(pending, {"4\xE2\x82\xAC"});  // counts as bytes, not as characters
        std::vector<std::string> batches;
        while (!pending.empty())
            batches.push_back(encode_payload(pending, limit));
        std::string text;
        for (const std::string& one : batches)
            text += "[" + one + "]";
        return text;
    };
    const std::string first = "4aa";            // 3
    const std::string second = "bAQIDBA==";     // 9
    const std::string third = "4\xE2\x82\xAC";  // 4
    const std::string alone = "[" + first + "][" + second + "][" + third + "]";
    CHECK(batch(0) == alone);  // a frame that is too large goes alone
    CHECK(batch(12) == alone);
    CHECK(batch(13) == "[" + first + rs + second + "][" + third + "]");
    CHECK(batch(14) == "[" + first + rs + second + "][" + third + "]");
    CHECK(batch(17) == "[" + first + rs + second + "][" + third + "]");
    CHECK(batch(18) == "[" + first + rs + second + rs + third + "]");
    CHECK(batch(19) == "[" + first + rs + second + rs + third + "]");
}

BOOST_AUTO_TEST_CASE(what_was_encoded_decodes_to_the_same_I33)
{
    for (unsigned seed = 1; seed <= 200; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            outbox pending;
            std::string expected;
            for (auto left = random() % 20; left != 0; --left) {
                std::string data;
                for (auto bytes = random() % 40; bytes != 0; --bytes)
                    data.push_back(static_cast<char>('a' + random() % 26));
                const bool binary = random() % 2 == 0;
                if (binary)
                    data.append("\0\x1E\xFF", random() % 4);
                pending.push(binary ? blob(data) : make_text_frame("4" + data));
                expected += (binary ? "b" : "4") + data + " ";
            }
            const std::size_t limit = random() % 200;
            std::string got;
            while (!pending.empty()) {
                const std::size_t before = pending.size();
                const std::string body = encode_payload(pending, limit);
                CHECK((body.size() <= limit || pending.size() + 1 == before));
                got += decode(body) + " ";
            }
            CHECK(got == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(so_many_packets_at_most_poll_20)
{
    outbox pending;
    for (const auto* text : {"4a", "4b", "4c", "4d"})
        pending.push(make_text_frame(text));
    CHECK(encode_payload(pending, 100, 3) == "4a" + rs + "4b" + rs + "4c");
    CHECK(encode_payload(pending, 100, 1) == "4d");
    CHECK(pending.empty());
}

BOOST_AUTO_TEST_CASE(what_a_peer_would_refuse_even_alone_poll_17)
{
    using enum transport_kind;
    const frame_ref text = make_text_frame("4" + std::string(9, 'x'));
    CHECK(fits_payload(*text, polling, 10));
    CHECK(!fits_payload(*text, polling, 9));
    CHECK(fits_payload(*text, websocket, 10));
    CHECK(!fits_payload(*text, websocket, 9));
    // Binary is longer over polling: a letter, and four characters for three bytes (POLL-18).
    const frame_ref bytes = make_frame(frame_kind::binary, as_bytes("123456789"));
    CHECK(fits_payload(*bytes, websocket, 9));
    CHECK(!fits_payload(*bytes, websocket, 8));
    CHECK(fits_payload(*bytes, polling, 13));
    CHECK(!fits_payload(*bytes, polling, 12));
    CHECK(fits_payload(*bytes, polling, 0));  // the server did not say
}

BOOST_AUTO_TEST_SUITE_END()
