// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "msgpack_support.hpp"

namespace {

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::msgpack_wire;
using enum protocol::errc;

static_assert(codec<msgpack>);

}  // namespace

BOOST_AUTO_TEST_SUITE(msgpack_codec)

BOOST_AUTO_TEST_CASE(packets_of_the_official_peers)
{
    // ecosystem.md, 3: the server's answer to CONNECT has an undefined pid, the client's packets options
    CHECK(
        decoded(wire("83 'type' 00 'data' 82 'sid' 'abc' 'pid' d40000 'nsp' '/'")) ==
        "connect / {sid:\"abc\",pid:null}"
    );
    CHECK(decoded(wire("83 'type' 00 'data' d40000 'nsp' '/'")) == "connect /");
    CHECK(decoded(wire("83 'type' 00 'data' c0 'nsp' '/'")) == "connect /");
    CHECK(decoded(wire("82 'type' 00 'nsp' '/chat'")) == "connect /chat");
    CHECK(
        decoded(wire("85 'type' 02 'data' 92 'hi' 01 'options' 81 'compress' c3 'id' 0c 'nsp' '/'")
        ) == "event / #12 hi 1"
    );
    CHECK(
        decoded(wire("84 'id' 07 'type' 03 'data' 92 01 c402beef 'nsp' '/a'")) ==
        "ack /a #7 1 <beef>"
    );
    CHECK(decoded(wire("82 'type' 01 'nsp' '/'")) == "disconnect /");
    CHECK(
        decoded(wire("83 'type' 04 'nsp' '/' 'data' 81 'message' 'no'")) ==
        "connect_error / {message:\"no\"}"
    );
    CHECK(decoded(wire("82 'type' 04 'nsp' '/'")) == "connect_error /");
    CHECK(decoded(wire("83 'type' 04 'data' 92 01 02 'nsp' '/'")) == "connect_error / [1,2]");
}

BOOST_AUTO_TEST_CASE(M01_every_truncation_and_a_trailing_byte_are_refused)
{
    const std::string message =
        wire("85 'type' 02 'data' dc0008 'e' ca3fc00000 c403010203 d6ff00000001 c7020501ff "
             "df00000001 d90161 d2fffffffe da000162 82 01 90 'k' 80 'options' 81 'compress' c3 "
             "'id' cc80 'nsp' '/'");
    CHECK(
        decoded(message) ==
        "event / #128 e 1.5f <010203> \"1970-01-01T00:00:01.000Z\" [5,<01ff>] {a:-2} \"b\" "
        "{1:[],k:{}}"
    );
    for (std::size_t size = 0; size < message.size(); ++size)
        CHECK(refusal(message.substr(0, size)) == text(invalid_payload));
    CHECK(refusal(message + '\0') == text(invalid_payload));
    CHECK(refusal(message + '\xc0') == text(invalid_payload));
}

BOOST_AUTO_TEST_CASE(M02_a_hostile_length_is_refused_and_nothing_reserved)
{
    for (const std::string& lead : each("dd, df, db, c6, c9")) {
        for (const std::string& prefix : each(", 83 'type' 02 'data' , 83 'type' 02 'data' 92 'e' "
                                              ", 83 'type' 02 'options' 91 , 81 ")) {
            decoding at;
            const std::string message = wire(prefix + lead + "ffffffff");
            reset_heap_peak();
            const std::size_t before = heap().live_bytes;
            const bool refused =
                !at.decoder->feed(at.partial, frame_kind::binary, as_bytes(message));
            CHECK(heap().peak_bytes - before <= 256);
            CHECK(refused);
        }
    }
}

BOOST_AUTO_TEST_CASE(M03_M05_M07_M22_what_is_no_packet)
{
    CHECK(refusal(event_bytes("\xc1")) == text(invalid_payload));
    CHECK(refusal("") == text(invalid_payload));
    CHECK(refusal(R"(2["a"])") == text(invalid_payload));
    CHECK(refusal(wire("93 02 91 'e' '/'")) == text(invalid_payload));
    for (const std::string& type : each("05, 06, 07, ff, '2', c0, c3, cb4002666666666666, "
                                        "cb7ff8000000000000, cfffffffffffffffff")) {
        const std::string message = "83 'type' " + type + " 'data' 91 'e' 'nsp' '/'";
        CHECK(refusal(wire(message)) == text(unknown_packet_type));
    }
    CHECK(refusal(wire("82 'data' 91 'e' 'nsp' '/'")) == text(unknown_packet_type));
    CHECK(decoded(wire("83 'type' cb4000000000000000 'data' 91 'e' 'nsp' '/'")) == "event / e");
    decoding at;
    CHECK(!at.feed(wire("83 'type' 02 'data' 91 'e' 'nsp' '/'"), frame_kind::text));
    CHECK(!at.feed(R"(2["a"])", frame_kind::text));
}

