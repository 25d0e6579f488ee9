// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/utf8.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

using cosio::detail::is_valid_utf8;
using cosio::detail::utf8_validator;
using namespace std::string_literals;

namespace {

// What RFC 3629 says, by code points: a sequence is right if its number is in range, is no surrogate,
// and needs as many bytes as were spent. Shares nothing with the automaton under test.
bool model(std::string_view text)
{
    for (std::size_t at = 0; at != text.size();) {
        const auto byte = [&text, at](std::size_t i) {
            return static_cast<unsigned>(static_cast<unsigned char>(text[at + i]));
        };
        const auto first = byte(0);
        const std::size_t size = first < 0x80             ? 1
                                 : (first & 0xE0) == 0xC0 ? 2
                                 : (first & 0xF0) == 0xE0 ? 3
                                 : (first & 0xF8) == 0xF0 ? 4
                                                          : 0;
        if (size == 0 || text.size() - at < size)
            return false;
        auto number = size == 1 ? first : first & (0x7FU >> size);
        for (std::size_t i = 1; i != size; ++i) {
            if ((byte(i) & 0xC0) != 0x80)
                return false;
            number = number << 6 | (byte(i) & 0x3F);
        }
        constexpr std::array smallest{0U, 0U, 0x80U, 0x800U, 0x10000U};
        if (number < smallest[size] || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF))
            return false;
        at += size;
    }
    return true;
}

// Each part in a heap block of its own size.
bool feed(utf8_validator& validator, std::string_view part)
{
    const auto block = std::make_unique_for_overwrite<char[]>(part.size());
    std::ranges::copy(part, block.get());
    return validator.feed({block.get(), part.size()});
}

bool valid_in_two(std::string_view text, std::size_t split)
{
    utf8_validator validator;
    return feed(validator, text.substr(0, split)) && feed(validator, text.substr(split)) &&
           validator.complete();
}

bool valid_bytewise(std::string_view text)
{
    utf8_validator validator;
    return std::ranges::all_of(text, [&validator](char c) { return feed(validator, {&c, 1}); }) &&
           validator.complete();
}

// The same answer whole and in parts, alone and deep inside ASCII, where the fast path runs.
void check(const std::string& text, bool expected)
{
    for (const std::size_t before : {0U, 1U, 3U, 7U, 8U, 9U, 63U, 64U, 65U, 130U}) {
        for (const std::size_t after : {0U, 1U, 7U, 8U, 70U}) {
            const auto padded = std::string(before, 'x') + text + std::string(after, 'x');
            BOOST_TEST_CONTEXT(before << " before, " << after << " after")
            {
                CHECK(valid_in_two(padded, 0) == expected);
                CHECK(is_valid_utf8(padded) == expected);
                CHECK(valid_bytewise(padded) == expected);
                for (std::size_t split = 1; split <= padded.size(); ++split) {
                    if (valid_in_two(padded, split) != expected)
                        BOOST_ERROR("split at " << split);
                }
            }
        }
    }
}

