// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "websocket_support.hpp"

#include <random>

using namespace cosio;
using namespace cosio::test::websocket;

// RFC 7692, 7.2; reliability.md A27, D03 to D10.

namespace {

constexpr auto server = websocket_role::server;
constexpr websocket_limits roomy{.max_payload = 1'000'000, .max_fragments = 1000};

std::string compressed(
    std::string_view message, unsigned window_bits = 15, int level = 6, int memory_level = 8
)
{
    deflate_buffer out;
    deflater codec{out, window_bits, level, memory_level, false};
    return chars(codec.deflate(as_bytes(message)));
}

std::string inflated(std::string_view payload, std::size_t limit = 1'000'000)
{
    deflate_buffer out;
    inflater codec{out, 15, false};
    const auto message = codec.inflate(as_bytes(payload), limit);
    return message ? chars(*message) : describe(message.error());
}

std::string noise(std::size_t size, unsigned seed = 1)
{
    std::mt19937 random{seed};
    std::string all(size, '\0');
    std::ranges::generate(all, [&] { return static_cast<char>(random()); });
    return all;
}

std::string words(std::size_t size)
{
    std::string all;
    for (unsigned i = 0; all.size() < size; ++i)
        all += R"({"id":)" + std::to_string(i * 7919) + R"(,"name":"somebody","online":true},)";
    all.resize(size);
    return all;
}

/// So many MB of one byte; they never stand in memory.
std::string bomb_of(std::size_t megabytes)
{
    deflate_buffer out;
    deflater codec{out, 15, 9, 8, true};
    const std::string piece(1'000'000, 'x');
    std::string all;
    for (std::size_t i = 0; i != megabytes; ++i) {
        if (i != 0)
            all += octets({0x00, 0x00, 0xFF, 0xFF});
        all += chars(codec.deflate(as_bytes(piece)));
    }
    return all;
}

// Statements that hold whether the peer keeps a context or not.
void check_both(std::string_view input, const lines& expected, websocket_limits limits = small)
{
    check(input, expected, limits, server, compression::without_context);
    check(input, expected, limits, server, compression::with_context);
}

void check_both(std::string_view input, websocket_errc expected, websocket_limits limits = small)
{
    check_both(input, lines{refused(expected)}, limits);
}

const std::string hello = octets({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00});
const std::string hello_again = octets({0xf2, 0x00, 0x11, 0x00, 0x00});

}  // namespace

BOOST_AUTO_TEST_SUITE(deflate)

BOOST_AUTO_TEST_CASE(one_block_7_2_3_1)
{
    CHECK(compressed("Hello") == hello);
    check_both(masked(0xC1, hello), {"text Hello"});
    check_both(masked(0xC2, hello), {"binary Hello"});
    check_both(
        masked(0x41, octets({0xf2, 0x48, 0xcd})) + masked(0x80, octets({0xc9, 0xc9, 0x07, 0x00})),
        {"text Hello"}
    );
}

BOOST_AUTO_TEST_CASE(the_window_is_shared_7_2_3_2)
{
    deflate_buffer out;
    deflater codec{out, 15, 6, 8, true};
    CHECK(chars(codec.deflate(as_bytes("Hello"))) == hello);
    CHECK(chars(codec.deflate(as_bytes("Hello"))) == hello_again);
    check(
        masked(0xC1, hello) + masked(0xC1, hello_again),
        {"text Hello", "text Hello"},
        small,
        server,
        compression::with_context
    );
}

BOOST_AUTO_TEST_CASE(a_block_without_compression_7_2_3_3)
{
    check_both(
        masked(0xC1, octets({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00})),
        {"text Hello"}
    );
}

BOOST_AUTO_TEST_CASE(a_final_block_7_2_3_4_d06)
{
    const std::string final_hello = octets({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00});
    check_both(
        masked(0xC1, final_hello) + masked(0xC1, hello) + masked(0xC1, final_hello),
        {"text Hello", "text Hello", "text Hello"}
    );
    // The message ends with the final block, or goes on behind it.
    const std::string bare = final_hello.substr(0, 7);
    check_both(
        masked(0xC1, bare) + masked(0xC1, bare + bare + hello),
        {"text Hello", "text HelloHelloHello"}
    );
    // The window ends with it.
    check(
        masked(0xC1, final_hello) + masked(0xC1, hello_again),
        {"text Hello", refused(websocket_errc::invalid_deflate)},
        small,
        server,
        compression::with_context
    );
}

