// SPDX-License-Identifier: BSL-1.0
#include <boost/test/unit_test.hpp>

#include <load/histogram.hpp>
#include <load/http_reply.hpp>
#include <load/msgpack_walk.hpp>
#include <load/packets.hpp>
#include <load/process_stats.hpp>
#include <memory>
#include <string>
#include <vector>

using namespace cosio::load;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

/// Feeds the bytes in the given pieces and writes down what comes out: `status:body` each.
std::string replies(const std::vector<std::string>& pieces)
{
    http_reply_reader reader;
    std::string out;
    for (const std::string& piece : pieces) {
        reader.feed(piece);
        for (;;) {
            const auto reply = reader.next();
            if (!reply)
                return out + reply.error().message();
            if (!*reply)
                break;
            out += std::to_string((*reply)->status) + ":" + std::string{(*reply)->body};
            out += (*reply)->keep_alive ? "|" : "|close|";
        }
    }
    return out;
}

void check_every_split(const std::string& bytes, const std::string& expected)
{
    for (std::size_t at = 0; at <= bytes.size(); ++at)
        BOOST_TEST(replies({bytes.substr(0, at), bytes.substr(at)}) == expected, "split at " << at);
    std::vector<std::string> single;
    for (char c : bytes)
        single.emplace_back(1, c);
    BOOST_TEST(replies(single) == expected);
}

bool is(const incoming& found, incoming_kind kind)
{
    return found.kind == kind;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_histogram)

BOOST_AUTO_TEST_CASE(an_empty_histogram_is_all_zero)
{
    const auto recorded = std::make_unique<histogram>();
    BOOST_TEST(recorded->count() == 0U);
    BOOST_TEST(recorded->percentile(99) == 0U);
    BOOST_TEST(recorded->max() == 0U);
    BOOST_TEST(recorded->mean() == 0.0);
}

BOOST_AUTO_TEST_CASE(small_values_are_kept_exactly)
{
    const auto recorded = std::make_unique<histogram>();
    for (int value = 1; value <= 100; ++value)
        recorded->record(value);
    BOOST_TEST(recorded->percentile(0) == 1U);
    BOOST_TEST(recorded->percentile(1) == 1U);
    BOOST_TEST(recorded->percentile(50) == 50U);
    BOOST_TEST(recorded->percentile(99) == 99U);
    BOOST_TEST(recorded->percentile(99.9) == 100U);
    BOOST_TEST(recorded->percentile(100) == 100U);
    BOOST_TEST(recorded->mean() == 50.5);
}

BOOST_AUTO_TEST_CASE(every_value_is_reported_within_one_part_in_128)
{
    for (std::uint64_t value = 1; value < histogram::limit; value += 1 + value / 97) {
        const auto recorded = std::make_unique<histogram>();
        recorded->record(static_cast<std::int64_t>(value));
        recorded->record(static_cast<std::int64_t>(histogram::limit - 1));
        const std::uint64_t reported = recorded->percentile(50);
        BOOST_REQUIRE_GE(reported, value);
        BOOST_REQUIRE_LE(reported - value, value / 128);
    }
}

BOOST_AUTO_TEST_CASE(neighbouring_buckets_do_not_overlap)
{
    const auto recorded = std::make_unique<histogram>();
    recorded->record(511);
    recorded->record(512);
    BOOST_TEST(recorded->percentile(50) == 511U);
    BOOST_TEST(recorded->percentile(100) == 512U);
}