std::string encode(unsigned number, std::size_t size)
{
    std::string text(size, '\0');
    for (auto at = size; at-- > 1; number >>= 6)
        text[at] = static_cast<char>(0x80 | (number & 0x3F));
    constexpr std::array lead{0U, 0U, 0xC0U, 0xE0U, 0xF0U, 0xF8U, 0xFCU};
    text[0] = static_cast<char>(lead[size] | number);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(valid_texts)
{
    for (const auto& text : {
             ""s,
             "\0"s,
             "\x7F"s,
             "Hello-\u00B5@\u00DF\u00F6\u00E4\u00FC\u00E0\u00E1-UTF-8!!"s,
             "\u03BA\u1F79\u03C3\u03BC\u03B5"s,
             "\uFFFD\uFFFE\uFFFF"s,
             "\U0001F600\U0001F468\u200D\U0001F469"s,
         })
        check(text, true);
}

BOOST_AUTO_TEST_CASE(first_and_last_character_of_each_length)
{
    for (const unsigned number : {0x80U, 0x7FFU})
        check(encode(number, 2), true);
    for (const unsigned number : {0x800U, 0xFFFFU, 0xD7FFU, 0xE000U, 0xFFFDU, 0xFFFEU})
        check(encode(number, 3), true);
    for (const unsigned number : {0x10000U, 0x10FFFFU, 0x1FFFFU, 0x2FFFEU})
        check(encode(number, 4), true);
}

BOOST_AUTO_TEST_CASE(F14_overlong_forms)
{
    for (const unsigned number : {0U, 0x2FU, 0x7FU})
        check(encode(number, 2), false);
    for (const unsigned number : {0U, 0x2FU, 0x7FU, 0x80U, 0x7FFU})
        check(encode(number, 3), false);
    for (const unsigned number : {0U, 0x2FU, 0x7FFU, 0x800U, 0xFFFFU})
        check(encode(number, 4), false);
    check(encode(0x2F, 5), false);
    check(encode(0x2F, 6), false);
}

BOOST_AUTO_TEST_CASE(F14_surrogates_alone_and_in_pairs)
{
    for (const unsigned number : {0xD800U, 0xDB7FU, 0xDB80U, 0xDBFFU, 0xDC00U, 0xDF80U, 0xDFFFU})
        check(encode(number, 3), false);
    check(encode(0xD800, 3) + encode(0xDC00, 3), false);
    check(encode(0xDBFF, 3) + encode(0xDFFF, 3), false);
}

BOOST_AUTO_TEST_CASE(F14_above_the_last_character)
{
    check(encode(0x110000, 4), false);
    check(encode(0x13FFFF, 4), false);
    check(encode(0x140000, 4), false);
    check(encode(0x1FFFFF, 4), false);
    check(encode(0x200000, 5), false);
    check(encode(0x3FFFFFF, 5), false);
    check(encode(0x4000000, 6), false);
    check(encode(0x7FFFFFFF, 6), false);
}

BOOST_AUTO_TEST_CASE(F14_lone_continuations)
{
    std::string all;
    for (unsigned byte = 0x80; byte <= 0xBF; ++byte)
        all.push_back(static_cast<char>(byte));
    for (std::size_t count = 1; count <= 7; ++count)
        check(all.substr(0, count), false);
    check(all, false);
    check("\xC3\xA9\xA9", false);
}

BOOST_AUTO_TEST_CASE(F14_lone_first_bytes)
{
    for (unsigned byte = 0xC0; byte <= 0xFF; ++byte) {
        check(std::string(1, static_cast<char>(byte)), false);
        check(static_cast<char>(byte) + " "s, false);
    }
}

BOOST_AUTO_TEST_CASE(F14_truncated_characters)
{
    for (const auto& character : {encode(0xE9, 2), encode(0x20AC, 3), encode(0x1F600, 4)}) {
        for (std::size_t size = 1; size != character.size(); ++size) {
            const auto part = character.substr(0, size);
            check(part, false);
            check(part + "x", false);
            check(part + character, false);
            check(character + part, false);
            // The words between the halves are ASCII, but no halves may be between words.
            for (const std::size_t between : {8U, 16U, 64U, 72U})
                check(part + std::string(between, 'x') + character.substr(size), false);
        }
    }
}

BOOST_AUTO_TEST_CASE(F16_a_text_fails_at_the_byte_that_decides)
{
    struct example
    {
        std::string hopeful;
        char fatal;
    };

    for (const auto& [hopeful, fatal] : {
             example{"", '\x80'},
             example{"", '\xC0'},
             example{"", '\xF5'},
             example{"\xC3", 'x'},
             example{"\xE0", '\x9F'},
             example{"\xED", '\xA0'},
             example{"\xF0", '\x8F'},
             example{"\xF4", '\x90'},
             example{"\xE2\x82", '\xC2'},
             example{"\xF0\x9F\x98", 'x'},
         }) {
        for (const std::size_t before : {0U, 5U, 8U, 100U}) {
            utf8_validator validator;
            CHECK(validator.feed(std::string(before, 'x')));
            CHECK(validator.complete());
            CHECK(validator.feed(hopeful));
            CHECK(validator.complete() == hopeful.empty());
            CHECK(!validator.feed({&fatal, 1}));
            // Nothing mends it.
            CHECK(!validator.feed("x"));
            CHECK(!validator.feed("a long text of plain ASCII characters"));
            CHECK(!validator.feed(""));
            CHECK(!validator.complete());
        }
    }
}

BOOST_AUTO_TEST_CASE(all_short_sequences_agree_with_the_definition)
{
    std::size_t wrong = 0;
    const auto compare = [&wrong](std::string_view text) {
        const auto expected = model(text);
        wrong += is_valid_utf8(text) != expected || valid_in_two(text, text.size() / 2) != expected;
    };
    std::string text;
    for (unsigned a = 0; a != 256; ++a) {
        for (unsigned b = 0; b != 256; ++b) {
            text = {static_cast<char>(a), static_cast<char>(b)};
            compare(text.substr(0, 1));
            compare(text);
        }
    }
    // Both sides of every border between ranges of bytes.
    constexpr std::array borders{
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
        0xE0, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    };
    for (const auto a : borders) {
        for (const auto b : borders) {
            for (const auto c : borders) {
                for (const auto d : borders) {
                    text.clear();
                    for (const auto byte : {a, b, c, d})
                        text.push_back(static_cast<char>(byte));
                    compare(text.substr(0, 3));
                    compare(text);
                }
            }
        }
    }
    CHECK(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(long_random_texts_agree_with_the_definition)
{
    std::mt19937 random{3629};
    std::size_t wrong = 0;
    for (int round = 0; round != 2000; ++round) {
        std::string text;
        while (text.size() < 200) {
            switch (random() % 5) {
            case 0: text += std::string(random() % 70, 'x'); break;
            case 1: text += encode(0x80 + static_cast<unsigned>(random() % 0x780), 2); break;
            case 2: text += encode(0x800 + static_cast<unsigned>(random() % 0xD000), 3); break;
            case 3: text += encode(0x10000 + static_cast<unsigned>(random() % 0x100000), 4); break;
            default: text += 'y';
            }
        }
        if (round % 2 == 1)
            text[random() % text.size()] = static_cast<char>(random());
        const auto expected = model(text);
        for (std::size_t split = 0; split <= text.size(); split += 1 + random() % 16)
            wrong += valid_in_two(text, split) != expected;
    }
    CHECK(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