BOOST_AUTO_TEST_CASE(two_blocks_in_one_message_7_2_3_5)
{
    check_both(
        masked(
            0xC1,
            octets({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00})
        ),
        {"text Hello"}
    );
}

BOOST_AUTO_TEST_CASE(an_empty_message_7_2_3_6_d09)
{
    CHECK(compressed("") == octets({0x00}));
    const std::string empty = masked(0xC1, octets({0x00}));
    check_both(
        empty + empty + masked(0xC2, "") + masked(0xC1, hello) + masked(0x41, "") +
            masked(0x80, ""),
        {"text ", "text ", "binary ", "text Hello", "text "}
    );
}

BOOST_AUTO_TEST_CASE(plain_messages_and_control_frames_between_compressed_ones_d07)
{
    check(
        masked(0xC1, hello) + masked(0x81, "plain") + masked(0x41, hello_again.substr(0, 2)) +
            masked(0x89, "still there?") + masked(0x00, "") + masked(0x80, hello_again.substr(2)) +
            masked(0xC1, hello_again) + close_frame(1000),
        {"text Hello", "text plain", "ping still there?", "text Hello", "text Hello", "close 1000 "
        },
        small,
        server,
        compression::with_context
    );
}

BOOST_AUTO_TEST_CASE(rsv1_stands_on_first_frames_of_messages_only_f01_d03)
{
    constexpr auto reserved = websocket_errc::reserved_bits;
    for (const unsigned first : {0xC8U, 0xC9U, 0xCAU, 0xC0U, 0x40U, 0xA1U, 0x91U, 0xE1U, 0xD2U})
        check_both(masked(first, hello), reserved);
    check_both(masked(0x41, hello) + masked(0xC0, ""), reserved);
    check_both(masked(0x01, "plain") + masked(0xC0, hello), reserved);
    check(masked(0xC1, hello), reserved);
    // Known by the first byte.
    for (const compression agreed : {compression::none, compression::with_context}) {
        conversation early{small, server, agreed};
        early.feed(octets({0xC9}));
        BOOST_TEST(
            early.transcript() == lines{refused(reserved)}, boost::test_tools::per_element()
        );
    }
}

BOOST_AUTO_TEST_CASE(a_client_decompresses_too)
{
    check(
        unmasked(0xC1, hello) + unmasked(0x41, hello_again) + unmasked(0x80, ""),
        {"text Hello", "text Hello"},
        small,
        websocket_role::client,
        compression::with_context
    );
}

BOOST_AUTO_TEST_CASE(damaged_messages_get_1007_d04)
{
    constexpr auto invalid = websocket_errc::invalid_deflate;
    CHECK(close_code(invalid) == 1007);
    check_both(masked(0xC1, octets({0x07})), invalid);  // a block of the reserved type
    check_both(masked(0xC1, octets({0x00, 0x05, 0x00, 0xfb, 0xff, 0x48})), invalid);
    check_both(masked(0xC2, noise(100)), invalid);
    check_both(masked(0xC1, "Hello"), invalid);
    // Ends inside a block, or in the middle of what a flush writes.
    for (std::size_t size = 1; size < hello.size(); ++size)
        check_both(masked(0xC1, hello.substr(0, size)), invalid);
    check_both(masked(0xC1, hello + octets({0x00, 0x00, 0xff, 0xff})), invalid);
    // Nothing is delivered after it.
    check_both(masked(0xC1, "Hello") + masked(0xC1, hello), invalid);
}

BOOST_AUTO_TEST_CASE(a_context_that_was_given_up_is_not_there_d10)
{
    check(
        masked(0xC1, hello) + masked(0xC1, hello_again),
        {"text Hello", refused(websocket_errc::invalid_deflate)},
        small,
        server,
        compression::without_context
    );
}

