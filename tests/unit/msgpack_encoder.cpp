// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "msgpack_support.hpp"

#include <boost/describe/class.hpp>

#include <limits>

namespace {

using namespace cosio;
using namespace cosio::test;
using namespace cosio::test::msgpack_wire;
using protocol::packet_limits;
using protocol::packet_type;

template <class... Args>
std::string encoded(const protocol::packet_header& header, const Args&... args)
{
    const auto packet = encode(header, {}, args...);
    REQUIRE(packet);
    CHECK(packet->attachments.empty());
    CHECK((packet->head->kind() == frame_kind::binary));
    return hex(packet->head->payload());
}

std::string hex_of(std::string_view transcript)
{
    return hex(as_bytes(wire(transcript)));
}

/// How one value is written.
template <class T>
std::string written(const T& argument)
{
    const std::string all = encoded({.type = packet_type::ack, .id = 0}, argument);
    const std::string before = hex_of("84 'id' 00 'type' 03 'data' 91");
    const std::string after = hex_of("'nsp' '/'");
    return all.substr(before.size(), all.size() - before.size() - after.size());
}

struct point
{
    int x = 0;
    std::optional<double> y;
    std::vector<std::string> tags;
    bool operator==(const point&) const = default;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y, tags))

}  // namespace

BOOST_AUTO_TEST_SUITE(msgpack_encoder)

BOOST_AUTO_TEST_CASE(packets_are_written_as_nodes_server_builds_them)
{
    using enum packet_type;
    CHECK(encoded({.type = event}, "hi", 1) == hex_of("83 'type' 02 'data' 92 'hi' 01 'nsp' '/'"));
    CHECK(
        encoded({.type = event, .nsp = "/a", .id = 300}, "hi") ==
        hex_of("84 'type' 02 'data' 91 'hi' 'id' cd012c 'nsp' '/a'")
    );
    CHECK(encoded({.type = ack, .id = 7}) == hex_of("84 'id' 07 'type' 03 'data' 90 'nsp' '/'"));
    CHECK(encoded({.type = connect}) == hex_of("82 'type' 00 'nsp' '/'"));
    CHECK(
        encoded({.type = connect}, boost::json::object{{"sid", "a"}}) ==
        hex_of("83 'type' 00 'data' 81 'sid' 'a' 'nsp' '/'")
    );
    CHECK(encoded({.type = disconnect, .nsp = "/a"}) == hex_of("82 'type' 01 'nsp' '/a'"));
    CHECK(
        encoded({.type = connect_error}, boost::json::object{{"message", "no"}}) ==
        hex_of("83 'type' 04 'data' 81 'message' 'no' 'nsp' '/'")
    );
}

