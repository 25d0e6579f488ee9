// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/packet.hpp>

#include <boost/test/unit_test.hpp>

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
    BOOST_TEST(parse(R"(0{"sid":"x"})") == R"(text 0 {"sid":"x"})");
    BOOST_TEST(parse("1") == "text 1 ");
    BOOST_TEST(parse("2probe") == "text 2 probe");
    BOOST_TEST(parse("3probe") == "text 3 probe");
    BOOST_TEST(parse("4") == "text 4 ");
    BOOST_TEST(parse("4\x1E"s) == "text 4 \x1E");
    BOOST_TEST(parse("5") == "text 5 ");
    BOOST_TEST(parse("6") == "text 6 ");
}

BOOST_AUTO_TEST_CASE(every_first_byte_P03_E01)
{
    parser parse;
    BOOST_TEST(parse("") == refused);
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text{static_cast<char>(byte)};
        if (byte >= '0' && byte <= '6')
            BOOST_TEST(parse(text) == "text " + text + " ");
        else if (byte == 'b')
            BOOST_TEST(parse(text) == "binary 4 ");
        else
            BOOST_TEST(parse(text) == refused);
    }
}

BOOST_AUTO_TEST_CASE(b_and_base64_P13)
{
    parser parse;
    BOOST_TEST(parse("bAQIDBA==") == "binary 4 \1\2\3\4");
    BOOST_TEST(parse("bAQIDBA") == "binary 4 \1\2\3\4");
    BOOST_TEST(parse("b") == "binary 4 ");
    BOOST_TEST(parse("bA") == refused);
    BOOST_TEST(parse("bAQIDB===") == refused);
    BOOST_TEST(parse("b_-8=") == refused);
    BOOST_TEST(parse("bAQ==AQ==") == refused);
}

BOOST_AUTO_TEST_CASE(every_length_of_binary_comes_back)
{
    parser parse;
    std::string bytes;
    for (int length = 0; length < 64; ++length) {
        const frame_ref frame = make_frame(frame_kind::binary, as_bytes(bytes));
        BOOST_TEST(parse(as_text(frame->polling())) == "binary 4 " + bytes);
        bytes.push_back(static_cast<char>(length * 37));
    }
}

BOOST_AUTO_TEST_CASE(control_packets_as_frames)
{
    BOOST_TEST(as_text(encode_packet(packet_type::ping)->payload()) == "2");
    BOOST_TEST(as_text(encode_packet(packet_type::ping, "probe")->payload()) == "2probe");
    BOOST_TEST(
        as_text(encode_packet(packet_type::noop)->websocket()) == "\x81\x01"
                                                                  "6"
    );
    BOOST_TEST(as_text(encode_packet(packet_type::close)->polling()) == "1");
    parser parse;
    for (int type = 0; type <= 6; ++type)
        BOOST_TEST(
            parse(as_text(encode_packet(static_cast<packet_type>(type), "x")->payload())) ==
            "text " + std::to_string(type) + " x"
        );
}

BOOST_AUTO_TEST_SUITE_END()
