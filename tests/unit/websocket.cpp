// SPDX-License-Identifier: BSL-1.0
#include "websocket_support.hpp"

#include <random>

using namespace cosio;
using namespace cosio::test::websocket;
using namespace cosio::wire;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(websocket)

BOOST_AUTO_TEST_CASE(whole_messages)
{
    check(masked(0x81, "hello"), {"text hello"});
    check(masked(0x82, "\0\1\2\xFF"s), {"binary \0\1\2\xFF"s});
    check(masked(0x81, ""), {"text "});
    check(
        masked(0x81, "a") + masked(0x82, "b") + masked(0x81, "c"), {"text a", "binary b", "text c"}
    );
}

BOOST_AUTO_TEST_CASE(the_frames_of_rfc_6455_section_5_7)
{
    check("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {"text Hello"});
    check("\x81\x05Hello", {"text Hello"}, small, websocket_role::client);
    check("\x01\x03Hel\x80\x02lo", {"text Hello"}, small, websocket_role::client);
    check("\x89\x05Hello", {"ping Hello"}, small, websocket_role::client);
}

BOOST_AUTO_TEST_CASE(F27_payloads_of_all_length_forms_at_all_splits)
{
    for (const std::size_t size :
         {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 63U, 64U, 65U, 124U, 125U, 126U, 127U, 300U}) {
        const auto payload = std::string(size - 1, 'x') + "y";
        check(masked(0x81, payload), {"text " + payload});
        check(unmasked(0x81, payload), {"text " + payload}, small, websocket_role::client);
    }
    for (const std::size_t size : {65535U, 65536U, 100000U}) {
        const auto payload = std::string(size - 1, 'x') + "y";
        const auto input = masked(0x82, payload) + masked(0x81, "next");
        for (std::size_t cut = 0; cut < input.size(); cut += cut < 20 ? 1 : 9973) {
            conversation peer{{.max_payload = 100'000}};
            peer.feed(input.substr(0, cut)).feed(input.substr(cut));
            BOOST_TEST(
                peer.transcript() == (lines{"binary " + payload, "text next"}),
                boost::test_tools::per_element()
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(F27_half_a_frame_is_a_message_under_way)
{
    const auto frame = masked(0x81, "hello");
    for (std::size_t cut = 1; cut != frame.size(); ++cut) {
        conversation peer;
        CHECK(peer.feed(frame.substr(0, cut)).mid_message());
        CHECK(!peer.feed(frame.substr(cut)).mid_message());
        BOOST_TEST(peer.transcript() == lines{"text hello"}, boost::test_tools::per_element());
    }
    CHECK(conversation{}.feed(masked(0x01, "he")).mid_message());
}

BOOST_AUTO_TEST_CASE(F01_reserved_bits)
{
    for (const unsigned bits : {0x40U, 0x20U, 0x10U, 0x70U}) {
        for (const unsigned opcode : {0x81U, 0x82U, 0x89U, 0x88U, 0x01U})
            check_seen_at_last_byte(octets({opcode | bits}), websocket_errc::reserved_bits);
        check(masked(0x81 | bits, "hello"), websocket_errc::reserved_bits);
        check(masked(0x01, "a") + masked(0x80 | bits, "b"), websocket_errc::reserved_bits);
    }
}

BOOST_AUTO_TEST_CASE(F03_unknown_opcodes)
{
    for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
        check_seen_at_last_byte(octets({0x80 | opcode}), websocket_errc::unknown_opcode);
        check_seen_at_last_byte(octets({opcode}), websocket_errc::unknown_opcode);
        check(masked(0x01, "a") + masked(0x80 | opcode, "b"), websocket_errc::unknown_opcode);
    }
}

BOOST_AUTO_TEST_CASE(F04_masking_depends_on_the_role)
{
    for (const unsigned first : {0x81U, 0x82U, 0x89U, 0x88U}) {
        check_seen_at_last_byte(octets({first, 0x05}), websocket_errc::unmasked_frame);
        check(unmasked(first, "hello"), websocket_errc::unmasked_frame);
        check(
            masked(first, "hello"),
            lines{refused(websocket_errc::masked_frame)},
            small,
            websocket_role::client
        );
    }
}

BOOST_AUTO_TEST_CASE(F05_control_frames_are_whole_and_short)
{
    for (const unsigned opcode : {0x8U, 0x9U, 0xAU}) {
        check_seen_at_last_byte(octets({opcode}), websocket_errc::bad_control_frame);
        check_seen_at_last_byte(
            octets({0x80 | opcode, 0x80 | 126}), websocket_errc::bad_control_frame
        );
        check_seen_at_last_byte(
            octets({0x80 | opcode, 0x80 | 127}), websocket_errc::bad_control_frame
        );
        check(masked(0x80 | opcode, std::string(126, 'x')), websocket_errc::bad_control_frame);
    }
}

BOOST_AUTO_TEST_CASE(F07_lengths_are_in_minimal_form)
{
    check_seen_at_last_byte(octets({0x82, 0xFE, 0, 15}), websocket_errc::bad_length);
    check_seen_at_last_byte(octets({0x82, 0xFE, 0, 125}), websocket_errc::bad_length);
    check_seen_at_last_byte(
        octets({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 15}), websocket_errc::bad_length
    );
    check_seen_at_last_byte(
        octets({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}),
        websocket_errc::bad_length,
        {.max_payload = 100'000}
    );
}

BOOST_AUTO_TEST_CASE(F08_sixty_four_bit_lengths)
{
    const auto announced = [](std::initializer_list<unsigned> length) {
        return octets({0x82, 0xFF}) + octets(length);
    };
    check_seen_at_last_byte(announced({0x80, 0, 0, 0, 0, 0, 0, 0}), websocket_errc::bad_length);
    check_seen_at_last_byte(announced({0x80, 0, 0, 0, 0, 0, 0, 1}), websocket_errc::bad_length);
    check_seen_at_last_byte(
        announced({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), websocket_errc::bad_length
    );
    check_seen_at_last_byte(
        announced({0, 0x20, 0, 0, 0, 0, 0, 0}), websocket_errc::message_too_large
    );
    check_seen_at_last_byte(
        announced({0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),
        websocket_errc::message_too_large
    );
    // No sum with what was received before may wrap round.
    check(
        masked(0x01, "abc") + octets({0x80, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),
        websocket_errc::message_too_large,
        {.max_payload = ~std::size_t{0} >> 1}
    );
}

BOOST_AUTO_TEST_CASE(F09_continuations_continue)
{
    check_seen_at_last_byte(octets({0x80}), websocket_errc::unexpected_continuation);
    check_seen_at_last_byte(octets({0x00}), websocket_errc::unexpected_continuation);
    check(
        masked(0x81, "a") + masked(0x80, "b"),
        {"text a", refused(websocket_errc::unexpected_continuation)}
    );
    check(
        masked(0x01, "a") + masked(0x80, "b") + masked(0x80, "c"),
        {"text ab", refused(websocket_errc::unexpected_continuation)}
    );
    for (const unsigned first : {0x81U, 0x01U, 0x82U, 0x02U}) {
        check_seen_at_last_byte(
            masked(0x01, "a") + octets({first}), websocket_errc::expected_continuation
        );
        check_seen_at_last_byte(
            masked(0x02, "") + octets({first}), websocket_errc::expected_continuation
        );
    }
}

BOOST_AUTO_TEST_CASE(F11_A21_an_announced_length_above_the_limit_is_refused_before_mask_and_payload)
{
    for (const std::size_t limit : {1U, 125U, 126U, 1000U}) {
        const websocket_limits limits{.max_payload = limit};
        for (const auto size : {limit - 1, limit}) {
            const std::string payload(size, 'x');
            check(masked(0x82, payload), {"binary " + payload}, limits);
        }
        auto header = masked(0x82, std::string(limit + 1, 'x'));
        header.resize(header.size() - key.size() - limit - 1);
        check_seen_at_last_byte(header, websocket_errc::message_too_large, limits);
    }
    check_seen_at_last_byte(
        octets({0x81, 0x81}), websocket_errc::message_too_large, {.max_payload = 0}
    );
    check(masked(0x81, ""), {"text "}, {.max_payload = 0});
}

BOOST_AUTO_TEST_CASE(F11_A21_limit_of_a_frame_with_a_long_length)
{
    constexpr websocket_limits limits{.max_payload = 70'000};
    const auto accepted = [&limits](std::size_t size) {
        conversation peer{limits};
        peer.feed(masked(0x82, std::string(size, 'x')));
        return peer.transcript() == lines{"binary " + std::string(size, 'x')};
    };
    CHECK(accepted(69'999));
    CHECK(accepted(70'000));
    check_seen_at_last_byte(
        octets({0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x71}),
        websocket_errc::message_too_large,
        limits
    );
}

BOOST_AUTO_TEST_CASE(F12_fragments_are_summed)
{
    constexpr websocket_limits limits{.max_payload = 10};
    const auto nine = masked(0x01, "12345") + masked(0x00, "6789");
    check(nine + masked(0x80, ""), {"text 123456789"}, limits);
    check(nine + masked(0x80, "a"), {"text 123456789a"}, limits);
    check_seen_at_last_byte(nine + octets({0x80, 0x82}), websocket_errc::message_too_large, limits);
    check_seen_at_last_byte(nine + octets({0x00, 0x82}), websocket_errc::message_too_large, limits);
    // A control frame does not count, and the sum begins anew with each message.
    check(
        nine + masked(0x89, "0123456789abcdef") + masked(0x80, "a") + nine + masked(0x80, "b"),
        {"ping 0123456789abcdef", "text 123456789a", "text 123456789b"},
        limits
    );
}

BOOST_AUTO_TEST_CASE(F13_A25_A26_fragments_are_counted_empty_ones_too)
{
    constexpr websocket_limits limits{.max_payload = 1000, .max_fragments = 4};
    for (const auto* part : {"", "x"}) {
        const auto three = masked(0x01, part) + masked(0x00, part) + masked(0x00, part);
        const auto text = [part](std::size_t count) { return "text " + repeat(part, count); };
        check(masked(0x01, part) + masked(0x00, part) + masked(0x80, part), {text(3)}, limits);
        check(three + masked(0x80, part), {text(4)}, limits);
        check_seen_at_last_byte(
            three + masked(0x00, part) + octets({0x80}), websocket_errc::too_many_fragments, limits
        );
        check(
            three + masked(0x8A, "y") + masked(0x80, part) + three + masked(0x80, part),
            {"pong y", text(4), text(4)},
            limits
        );
    }
    for (const auto* part : {"", "x"}) {
        conversation peer{websocket_limits{}};
        peer.feed(masked(0x01, part) + repeat(masked(0x00, part), 200'000));
        BOOST_TEST(
            peer.transcript() == lines{refused(websocket_errc::too_many_fragments)},
            boost::test_tools::per_element()
        );
    }
}

BOOST_AUTO_TEST_CASE(F13_the_default_allows_1024_fragments)
{
    for (const auto& [more, expected] :
         {std::pair{1022U, "text " + std::string(1024, 'x')},
          std::pair{1023U, refused(websocket_errc::too_many_fragments)}}) {
        conversation peer{websocket_limits{}};
        peer.feed(masked(0x01, "x") + repeat(masked(0x00, "x"), more) + masked(0x80, "x"));
        BOOST_TEST(peer.transcript() == lines{expected}, boost::test_tools::per_element());
    }
}

// Texts that are valid up to a point; the list of what UTF-8 is and is not stands in utf8.cpp.
const std::vector<std::string> broken_texts{
    "\x80",
    "\xBF",
    "a\xC3(",
    "\xC0\xAF",
    "\xC1\xBF",
    "\xE0\x80\xAF",
    "\xE0\x9F\xBF",
    "\xED\xA0\x80",
    "\xED\xBF\xBF",
    "\xF0\x80\x80\x80",
    "\xF0\x8F\xBF\xBF",
    "\xF4\x90\x80\x80",
    "\xF5\x80\x80\x80",
    "\xFE",
    "\xFF",
    "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80 edited",
    "\xE2\x82",
    "\xF0\x9F\x98",
    "\xC2",
};

BOOST_AUTO_TEST_CASE(F14_a_text_is_utf8)
{
    for (const auto& text : broken_texts) {
        for (const std::size_t before : {0U, 1U, 7U, 8U, 64U, 100U}) {
            const auto padded = std::string(before, 'x') + text;
            check(masked(0x81, padded), websocket_errc::invalid_utf8);
            check(
                unmasked(0x81, padded),
                lines{refused(websocket_errc::invalid_utf8)},
                small,
                websocket_role::client
            );
            check(masked(0x82, padded), {"binary " + padded});
            // Nor do later words of ASCII hide it.
            for (const std::size_t after : {3U, 8U, 24U, 130U})
                check(masked(0x81, padded + std::string(after, 'x')), websocket_errc::invalid_utf8);
        }
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            check(
                masked(0x01, text.substr(0, cut)) + masked(0x80, text.substr(cut)),
                websocket_errc::invalid_utf8
            );
            check(
                masked(0x02, text.substr(0, cut)) + masked(0x80, text.substr(cut)),
                {"binary " + text}
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(F15_a_character_may_be_cut_by_fragments)
{
    const auto text = "\u00E9\u20AC\U0001F600\uD7FF\U0010FFFF"s;
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (auto second = first; second <= text.size(); ++second) {
            check(
                masked(0x01, text.substr(0, first)) +
                    masked(0x00, text.substr(first, second - first)) + masked(0x89, "?") +
                    masked(0x80, text.substr(second)),
                {"ping ?", "text " + text}
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(F16_invalid_text_is_refused_before_its_frame_or_message_ends)
{
    // The first fragment is whole, the rest never comes.
    check_seen_at_last_byte(masked(0x01, "abc\x80"), websocket_errc::invalid_utf8);
    check_seen_at_last_byte(
        masked(0x01, "abc\xF0\x9F") + masked(0x00, "\xC0"), websocket_errc::invalid_utf8
    );
    // Not even the frame is whole.
    const auto frame = masked(0x81, "abc\xED\xA0" + std::string(500, 'x'));
    check_seen_at_last_byte(frame.substr(0, frame.size() - 500), websocket_errc::invalid_utf8);
}

BOOST_AUTO_TEST_CASE(F17_F18_close_payload_sizes)
{
    check(masked(0x88, ""), {"close 1005 "});
    check(masked(0x88, "x"), websocket_errc::bad_close);
    check(masked(0x88, "\x03\xE8"), {"close 1000 "});
    check(close_frame(1000, "bye"), {"close 1000 bye"});
    check(close_frame(1000, std::string(123, 'x')), {"close 1000 " + std::string(123, 'x')});
}

BOOST_AUTO_TEST_CASE(F19_F20_close_codes)
{
    const auto code_bytes = [](unsigned code) { return octets({code >> 8, code & 0xFF}); };
    const auto accepted = [](unsigned code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
               (code >= 3000 && code <= 4999);
    };
    for (unsigned code = 0; code <= 0xFFFF; ++code) {
        conversation peer;
        peer.feed(masked(0x88, code_bytes(code) + "why"));
        const auto expected = accepted(code) ? "close " + std::to_string(code) + " why"
                                             : refused(websocket_errc::bad_close);
        if (peer.transcript() != lines{expected})
            BOOST_ERROR("close code " << code << ", expected " << expected);
    }
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U})
        check(masked(0x88, code_bytes(code)), websocket_errc::bad_close);
    for (const unsigned code :
         {1000U, 1001U, 1003U, 1007U, 1011U, 1012U, 1014U, 3000U, 3999U, 4000U, 4999U})
        check(masked(0x88, code_bytes(code)), {"close " + std::to_string(code) + " "});
}

BOOST_AUTO_TEST_CASE(F21_close_reasons)
{
    check(close_frame(1000, "\u20AC"), {"close 1000 \u20AC"});
    for (const auto& text : broken_texts)
        check(close_frame(1000, text), websocket_errc::invalid_utf8);
    check(masked(0x88, "\x03\xE8" + std::string(124, 'x')), websocket_errc::bad_control_frame);
}

BOOST_AUTO_TEST_CASE(F22_what_follows_a_close_is_ignored)
{
    const auto bye = close_frame(1000, "bye");
    check(bye + masked(0x81, "data") + masked(0x89, "ping") + bye, {"close 1000 bye"});
    check(bye + octets({0xFF, 0xFF, 0xFF}), {"close 1000 bye"});
    CHECK(!conversation{}.feed(bye + masked(0x81, "da").substr(0, 5)).mid_message());
}

BOOST_AUTO_TEST_CASE(F23_close_drops_a_message_under_way)
{
    check(masked(0x01, "part") + close_frame(1001) + masked(0x80, "rest"), {"close 1001 "});
    conversation peer;
    peer.feed(masked(0x01, std::string(500, 'x')) + close_frame(1001));
    CHECK(!peer.mid_message());
}

BOOST_AUTO_TEST_CASE(F24_control_frames_come_out_between_fragments)
{
    check(
        masked(0x01, "ab") + masked(0x89, "1") + masked(0x00, "cd") + masked(0x8A, "2") +
            masked(0x89, "") + masked(0x80, "ef") + masked(0x81, "g"),
        {"ping 1", "pong 2", "ping ", "text abcdef", "text g"}
    );
    check(masked(0x8A, "never asked for") + masked(0x81, "x"), {"pong never asked for", "text x"});
}

BOOST_AUTO_TEST_CASE(F24_A20_control_payloads_of_all_sizes_come_out_as_they_were)
{
    for (std::size_t size = 0; size <= 125; ++size) {
        std::string payload;
        for (std::size_t i = 0; i != size; ++i)
            payload.push_back(static_cast<char>(i * 7 + 1));
        check(masked(0x89, payload), {"ping " + payload});
        check(unmasked(0x8A, payload), {"pong " + payload}, small, websocket_role::client);
    }
}

BOOST_AUTO_TEST_CASE(F26_a_burst_of_pings_leaves_nothing_behind)
{
    conversation peer;
    peer.feed(repeat(masked(0x89, "again"), 5000));
    CHECK(peer.transcript().size() == 5000U);
    CHECK(peer.transcript().back() == "ping again");
    CHECK(!peer.mid_message());
}

BOOST_AUTO_TEST_CASE(F30_any_mask_key_will_do)
{
    const std::array<std::byte, 4> zero{};
    check(masked(0x81, "hello", zero), {"text hello"});
    const auto key_byte = std::byte{0xFF};
    check(masked(0x81, "hello", {key_byte, key_byte, key_byte, key_byte}), {"text hello"});

    // Masked with zero, the bytes on the wire are a request; here they are a text.
    const auto request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"s;
    check(masked(0x81, request, zero), {"text " + request});
}

BOOST_AUTO_TEST_CASE(random_conversations_in_random_pieces)
{
    std::mt19937 random{20240611};
    const auto below = [&random](std::size_t end) { return random() % end; };
    for (int round = 0; round != 300; ++round) {
        std::string input;
        lines expected;
        for (auto messages = below(20); messages != 0; --messages) {
            const std::string payload(below(5) == 0 ? below(40'000) : below(200), 'm');
            if (below(3) == 0) {
                const auto cut = below(payload.size() + 1);
                input += masked(0x02, payload.substr(0, cut)) + masked(0x89, "between") +
                         masked(0x80, payload.substr(cut));
                expected.emplace_back("ping between");
            } else {
                input += masked(0x82, payload);
            }
            expected.push_back("binary " + payload);
        }
        conversation peer{websocket_limits{}};
        if (below(2) == 0)
            peer.retaining();
        for (std::size_t at = 0; at < input.size();) {
            const auto size = std::min(input.size() - at, 1 + below(below(2) == 0 ? 10 : 20'000));
            peer.feed(std::string_view{input}.substr(at, size));
            at += size;
        }
        BOOST_TEST(peer.transcript() == expected, boost::test_tools::per_element());
        CHECK(!peer.mid_message());
    }
}

BOOST_AUTO_TEST_CASE(an_error_is_final)
{
    conversation peer;
    peer.feed(masked(0x81, "one") + octets({0xFF})).feed(masked(0x81, "two"));
    BOOST_TEST(
        peer.transcript() == (lines{"text one", refused(websocket_errc::reserved_bits)}),
        boost::test_tools::per_element()
    );
    CHECK(!peer.mid_message());
}

BOOST_AUTO_TEST_CASE(every_error_knows_its_close_code_and_condition)
{
    const auto code = [](websocket_errc why) { return close_code(why); };
    for (int value = 1; value <= 9; ++value) {
        const auto why = static_cast<websocket_errc>(value);
        CHECK(code(why) == 1002);
        CHECK((error_code{why} == condition::peer_violation));
        CHECK(error_code{why}.message() != "unknown WebSocket error");
    }
    CHECK(code(websocket_errc::invalid_utf8) == 1007);
    CHECK((error_code{websocket_errc::invalid_utf8} == condition::peer_violation));
    CHECK(code(websocket_errc::too_many_fragments) == 1008);
    CHECK((error_code{websocket_errc::too_many_fragments} == condition::limit));
    CHECK(code(websocket_errc::message_too_large) == 1009);
    CHECK((error_code{websocket_errc::message_too_large} == condition::limit));
}

BOOST_AUTO_TEST_SUITE_END()
