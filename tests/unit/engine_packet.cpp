// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/engine/packet.hpp>

#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::engine;
using namespace std::string_literals;

namespace {

struct parser
{
    std::vector<std::byte> scratch;

    std::string operator()(std::string_view text)
    {
        const auto packet = parse_packet(text, scratch);
        if (!packet)
            return packet.error().message();
        return (packet->kind == frame_kind::text ? "text " : "binary ") +
               std::to_string(static_cast<int>(packet->type)) + " " + std::string{packet->text()};
    }
};

const std::string refused = make_error_code(engine::errc::parse_error).message();

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_packet)

BOOST_AUTO_TEST_CASE(a_digit_and_data)
{
    parser parse;
    CHECK(parse(R"(0{"sid":"x"})") == R"(text 0 {"sid":"x"})");
    CHECK(parse("1") == "text 1 ");
    CHECK(parse("2probe") == "text 2 probe");
    CHECK(parse("3probe") == "text 3 probe");
    CHECK(parse("4") == "text 4 ");
    CHECK(parse("4\x1E"s) == "text 4 \x1E");
    CHECK(parse("5") == "text 5 ");
    CHECK(parse("6") == "text 6 ");
}

BOOST_AUTO_TEST_CASE(every_first_byte_P03_E01)
{
    parser parse;
    CHECK(parse("") == refused);
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text{static_cast<char>(byte)};
        if (byte >= '0' && byte <= '6')
            CHECK(parse(text) == "text " + text + " ");
        else if (byte == 'b')
            CHECK(parse(text) == "binary 4 ");
        else
            CHECK(parse(text) == refused);
    }
}

BOOST_AUTO_TEST_CASE(b_and_base64_P13)
{
    parser parse;
    CHECK(parse("bAQIDBA==") == "binary 4 \1\2\3\4");
    CHECK(parse("bAQIDBA") == "binary 4 \1\2\3\4");
    CHECK(parse("b") == "binary 4 ");
    CHECK(parse("bA") == refused);
    CHECK(parse("bAQIDB===") == refused);
    CHECK(parse("b_-8=") == refused);
    CHECK(parse("bAQ==AQ==") == refused);
}

BOOST_AUTO_TEST_CASE(every_length_of_binary_comes_back)
{
    parser parse;
    std::string bytes;
    for (int length = 0; length < 64; ++length) {
        const frame_ref frame = make_frame(frame_kind::binary, as_bytes(bytes));
        CHECK(parse(as_text(frame->polling())) == "binary 4 " + bytes);
        bytes.push_back(static_cast<char>(length * 37));
    }
}

BOOST_AUTO_TEST_CASE(control_packets_as_frames)
{
    CHECK(as_text(encode_packet(packet_type::ping)->payload()) == "2");
    CHECK(as_text(encode_packet(packet_type::ping, "probe")->payload()) == "2probe");
    CHECK(
        as_text(encode_packet(packet_type::noop)->websocket()) == "\x81\x01"
                                                                  "6"
    );
    CHECK(as_text(encode_packet(packet_type::close)->polling()) == "1");
    parser parse;
    for (int type = 0; type <= 6; ++type)
        CHECK(
            parse(as_text(encode_packet(static_cast<packet_type>(type), "x")->payload())) ==
            "text " + std::to_string(type) + " x"
        );
}

BOOST_AUTO_TEST_SUITE_END()