BOOST_AUTO_TEST_CASE(decompressed_text_is_utf8_d08)
{
    check_both(masked(0xC1, compressed("caf\xC3\xA9")), lines{"text caf\xC3\xA9"});
    check_both(masked(0xC1, compressed("caf\xC3")), websocket_errc::invalid_utf8);
    check_both(masked(0xC2, compressed("caf\xC3")), lines{"binary caf\xC3"});
    // Compressed bytes are none.
    check_both(masked(0x41, hello) + masked(0x80, ""), lines{"text Hello"});
}

BOOST_AUTO_TEST_CASE(the_limit_holds_after_decompression_ws_7)
{
    const std::string fits(small.max_payload, 'x');
    check_both(masked(0xC1, compressed(fits)), lines{"text " + fits});
    check_both(masked(0xC1, compressed(fits + "x")), websocket_errc::message_too_large);
    // And before it.
    check_both(masked(0xC1, fits + "x"), websocket_errc::message_too_large);
    check_both(masked(0x41, hello) + masked(0x80, fits), websocket_errc::message_too_large);
}

BOOST_AUTO_TEST_CASE(a_bomb_costs_the_limit_a27_d05)
{
    // The second limit is just above a power of two, which the buffer doubles to.
    for (const std::size_t limit : {std::size_t{1'000'000}, std::size_t{1'100'000}}) {
        const std::string bomb = bomb_of(200);
        CHECK(bomb.size() < 220'000U);
        deflate_buffer out;
        inflater codec{out, 15, false};
        const std::size_t before = test::heap().live_bytes;
        test::reset_heap_peak();
        const std::size_t total = test::heap().total_bytes;
        CHECK((codec.inflate(as_bytes(bomb), limit).error() == websocket_errc::message_too_large));
        CHECK(test::heap().peak_bytes - before < 2 * limit);
        CHECK(test::heap().total_bytes - total < 3 * limit);
        CHECK(test::heap().live_bytes - before < 64 * 1024);
        // It spoils nothing for the next.
        const auto next = codec.inflate(as_bytes(hello), limit);
        CHECK((next && chars(*next) == "Hello"));
    }
}

BOOST_AUTO_TEST_CASE(a_thousand_bombs_keep_less_than_64_KiB_each_a27)
{
    constexpr std::size_t connections = 1000;
    const std::string bomb = bomb_of(1);
    deflate_buffer out;
    std::vector<inflater> codecs;
    codecs.reserve(connections);
    const std::size_t before = test::heap().live_bytes;
    for (std::size_t i = 0; i != connections; ++i) {
        inflater& codec = codecs.emplace_back(out, 15, true);
        const auto outcome = codec.inflate(as_bytes(bomb), 100'000);
        REQUIRE((outcome.error() == websocket_errc::message_too_large));
    }
    CHECK(test::heap().live_bytes - before < connections * 64 * 1024);
}

BOOST_AUTO_TEST_CASE(blocks_that_hold_nothing_are_read_in_one_pass_d05)
{
    const std::string stored = repeat(octets({0x00, 0x00, 0x00, 0xff, 0xff}), 200'000);
    CHECK(inflated(stored + octets({0x00}), 10) == "");
    const std::string final_blocks = repeat(octets({0x03, 0x00}), 500'000);
    CHECK(inflated(final_blocks, 10) == "");
}

BOOST_AUTO_TEST_CASE(round_trips)
{
    for (const std::size_t size :
         {0U, 1U, 2U, 125U, 126U, 1024U, 16'383U, 16'384U, 65'536U, 300'000U})
        for (const std::string& message : {words(size), noise(size), std::string(size, 'x')})
            for (const unsigned bits : {9U, 12U, 15U})
                CHECK((inflated(compressed(message, bits)) == message), size << ", " << bits);
    for (const int level : {1, 9})
        for (const int memory : {1, 9})
            CHECK((inflated(compressed(words(50'000), 15, level, memory)) == words(50'000)));
}

// The compressed size meets the size of the output buffer at each offset.
BOOST_AUTO_TEST_CASE(a_full_output_buffer_is_no_end)
{
    for (std::size_t size = 16'340; size != 16'400; ++size)
        CHECK((inflated(compressed(noise(size))) == noise(size)), size);
    for (std::size_t limit = 16'370; limit != 16'390; ++limit) {
        CHECK((inflated(compressed(words(limit)), limit) == words(limit)), limit);
        CHECK(
            inflated(compressed(words(limit + 1)), limit) ==
            refused(websocket_errc::message_too_large)
        );
    }
}

BOOST_AUTO_TEST_CASE(a_long_conversation_with_context)
{
    for (const unsigned bits : {9U, 15U}) {
        deflate_buffer out;
        deflate_buffer in;
        deflater there{out, bits, 6, 8, true};
        inflater here{in, bits, true};
        for (unsigned i = 0; i != 200; ++i) {
            const std::string message = i % 3 == 0 ? noise(i * 37, i) : words(i * 91);
            const std::string payload = chars(there.deflate(as_bytes(message)));
            const auto read = here.inflate(as_bytes(payload), 1'000'000);
            REQUIRE(read);
            REQUIRE((chars(*read) == message));
        }
    }
}

// A window of 2^n bytes is kept to: who has no more can read it.
BOOST_AUTO_TEST_CASE(distances_stay_inside_the_window_d02)
{
    for (const unsigned bits : {9U, 10U, 14U}) {
        const std::size_t window = std::size_t{1} << bits;
        const std::string piece = noise(window - 300);
        deflate_buffer out;
        deflate_buffer in;
        deflater there{out, bits, 9, 9, true};
        inflater here{in, bits, true};
        std::size_t sizes = 0;
        for (const std::string& message : {piece, piece, noise(window, 2), piece}) {
            const std::string payload = chars(there.deflate(as_bytes(message)));
            sizes = sizes * 2 + (payload.size() < message.size() / 2 ? 1 : 0);
            const auto read = here.inflate(as_bytes(payload), 1'000'000);
            REQUIRE(read);
            CHECK((chars(*read) == message));
        }
        // Only the repetition at once was in reach.
        CHECK(sizes == 0b0100U, bits);
    }
}

// zlib's narrowest window is twice as wide: what is compressed for one of 2^8 must not use it.
BOOST_AUTO_TEST_CASE(nothing_is_repeated_from_outside_a_window_of_256_bytes_d02)
{
    const std::string piece = noise(200);
    const std::string between = noise(100, 2);
    deflate_buffer out;
    for (const bool keeps_context : {false, true}) {
        deflater there{out, 8, 9, 9, keeps_context};
        const auto size_of = [&](const std::string& message) {
            const std::string payload = chars(there.deflate(as_bytes(message)));
            CHECK((inflated(payload) == message));
            return payload.size();
        };
        CHECK(size_of(piece + between + piece) >= 500U);
        CHECK(size_of(std::string(5'000, 'x')) < 100U);
        CHECK(size_of(words(5'000)) < 4'000U);
    }
}

BOOST_AUTO_TEST_CASE(contexts_cost_nothing_before_the_first_message)
{
    deflate_buffer out;
    const std::size_t before = test::heap().live_bytes;
    deflater there{out, 15, 6, 8, true};
    inflater here{out, 15, true};
    CHECK(test::heap().live_bytes == before);
}

BOOST_AUTO_TEST_CASE(a_decoder_returns_the_memory_of_a_large_message)
{
    const std::string large(900'000, 'x');
    const std::string wire = masked(0xC1, compressed(large)) + masked(0xC1, hello);
    deflate_buffer out;
    inflater codec{out, 15, false};
    websocket_decoder decoder{server, roomy};
    decoder.decompress(codec);
    std::vector<std::byte> bytes(wire.size());
    std::ranges::copy(as_bytes(wire), bytes.begin());
    decoder.feed(bytes);
    auto message = decoder.next();
    REQUIRE((message && *message && (*message)->payload.size() == large.size()));
    message = decoder.next();
    REQUIRE((message && *message));
    CHECK(chars((*message)->payload) == "Hello");
    CHECK(out.capacity() <= 64U * 1024);
}

BOOST_AUTO_TEST_SUITE_END()