BOOST_AUTO_TEST_CASE(a_percentile_never_exceeds_the_maximum)
{
    const auto recorded = std::make_unique<histogram>();
    recorded->record(1'000'000);
    BOOST_TEST(recorded->percentile(50) == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(values_beyond_the_limit_and_below_zero_are_counted)
{
    const auto recorded = std::make_unique<histogram>();
    recorded->record(-5);
    recorded->record(static_cast<std::int64_t>(4 * histogram::limit));
    BOOST_TEST(recorded->count() == 2U);
    BOOST_TEST(recorded->percentile(50) == 0U);
    BOOST_TEST(recorded->percentile(100) == histogram::limit - 1);
    BOOST_TEST(recorded->max() == 4 * histogram::limit);
    recorded->clear();
    BOOST_TEST(recorded->count() == 0U);
    BOOST_TEST(recorded->percentile(100) == 0U);
}

BOOST_AUTO_TEST_CASE(one_value_may_count_many_times)
{
    const auto recorded = std::make_unique<histogram>();
    recorded->record(5, 3);
    recorded->record(9);
    BOOST_TEST(recorded->count() == 4U);
    BOOST_TEST(recorded->percentile(75) == 5U);
    BOOST_TEST(recorded->mean() == 6.0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(load_http_reply)

BOOST_AUTO_TEST_CASE(a_body_with_a_length_at_every_split)
{
    check_every_split("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n4abc", "200:4abc|");
}

BOOST_AUTO_TEST_CASE(two_replies_in_a_row_at_every_split)
{
    check_every_split(
        "HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nokHTTP/1.0 400 Bad\r\nX: y\r\nContent-Length:  "
        "1\r\n\r\n-",
        "200:ok|400:-|close|"
    );
}

BOOST_AUTO_TEST_CASE(chunks_at_every_split)
{
    check_every_split(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "Chunked\r\n\r\n3\r\n4ab\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
        "200:4ab0123456789|"
    );
}

BOOST_AUTO_TEST_CASE(an_upgrade_leaves_what_follows_to_the_websocket)
{
    http_reply_reader reader;
    reader.feed(
        "HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: abc=\r\nContent-Length: 3\r\n\r\n\x81\x01x"
    );
    const auto reply = reader.next();
    BOOST_REQUIRE(reply.has_value());
    BOOST_REQUIRE(reply->has_value());
    BOOST_TEST((*reply)->status == 101U);
    BOOST_TEST((*reply)->websocket_accept == "abc=");
    BOOST_TEST(reader.rest() == "\x81\x01x");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_reply_are_refused)
{
    const std::string bad = make_error_code(boost::system::errc::bad_message).message();
    BOOST_TEST(replies({"SSH-2.0-OpenSSH_9.2\r\n\r\n"}) == bad);
    BOOST_TEST(replies({"HTTP/1.1 2x0 OK\r\n\r\n"}) == bad);
    BOOST_TEST(replies({"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) == bad);
    BOOST_TEST(replies({"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}) == bad);
    BOOST_TEST(replies({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"}) == bad);
    BOOST_TEST(replies({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"}) == bad);
}

BOOST_AUTO_TEST_CASE(limits)
{
    const std::string large = make_error_code(boost::system::errc::message_size).message();
    const std::string endless(http_reply_reader::max_head_bytes + 1, 'x');
    BOOST_TEST(replies({endless}) == large);
    BOOST_TEST(replies({"HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n"}) == large);
    BOOST_TEST(replies({"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n"}) == "");
    BOOST_TEST(
        replies({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000001\r\n"}) == large
    );
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(load_packets)

BOOST_AUTO_TEST_CASE(json_packets_as_stock_clients_write_them)
{
    BOOST_TEST(connect_packet(codec::json).bytes == "40");
    BOOST_TEST(disconnect_packet(codec::json).bytes == "41");
    BOOST_TEST(event_packet(codec::json, "echo", {"ab"}).bytes == R"(42["echo","ab"])");
    BOOST_TEST(event_packet(codec::json, "join", {}, 12).bytes == R"(4212["join"])");
}

BOOST_AUTO_TEST_CASE(msgpack_packets_as_stock_clients_write_them)
{
    BOOST_TEST(connect_packet(codec::msgpack).bytes == "\x82\xa4type\x00\xa3nsp\xa1/"s);
    BOOST_TEST(disconnect_packet(codec::msgpack).bytes == "\x82\xa4type\x01\xa3nsp\xa1/"s);
    BOOST_TEST(
        event_packet(codec::msgpack, "ack", {"ab"}, 200).bytes ==
        "\x85\xa4type\x02\xa4"
        "data\x92\xa3"
        "ack\xa2"
        "ab\xa7options\x81\xa8"
        "compress\xc3\xa2id\xcc\xc8\xa3nsp\xa1/"s
    );
}

BOOST_AUTO_TEST_CASE(a_packet_in_a_polling_payload)
{
    BOOST_TEST(polling_record(connect_packet(codec::json)) == "40");
    BOOST_TEST(polling_record({.binary = true, .bytes = "\x01\x02"}) == "bAQI=");
}

BOOST_AUTO_TEST_CASE(a_packet_as_a_masked_frame)
{
    const std::vector<std::byte> text = websocket_frame({.bytes = "40"});
    BOOST_REQUIRE(text.size() == 2U + 4U + 2U);
    BOOST_TEST(std::to_integer<int>(text[0]) == 0x81);
    BOOST_TEST(std::to_integer<int>(text[1]) == 0x82);
    BOOST_TEST(std::to_integer<char>(text[6] ^ text[2]) == '4');
    BOOST_TEST(std::to_integer<char>(text[7] ^ text[3]) == '0');
    BOOST_TEST(std::to_integer<int>(websocket_frame({true, "x"})[0]) == 0x82);
}

BOOST_AUTO_TEST_CASE(text_packets_are_told_apart)
{
    BOOST_TEST((read_text("0{}") == incoming{.kind = incoming_kind::open, .body = "{}"}));
    BOOST_TEST(is(read_text("1"), incoming_kind::close));
    BOOST_TEST(is(read_text("2"), incoming_kind::ping));
    BOOST_TEST(is(read_text("6"), incoming_kind::noop));
    BOOST_TEST(is(read_text("40{\"sid\":\"x\"}"), incoming_kind::joined));
    BOOST_TEST(is(read_text("41"), incoming_kind::left));
    BOOST_TEST(is(read_text("44{\"message\":\"no\"}"), incoming_kind::refused));
    BOOST_TEST(
        (read_text(R"(42["echo","a"])") ==
         incoming{.kind = incoming_kind::event, .name = "echo", .body = R"(["echo","a"])"})
    );
    BOOST_TEST(
        (read_text("4317[\"a\"]") ==
         incoming{.kind = incoming_kind::ack, .id = 17, .body = "[\"a\"]"})
    );
    BOOST_TEST(is(read_text("42/admin,[\"echo\"]"), incoming_kind::foreign));
    BOOST_TEST(
        is(read_text("451-[\"echo\",{\"_placeholder\":true,\"num\":0}]"), incoming_kind::foreign)
    );
    for (std::string_view bad :
         {"", "4", "x", "9", "49", "42", "42{}", "42[\"a", "43[]", "431", "42[1]"})
        BOOST_TEST(is(read_text(bad), incoming_kind::malformed), bad);
}

BOOST_AUTO_TEST_CASE(msgpack_packets_are_told_apart)
{
    const packet event = event_packet(codec::msgpack, "echo", {"abc"}, 7);
    const incoming found = read_msgpack(event.bytes);
    BOOST_TEST(is(found, incoming_kind::event));
    BOOST_TEST(found.name == "echo");
    BOOST_TEST(found.id == 7U);
    BOOST_TEST(
        found.body == "\x92\xa4"
                      "echo\xa3"
                      "abc"
    );

    const incoming ack = read_msgpack("\x84\xa3nsp\xa1/\xa2id\xcd\x01\x00\xa4"
                                      "data\x90\xa4type\x03"sv);
    BOOST_TEST(is(ack, incoming_kind::ack));
    BOOST_TEST(ack.id == 256U);
    BOOST_TEST(is(read_msgpack(connect_packet(codec::msgpack).bytes), incoming_kind::joined));
    BOOST_TEST(is(read_msgpack(disconnect_packet(codec::msgpack).bytes), incoming_kind::left));
    BOOST_TEST(is(read_msgpack("\x82\xa4type\x02\xa3nsp\xa2/a"), incoming_kind::foreign));
}

BOOST_AUTO_TEST_CASE(msgpack_cut_short_anywhere_is_malformed)
{
    const std::string whole =
        event_packet(codec::msgpack, "echo", {std::string(300, 'x')}, 7).bytes;
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(is(read_msgpack(whole.substr(0, size)), incoming_kind::malformed), size);
}

BOOST_AUTO_TEST_CASE(any_msgpack_value_is_skipped_whole)
{
    for (std::string_view value :
         {"\x00"sv,
          "\xff"sv,
          "\xc0"sv,
          "\xc4\x02xx"sv,
          "\xc5\x00\x01x"sv,
          "\xc6\x00\x00\x00\x01x"sv,
          "\xc7\x01\x09x"sv,
          "\xca\x01\x02\x03\x04"sv,
          "\xcb\x01\x02\x03\x04\x05\x06\x07\x08"sv,
          "\xcc\x01"sv,
          "\xcf\x01\x02\x03\x04\x05\x06\x07\x08"sv,
          "\xd1\x01\x02"sv,
          "\xd4\x01x"sv,
          "\xd8\x01xxxxxxxxxxxxxxxx"sv,
          "\xd9\x01x"sv,
          "\xdc\x00\x02\x01\x90"sv,
          "\xde\x00\x01\xa1k\x91\xc2"sv,
          "\x81\xa1k\x82\xa0\x01\xa1z\x93\x01\x02\x03"sv}) {
        const std::string bytes = std::string{value} + "rest";
        msgpack_walk walk{bytes};
        BOOST_TEST(walk.skip() == value);
        BOOST_TEST(walk.good());
    }
}

BOOST_AUTO_TEST_CASE(deep_or_boundless_msgpack_costs_no_stack)
{
    const std::string deep(1'000'000, '\x91');
    msgpack_walk walk{deep};
    BOOST_TEST(walk.skip().empty());
    BOOST_TEST(!walk.good());

    const std::string wide = "\xdf\xff\xff\xff\xff"s;
    BOOST_TEST(is(read_msgpack(wide), incoming_kind::malformed));
}

BOOST_AUTO_TEST_CASE(the_session_id_of_a_handshake)
{
    BOOST_TEST(find_json_string(R"({"sid":"abc","upgrades":[]})", "sid") == "abc");
    BOOST_TEST(find_json_string(R"({"a":1, "sid" : "x-_"})", "sid") == "x-_");
    for (std::string_view bad :
         {"", "{}", R"({"sid":1})", R"({"sid":"a\"b"})", R"({"sid":"a)", R"({"sid")"})
        BOOST_TEST(find_json_string(bad, "sid").empty(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(load_process_stats)

BOOST_AUTO_TEST_CASE(kibibytes_of_a_named_line)
{
    constexpr std::string_view status =
        "Name:\tVmRSS: 7\nVmRSSx:\t 1 kB\nVmRSS:\t   48020 kB\nRssAnon:\t8772 kB";
    BOOST_TEST(find_kib(status, "VmRSS").value() == 48'020U);
    BOOST_TEST(find_kib(status, "RssAnon").value() == 8'772U);
    BOOST_TEST(!find_kib(status, "Pss").has_value());
    BOOST_TEST(!find_kib("VmRSS:", "VmRSS").has_value());
}

BOOST_AUTO_TEST_CASE(ticks_of_a_program_with_a_strange_name)
{
    BOOST_TEST(
        find_ticks("7 (a) b (c 9 9) R 1 2 3 0 -1 4194304 2807 0 13 0 38 2 0 0 20 0 7").value() ==
        40U
    );
    BOOST_TEST(!find_ticks("7 (a) R 1 2 3").has_value());
    BOOST_TEST(!find_ticks("").has_value());
}

BOOST_AUTO_TEST_CASE(a_process_that_does_not_exist)
{
    constexpr int above_pid_max = (1 << 22) + 1;
    BOOST_TEST(!cpu_time(above_pid_max).has_value());
    BOOST_TEST(!memory_of(above_pid_max).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