BOOST_AUTO_TEST_CASE(numbers_are_written_in_the_shortest_form)
{
    using limits64 = std::numeric_limits<std::int64_t>;
    const std::pair<std::int64_t, std::string_view> integers[]{
        {0, "00"},
        {127, "7f"},
        {128, "cc80"},
        {255, "ccff"},
        {256, "cd0100"},
        {65'535, "cdffff"},
        {65'536, "ce00010000"},
        {0xffff'ffff, "ceffffffff"},
        {0x1'0000'0000, "cf0000000100000000"},
        {1LL << 53, "cf0020000000000000"},
        {-1, "ff"},
        {-32, "e0"},
        {-33, "d0df"},
        {-128, "d080"},
        {-129, "d1ff7f"},
        {-32'768, "d18000"},
        {-32'769, "d2ffff7fff"},
        {-2'147'483'648LL, "d280000000"},
        {-2'147'483'649LL, "d3ffffffff7fffffff"},
        {limits64::min(), "d38000000000000000"},
    };
    for (const auto& [number, bytes] : integers) {
        CHECK(written(number) == bytes);
        CHECK(written(static_cast<double>(number)) == bytes);
        CHECK(value(bytes) == fmt::format("{}", number));
    }
    CHECK(written(limits64::max()) == "cf7fffffffffffffff");
    CHECK(written(std::numeric_limits<std::uint64_t>::max()) == "cfffffffffffffffff");
    CHECK(written(0x1p63) == "cf8000000000000000");
    CHECK(written(0x1p64) == "cb43f0000000000000");
    CHECK(written(-0x1p64) == "cbc3f0000000000000");
    CHECK(written(1.5) == "cb3ff8000000000000");
    CHECK(written(-0.0) == "00");
    CHECK(written(std::numeric_limits<double>::infinity()) == "cb7ff0000000000000");
    CHECK(written(std::numeric_limits<double>::quiet_NaN()) == "cb7ff8000000000000");
}

BOOST_AUTO_TEST_CASE(lengths_are_written_in_the_shortest_form)
{
    const auto head = [](const auto& argument) { return written(argument).substr(0, 10); };
    CHECK(written(nullptr) == "c0");
    CHECK(written(true) + written(false) == "c3c2");
    CHECK(written("") == "a0");
    CHECK(head(std::string(31, 'a')) == "bf61616161");
    CHECK(head(std::string(32, 'a')) == "d920616161");
    CHECK(head(std::string(255, 'a')) == "d9ff616161");
    CHECK(head(std::string(256, 'a')) == "da01006161");
    CHECK(head(std::string(65'535, 'a')) == "daffff6161");
    CHECK(head(std::string(65'536, 'a')) == "db00010000");
    CHECK(written(binary{}) == "c400");
    CHECK(head(binary{std::string(255, 'a')}) == "c4ff616161");
    CHECK(head(binary{std::string(256, 'a')}) == "c501006161");
    CHECK(head(binary{std::string(65'536, 'a')}) == "c600010000");
    CHECK(head(std::vector<int>(15)) == "9f00000000");
    CHECK(head(std::vector<int>(16)) == "dc00100000");
    CHECK(head(std::vector<int>(65'536)) == "dd00010000");
    std::map<std::string, int> object;
    const auto grow = [&](std::size_t size) {
        while (object.size() < size)
            object.emplace(fmt::format("{:05}", object.size()), 0);
        return head(object);
    };
    CHECK(grow(15) == "8fa5303030");
    CHECK(grow(16) == "de0010a530");
    CHECK(grow(65'536) == "df00010000");
}

BOOST_AUTO_TEST_CASE(what_a_decoder_refuses_is_not_encodable)
{
    const auto refused = [](const protocol::packet_header& header, const auto&... args) {
        return encode(header, {}, args...).has_error() &&
               encode(header, {}, args...).error() == errc::not_encodable;
    };
    CHECK(refused({}, "e", "\xff"));
    CHECK(refused({}, "\xed\xa0\x80"));
    CHECK(refused({}, "e", std::map<std::string, int>{{"\xff", 1}}));
    CHECK(refused({.nsp = "/\xff"}, "e"));
    CHECK(refused({}));
    CHECK(
        !refused({.nsp = std::string(1'024, '/')}, std::string(1'024, 'e'), std::string(9'999, 'x'))
    );
    CHECK(refused({}, std::string(1'025, 'e')));
    CHECK(refused({.nsp = std::string(1'025, '/')}, "e"));
    CHECK(!refused({.id = protocol::max_ack_id}, "e"));
    CHECK(refused({.id = protocol::max_ack_id + 1}, "e"));
    const packet_limits two{.max_args = 2};
    CHECK(encode({}, two, "e", 1, 2).has_value());
    CHECK(encode({}, two, "e", 1, 2, 3).has_error());
    CHECK(encode({.type = packet_type::ack, .id = 1}, two, 1, 2).has_value());
    CHECK(encode({.type = packet_type::ack, .id = 1}, two, 1, 2, 3).has_error());
    const std::vector<binary> many(10'000);
    CHECK(refused({}, "e", std::vector<std::vector<binary>>{many}));
}

BOOST_AUTO_TEST_CASE(values_travel_unchanged)
{
    const point sent{.x = -5, .y = 0.5, .tags = {"a", "\xe2\x82\xac"}};
    const std::tuple<std::uint64_t, binary, bool> more{~std::uint64_t{0}, binary{"\x01\x02"}, true};
    const any_value any{
        boost::json::object{
            {"a", boost::json::array{1, 2.5, nullptr, "x"}},
            {"b", boost::json::object{{"_placeholder", true}, {"num", 0}}}
        },
        {binary{"bytes"}}
    };
    const auto packet = encode({.nsp = "/chat", .id = 9}, {}, "all", sent, more, any);
    REQUIRE(packet);
    decoding at;
    const auto back = at.feed(as_text(packet->head->payload()));
    REQUIRE(back);
    CHECK(((*back)->header() == protocol::packet_header{packet_type::event, "/chat", 9}));
    CHECK((*back)->event() == "all");
    REQUIRE((*back)->argument_count() == 3);
    point received;
    std::remove_const_t<decltype(more)> received_more;
    any_value received_any;
    CHECK(!read_value((*back)->argument(0), received));
    CHECK(!read_value((*back)->argument(1), received_more));
    CHECK(!read_value((*back)->argument(2), received_any));
    CHECK((received == sent));
    CHECK((received_more == more));
    CHECK((received_any == any));
}

BOOST_AUTO_TEST_CASE(a_typical_message_is_one_block_that_was_used_before)
{
    const std::string text(64, 'x');
    static_cast<void>(encode({}, {}, std::string_view{"echo"}, text));
    const std::size_t before = heap().allocations;
    const auto packet = encode({}, {}, std::string_view{"echo"}, text);
    CHECK(heap().allocations == before);
    CHECK(packet->bytes() == 90);
}

BOOST_AUTO_TEST_SUITE_END()