BOOST_AUTO_TEST_CASE(M04_nesting_stops_at_the_limit)
{
    const std::string_view open_array = "91";
    const std::string_view open_object = "81 'k'";
    for (const auto& kinds :
         {std::pair{open_array, open_array},
          std::pair{open_object, open_object},
          std::pair{open_array, open_object}}) {
        const auto nested = [&](std::size_t depth, std::string_view leaf) {
            std::string out;
            for (std::size_t i = 1; i < depth; ++i)
                out += wire(i % 2 ? kinds.first : kinds.second);
            return out + wire(leaf);
        };
        // data itself is the first level
        CHECK(accepted(event_bytes(nested(128, "c0"))));
        CHECK(refusal(event_bytes(nested(129, "c0"))) == text(too_deep));
        CHECK(accepted(event_bytes(nested(127, "90"))));
        CHECK(refusal(event_bytes(nested(128, "90"))) == text(too_deep));
        CHECK(refusal(event_bytes(nested(50'000, "c0"))) == text(too_deep));
        const std::string auth = wire("83 'type' 00 'nsp' '/' 'data' 81 'a' ");
        CHECK(accepted(auth + nested(128, "c0")));
        CHECK(refusal(auth + nested(129, "c0")) == text(too_deep));
        CHECK(refusal(wire("83 'x' ") + nested(50'000, "c0")) == text(too_deep));

        decoding at;
        const auto packet = at.feed(event_bytes(nested(128, "c0")));
        any_value all;
        CHECK(!read_value((*packet)->argument(0), all));
        const auto again = encode({}, {}, "e", all);
        REQUIRE(again);
        CHECK(accepted(as_text(again->head->payload())));
        const auto refused = encode({}, {.max_depth = 127}, "e", all);
        CHECK(refused.error().message() == text(errc::not_encodable));
    }
}

BOOST_AUTO_TEST_CASE(M08_namespaces)
{
    for (const std::string& nsp : each(", 'nsp' '', 'nsp' 'a', 'nsp' 01, 'nsp' c0, 'nsp' "
                                       "d6ff00000000, 'nsp' c4012f, 'nsp' 91 '/'")) {
        const std::string head = nsp.empty() ? "82" : "83";
        CHECK(refusal(wire(head + "'type' 02 'data' 91 'e' " + nsp)) == text(invalid_namespace));
    }
    const auto named = [](std::size_t size) {
        return wire("82 'type' 00 'nsp' db") + length(size) + "/" + std::string(size - 1, 'a');
    };
    CHECK(accepted(named(1'024)));
    CHECK(refusal(named(1'025)) == text(namespace_too_long));
    CHECK(refusal(wire("82 'type' 00 'nsp' a2 2f ff")) == text(invalid_utf8));
}

BOOST_AUTO_TEST_CASE(M09_data_must_fit_its_packet_type)
{
    const auto with = [](std::string_view type, std::string_view data) {
        return decoded(
            wire(fmt::format("{} 'type' {} 'nsp' '/' {}", data.empty() ? "82" : "83", type, data))
        );
    };
    const std::string refused = text(invalid_payload);
    for (const std::string& data :
         each(", 'data' c0, 'data' d40000, 'data' 80, 'data' 'e', 'data' 01")) {
        CHECK(with("02", data) == refused);
        CHECK(with("03", data) == refused);
    }
    CHECK(with("02", "'data' 90") == refused);
    CHECK(with("02", "'data' d50500 00") == refused);
    CHECK(with("03", "'data' 90") == "ack /");
    for (const std::string& data : each("'data' 90, 'data' 'x', 'data' 01, 'data' d6ff00000000"))
        CHECK(with("00", data) == refused);
    for (const std::string& data : each("'data' 80, 'data' 91 01, 'data' 00"))
        CHECK(with("01", data) == refused);
}

BOOST_AUTO_TEST_CASE(M10_M11_event_names)
{
    const auto named = [](std::string_view transcript) {
        return decoded(wire(fmt::format("83 'type' 02 'data' 92 {} 01 'nsp' '/'", transcript)));
    };
    CHECK(named("05") == "event / 5 1");
    CHECK(named("d3ffffffffffffff00") == "event / -256 1");
    CHECK(named("cfffffffffffffffff") == "event / 18446744073709551615 1");
    CHECK(named("cb4014000000000000") == "event / 5 1");
    CHECK(named("cb3ff8000000000000") == "event / 1.5 1");
    CHECK(named("cb3e7ad7f29abcaf48") == "event / 1e-7 1");
    CHECK(named("cb444b1ae4d6e2ef50") == "event / 1e+21 1");
    CHECK(named("cb7ff0000000000000") == "event / Infinity 1");
    CHECK(named("''") == "event /  1");
    CHECK(named("'message'") == "event / message 1");
    const std::string refused = text(invalid_payload);
    for (const std::string& name : each("c0, c3, c40161, 80, 90, d40000, d6ff00000000, d50000 00"))
        CHECK(named(name) == refused);
    for (const std::string& name :
         each("connect, connect_error, disconnect, disconnecting, newListener, removeListener"))
        CHECK(named(fmt::format("'{}'", name)) == text(reserved_event));
    const auto long_name = [](std::size_t size) {
        return wire("83 'type' 02 'nsp' '/' 'data' 91 db") + length(size) + std::string(size, 'a');
    };
    CHECK(accepted(long_name(1'024)));
    CHECK(refusal(long_name(1'025)) == text(event_name_too_long));
}

BOOST_AUTO_TEST_CASE(M12_M13_M14_ack_ids)
{
    const auto id = [](std::string_view transcript) {
        return decoded(wire(fmt::format("84 'type' 02 'data' 91 'e' 'id' {} 'nsp' '/'", transcript))
        );
    };
    CHECK(id("00") == "event / #0 e");
    CHECK(id("cb3ff0000000000000") == "event / #1 e");
    CHECK(id("cf001fffffffffffff") == "event / #9007199254740991 e");
    CHECK(id("d40000") == "event / e");
    const std::string refused = text(invalid_ack_id);
    for (const std::string& wrong :
         each("ff, cb3ff8000000000000, '1', c0, c2, cfffffffffffffffff, cf0020000000000000, "
              "cb4340000000000000, cb7ff8000000000000, 90"))
        CHECK(id(wrong) == refused);
    CHECK(decoded(wire("83 'type' 00 'id' 05 'nsp' '/'")) == "connect /");  // S21
    CHECK(decoded(wire("83 'type' 03 'data' 90 'nsp' '/'")) == "ack /");    // S14
}

BOOST_AUTO_TEST_CASE(M15_M18_M19_keys)
{
    CHECK(
        decoded(wire("86 'type' 03 'nsp' '/x' 'data' 80 'type' 02 'data' 92 'e' 05 'nsp' '/'")) ==
        "event / e 5"
    );
    CHECK(
        decoded(wire("84 'type' 02 'nsp' '/' 'data' 92 'e' 05 'data' c0")) == text(invalid_payload)
    );
    CHECK(
        decoded(wire("85 07 c0 c403747970 01 'type' 02 'data' 91 'e' 'nsp' '/'")) ==
        text(invalid_payload)
    );
    CHECK(decoded(wire("84 07 c0 'type' 02 'data' 91 'e' 'nsp' '/'")) == "event / e");
    CHECK(value("83 01 02 ff 03 cfffffffffffffffff 04") == "{1:2,-1:3,18446744073709551615:4}");
    CHECK(value("82 '__proto__' 01 'constructor' 02") == "{__proto__:1,constructor:2}");
    CHECK(value("82 'a' 01 'a' 02") == "{a:1,a:2}");
    const std::string refused = text(invalid_payload);
    for (const std::string& key : each("c0, c3, c40161, 80, 90, cb3ff0000000000000, d6ff00000000"))
        CHECK(value(fmt::format("81 {} 01", key)) == refused);

    decoding at;
    std::map<std::string, int> last;
    CHECK(!read_value((*at.feed(event_bytes(wire("82 'a' 01 'a' 02"))))->argument(0), last));
    CHECK(last["a"] == 2);
}

BOOST_AUTO_TEST_CASE(M16_invalid_utf8_is_refused_everywhere)
{
    for (const std::string& bad : each("a1ff, a2c080, a3eda080, a2e282, d90180")) {
        CHECK(refusal(event_bytes(wire(bad))) == text(invalid_utf8));
        CHECK(refusal(event_bytes(wire("91 81 'k' " + bad))) == text(invalid_utf8));
        CHECK(refusal(event_bytes(wire("81 " + bad + "01"))) == text(invalid_utf8));
        CHECK(refusal(wire("81 " + bad + " 01")) == text(invalid_utf8));
    }
    CHECK(value("a4 f09f9880") == "\"\xf0\x9f\x98\x80\"");
    CHECK(value("a3 610062") == std::string("\"a\0b\"", 5));
}

BOOST_AUTO_TEST_CASE(M17_extensions)
{
    CHECK(value("d40000") == "null");
    CHECK(value("d700 0000018bcfe568f1") == "\"2023-11-14T22:13:20.241Z\"");  // notepack.io 2
    CHECK(value("c70300 010203") == "<010203>");
    CHECK(value("c8000200 0102") == "<0102>");
    CHECK(value("c90000000100 01") == "<01>");
    CHECK(value("d4057f") == "[5,<7f>]");
    CHECK(value("d5fe0102") == "[-2,<0102>]");
    CHECK(
        value("d80100000000000000000000000000000000") == "[1,<00000000000000000000000000000000>]"
    );
    CHECK(value("c70005") == "[5,<>]");

    CHECK(value("d6ff ffffffff") == "\"2106-02-07T06:28:15.000Z\"");
    CHECK(value("d7ff ee6b27fc ffffffff") == "\"2106-02-07T06:28:15.999Z\"");
    CHECK(value("d7ff ee6b2803 ffffffff") == text(invalid_payload));  // 10^9 nanoseconds
    CHECK(value("c70cff 1dcd6500 ffffffffffffffff") == "\"1969-12-31T23:59:59.500Z\"");
    CHECK(value("c8000cff 00000000 ffffffff7c558180") == "\"1900-01-01T00:00:00.000Z\"");
    CHECK(value("c70cff 00000000 000007dba8218000") == "\"+275760-09-13T00:00:00.000Z\"");
    CHECK(value("c70cff 00000000 fffff82457de8000") == "\"-271821-04-20T00:00:00.000Z\"");
    const std::string refused = text(invalid_payload);
    for (const std::string& bad :
         each("d4ff00, d5ff0000, c70aff00000000000000000000, c700ff, c70cff 3b9aca00 "
              "0000000000000000, c70cff 000f4240 000007dba8218000, c70cff 00000000 "
              "000007dba8218001, c70cff 00000000 fffff82457de7fff, c70cff 00000000 "
              "7fffffffffffffff, c70cff 00000000 8000000000000000, d700 7fffffffffffffff"))
        CHECK(value(bad) == refused);

    decoding at;  // texts of timestamps stay as long as the packet
    const auto packet = at.feed(event_bytes(wire("d6ff00000000 d6ff00000001"), 2));
    const auto first = (*packet)->argument(0).string();
    const auto second = (*packet)->argument(1).string();
    CHECK(first == "1970-01-01T00:00:00.000Z");
    CHECK(second == "1970-01-01T00:00:01.000Z");
}

BOOST_AUTO_TEST_CASE(M20_every_width_and_non_minimal_encodings)
{
    for (const std::string& one : each("01, cc01, cd0001, ce00000001, cf0000000000000001, d001, "
                                       "d10001, d200000001, d30000000000000001"))
        CHECK(value(one) == "1");
    for (const std::string& minus : each("ff, d0ff, d1ffff, d2ffffffff, d3ffffffffffffffff"))
        CHECK(value(minus) == "-1");
    CHECK(value("cf7fffffffffffffff") == "9223372036854775807");
    CHECK(value("cf8000000000000000") == "9223372036854775808u");
    CHECK(value("d38000000000000000") == "-9223372036854775808");
    CHECK(value("ca40000000") == "2f");
    CHECK(value("cb8000000000000000") == "-0f");
    CHECK(value("cb7ff0000000000000") == "inff");
    CHECK(value("ca7fc00000") == "nanf");
    for (const std::string& text : each("a161, d90161, da000161, db0000000161"))
        CHECK(value(text) == "\"a\"");
    for (const std::string& bytes : each("c40101, c5000101, c60000000101"))
        CHECK(value(bytes) == "<01>");
    for (const std::string& array : each("9101, dc000101, dd0000000101"))
        CHECK(value(array) == "[1]");
    for (const std::string& object : each("81a16101, de0001a16101, df00000001a16101"))
        CHECK(value(object) == "{a:1}");

    decoding at;
    int number = 0;
    CHECK(!read_value((*at.feed(event_bytes(wire("cb4000000000000000"))))->argument(0), number));
    CHECK(number == 2);
}

BOOST_AUTO_TEST_CASE(M21_arguments_are_limited)
{
    CHECK(accepted(event_bytes(repeat("c0", 1'024), 1'024)));
    CHECK(refusal(event_bytes(repeat("c0", 1'025), 1'025)) == text(too_many_arguments));
    CHECK(refusal(event_bytes(repeat("c0", 65'535), 65'535)) == text(too_many_arguments));
    const auto ack = [](std::size_t count) {
        return wire("83 'type' 03 'nsp' '/' 'data' dd") + length(count) + repeat("c0", count);
    };
    CHECK(accepted(ack(1'024)));
    CHECK(refusal(ack(1'025)) == text(too_many_arguments));
}

BOOST_AUTO_TEST_CASE(M21_values_never_cost_more_than_32_times_the_message)
{
    const std::string chain = repeat("91", 125) + wire("c0");
    const std::pair<std::string, bool> elements[]{
        {wire("c0"), true},
        {wire("92 01 02"), true},
        {wire("a161"), true},
        {wire("81 'a' 01"), true},
        {wire("91 c0"), true},
        {wire("81 a0 c0"), false},
        {chain, false},
        {wire("c400"), false},
        {wire("d40500"), false},
        {wire("af") + std::string(15, 'x'), true},
    };
    for (const auto& [element, is_accepted] : elements) {
        bool refused = false;
        for (std::size_t size = 4'096; size < 1'000'000; size = size * 3 / 2) {
            const std::size_t count = size / element.size();
            std::string body = "\xdd" + length(count);
            for (std::size_t i = 0; i < count; ++i)
                body += element;
            decoding at;
            const std::string message = event_bytes(body);
            const auto packet = at.feed(message);
            refused = refused || !packet;
            if (!packet)
                continue;
            reset_heap_peak();
            const std::size_t before = heap().live_bytes;
            any_value all;
            CHECK(!read_value((*packet)->argument(0), all));
            CHECK(heap().peak_bytes - before <= 32 * message.size() + (1 << 20));
        }
        CHECK(refused != is_accepted);
    }
}

BOOST_AUTO_TEST_CASE(decoding_allocates_nothing)
{
    decoding at;
    const std::string message = wire("84 'type' 02 'data' 93 'echo' 82 'k' 93 01 02 03 05 'v' ") +
                                "\xd9\x40" + std::string(64, 'x') + wire("'id' 05 'nsp' '/'");
    REQUIRE(at.feed(message));
    const std::size_t before = heap().allocations;
    std::size_t seen = 0;
    for (int i = 0; i < 100; ++i) {
        const auto packet = at.decoder->feed(at.partial, frame_kind::binary, at.bytes);
        const auto& event = static_cast<const msgpack::packet&>(**packet);
        seen += event.argument(0).size() + event.argument(1).string().size();
    }
    CHECK(heap().allocations == before);
    CHECK(seen == 6'600);
}

BOOST_AUTO_TEST_CASE(cursors_may_be_copied_stopped_and_left_half_way)
{
    decoding at;
    const auto packet =
        at.feed(event_bytes(wire("94 92 01 93 02 03 04 82 'a' 91 05 'b' 06 91 07 08"), 1));
    REQUIRE(packet);
    const msgpack::reader all = (*packet)->argument(0);
    for (int pass = 0; pass < 2; ++pass) {
        std::string shallow;
        std::string copied;
        all.for_each_element([&](const msgpack::reader& element) {
            const msgpack::reader copy = element;
            if (copy.kind() == value_kind::array)
                copy.for_each_element([&](const msgpack::reader& first) {
                    shallow += print(first) + ";";
                    return false;
                });
            copied += print(copy) + ";";
            return true;
        });
        CHECK(shallow == "1;7;");
        CHECK(copied == "[1,[2,3,4]];{a:[5],b:6};[7];8;");
        CHECK(print(all) == "[[1,[2,3,4]],{a:[5],b:6},[7],8]");
    }
    CHECK(all.size() == 4);
}

BOOST_AUTO_TEST_SUITE_END()
