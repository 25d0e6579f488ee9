// SPDX-License-Identifier: BSL-1.0
// Section 6: texts that are UTF-8 and texts that are not. The sequences are made by the rules of Unicode and RFC 3629, and so
// is where a wrong one fails; none of it shares a thing with the validator under test.
#include "autobahn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cosio::test::autobahn {
namespace {

/// The most that a sequence of so many octets could say if all were allowed.
constexpr std::array<std::uint64_t, 7> largest{
    0, 0x7F, 0x7FF, 0xFFFF, 0x1F'FFFF, 0x3FF'FFFF, 0x7FFF'FFFF
};
constexpr std::uint64_t last_character = 0x10'FFFF;

/// A number in so many octets, whether they are too many, too few for Unicode, or a surrogate.
string in_octets(std::uint64_t number, std::size_t count)
{
    if (count == 1)
        return {static_cast<char>(number)};
    const auto mark = static_cast<unsigned>(0xFF00 >> count & 0xFF);
    string all{static_cast<char>(mark | number >> 6 * (count - 1))};
    for (std::size_t i = count - 1; i != 0; --i)
        all.push_back(static_cast<char>(0x80 | (number >> 6 * (i - 1) & 0x3F)));
    return all;
}

string character(std::uint64_t number)
{
    std::size_t count = 1;
    while (number > largest[count])
        ++count;
    return in_octets(number, count);
}

/// How many octets a sequence has that begins like this; 0 if none does.
std::size_t announced_octets(unsigned first)
{
    if (first < 0x80)
        return 1;
    for (std::size_t count = 2; count <= 6; ++count)
        if ((first & (0xFF80 >> count & 0xFF)) == (0xFF00U >> count & 0xFF))
            return count;
    return 0;
}

/// Whether some character of `count` octets begins with `begin`.
bool can_become_a_character(std::string_view begin, std::size_t count)
{
    std::uint64_t number = static_cast<unsigned char>(begin[0]);
    if (count != 1)
        number &= 0x7FU >> count;
    for (const char octet : begin.substr(1)) {
        if ((static_cast<unsigned char>(octet) & 0xC0) != 0x80)
            return false;
        number = number << 6 | (static_cast<unsigned char>(octet) & 0x3F);
    }
    const std::size_t open = 6 * (count - begin.size());
    const std::uint64_t last = number << open | ((std::uint64_t{1} << open) - 1);
    const std::uint64_t least = std::max(number << open, count == 1 ? 0 : largest[count - 1] + 1);
    const std::uint64_t most = std::min(last, last_character);
    const bool surrogates_only = least >= 0xD800 && most <= 0xDFFF;
    return least <= most && !surrogates_only;
}

/// How many octets must be there to know that `text` is not UTF-8; nullopt if it is. What is only cut off is known at its
/// end.
std::optional<std::size_t> octets_until_wrong(std::string_view text)
{
    for (std::size_t at = 0; at != text.size();) {
        const std::size_t count = announced_octets(static_cast<unsigned char>(text[at]));
        if (count == 0)
            return at + 1;
        const std::string_view sequence = text.substr(at, count);
        for (std::size_t size = 1; size <= sequence.size(); ++size)
            if (!can_become_a_character(sequence.substr(0, size), count))
                return at + size;
        if (sequence.size() != count)
            return text.size();
        at += count;
    }
    return std::nullopt;
}

/// One text in one frame.
frame_case one_text(string id, const string& sequence)
{
    const string payload = '4' + sequence;
    const auto wrong = octets_until_wrong(payload);
    if (!wrong)
        return echoed(std::move(id), {{0x81, payload}}, {"text " + payload});
    return failed(std::move(id), {{0x81, payload}}, {0, *wrong}, 1007);
}

std::vector<sent_frame> octet_fragments(std::string_view payload)
{
    std::vector<sent_frame> frames;
    for (const char octet : payload)
        frames.push_back({frames.empty() ? 0x01U : 0x00U, {octet}});
    frames.back().first |= 0x80;
    return frames;
}

const string greek =
    character(0x3BA) + character(0x1F79) + character(0x3C3) + character(0x3BC) + character(0x3B5);

/// The first octets of all sequences of `count` octets, each with a space behind it.
string lonely_first_octets(std::size_t count)
{
    string all;
    for (unsigned octet = 0xC0; octet != 0xFE; ++octet)
        if (announced_octets(octet) == count) {
            all.push_back(static_cast<char>(octet));
            all.push_back(' ');
        }
    return all;
}

string alternating_continuations(std::size_t count)
{
    string all;
    while (all.size() != count)
        all.push_back(all.size() % 2 == 0 ? '\x80' : '\xBF');
    return all;
}

string without_last(string sequence)
{
    sequence.pop_back();
    return sequence;
}

/// The groups 6.5 to 6.23.
std::vector<strings> groups()
{
    constexpr std::array<std::uint64_t, 7> surrogates{
        0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF
    };
    strings some_texts;
    for (const unsigned number : {0x24U, 0xA2U, 0x20ACU, 0x24B62U})
        some_texts.push_back("hello" + character(number) + "world");
    some_texts.push_back(greek);
    strings beginnings;
    for (std::size_t size = 1; size <= greek.size(); ++size)
        beginnings.push_back(greek.substr(0, size));
    strings first_of_length;
    strings last_of_length;
    strings slashes;
    strings overlong_by_one;
    strings zeros;
    for (std::size_t count = 1; count <= 6; ++count) {
        first_of_length.push_back(in_octets(count == 1 ? 0 : largest[count - 1] + 1, count));
        last_of_length.push_back(in_octets(largest[count], count));
        if (count == 1)
            continue;
        slashes.push_back(in_octets('/', count));
        overlong_by_one.push_back(in_octets(largest[count - 1], count));
        zeros.push_back(in_octets(0, count));
    }
    const auto part = [](const strings& of, std::size_t first, std::size_t end) {
        return strings(
            of.begin() + static_cast<std::ptrdiff_t>(first),
            of.begin() + static_cast<std::ptrdiff_t>(end)
        );
    };
    strings last_characters = part(last_of_length, 0, 3);
    last_characters.push_back(character(last_character));

    strings boundaries;
    for (const std::uint64_t number : {0xD7FFU, 0xE000U, 0xFFFDU, 0x10'FFFFU, 0x11'0000U})
        boundaries.push_back(character(number));
    strings continuations{"\x80", "\xBF"};
    for (std::size_t count = 2; count <= 6; ++count)
        continuations.push_back(alternating_continuations(count));
    continuations.emplace_back();
    for (unsigned octet = 0x80; octet != 0xC0; ++octet)
        continuations.back().push_back(static_cast<char>(octet));
    strings lonely;
    for (std::size_t count = 2; count <= 6; ++count)
        lonely.push_back(lonely_first_octets(count));
    strings cut_off;
    for (const strings& from : {zeros, part(last_of_length, 1, 6)})
        for (const string& sequence : from)
            cut_off.push_back(without_last(sequence));
    string all_cut_off;
    for (const string& sequence : cut_off)
        all_cut_off += sequence;

    strings alone;
    for (const std::uint64_t surrogate : surrogates)
        alone.push_back(in_octets(surrogate, 3));
    strings pairs;
    for (const std::uint64_t high : {0xD800U, 0xDB7FU, 0xDB80U, 0xDBFFU})
        for (const std::uint64_t low : {0xDC00U, 0xDFFFU})
            pairs.push_back(in_octets(high, 3) + in_octets(low, 3));
    strings non_characters;
    for (std::uint64_t plane = 0; plane <= 16; ++plane)
        for (const std::uint64_t last : {0xFFFEU, 0xFFFFU})
            non_characters.push_back(character(plane << 16 | last));
    strings specials;
    for (std::uint64_t number = 0xFFF9; number <= 0xFFFF; ++number)
        specials.push_back(character(number));

    return {
        some_texts,
        beginnings,
        part(first_of_length, 0, 4),
        part(first_of_length, 4, 6),
        last_characters,
        part(last_of_length, 3, 6),
        boundaries,
        continuations,
        lonely,
        cut_off,
        {all_cut_off},
        {"\xFE", "\xFF", "\xFE\xFE\xFF\xFF"},
        slashes,
        overlong_by_one,
        zeros,
        alone,
        pairs,
        non_characters,
        specials
    };
}

}  // namespace

std::vector<frame_case> utf8()
{
    const string middle = "4in the middle";
    const string good = "4" + greek + character(0x1F642) + "!";
    const string other = "4M" + character(0xE4) + "rz" + character(0x2026) + character(0x65E5);
    const string surrogate = "4" + greek + in_octets(0xD800, 3) + "edited";
    const auto wrong = octets_until_wrong(surrogate).value();
    const auto unanswered = [](string id, std::vector<sent_frame> frames) {
        return frame_case{
            .id = std::move(id), .frames = std::move(frames), .expected = {"close 1005"}
        };
    };
    std::vector<frame_case> all{
        unanswered("6.1.1", {{0x81, ""}}),
        unanswered("6.1.2", {{0x01, ""}, {0x00, ""}, {0x80, ""}}),
        echoed("6.1.3", {{0x01, ""}, {0x00, middle}, {0x80, ""}}, {"text " + middle}),
        echoed("6.2.1", {{0x81, good}}, {"text " + good}),
        echoed(
            "6.2.2",
            {{0x01, good.substr(0, 1 + greek.size())}, {0x80, good.substr(1 + greek.size())}},
            {"text " + good}
        ),
        echoed("6.2.3", octet_fragments(good), {"text " + good}),
        echoed("6.2.4", octet_fragments(other), {"text " + other}),
        failed("6.3.1", {{0x81, surrogate}}, {0, wrong}, 1007),
        failed("6.3.2", octet_fragments(surrogate), {wrong - 1, 1}, 1007)
    };

    // Fail fast: beyond the last character by the second octet, and what follows is never sent.
    const string begin = "4" + greek;
    const string beyond = in_octets(last_character + 1, 4);
    const string end = "edited";
    const string text = begin + beyond + end;
    const auto two_of_four = begin.size() + 2;
    all.push_back(failed("6.4.1", {{0x01, begin}, {0x00, beyond}, {0x80, end}}, {1, 2}, 1007, {}));
    all.push_back(failed(
        "6.4.2", {{0x01, begin + beyond[0]}, {0x00, beyond.substr(1)}, {0x80, end}}, {1, 1}, 1007
    ));
    all.push_back(failed("6.4.3", {{0x81, text}}, {0, two_of_four}, 1007));
    all.back().pauses = {begin.size(), begin.size() + beyond.size()};
    all.push_back(failed("6.4.4", {{0x81, text}}, {0, two_of_four}, 1007));
    all.back().pauses = {begin.size() + 1, begin.size() + 2};

    unsigned group_number = 4;
    for (const strings& group : groups()) {
        ++group_number;
        unsigned number = 0;
        for (const string& sequence : group)
            all.push_back(one_text(fmt::format("6.{}.{}", group_number, ++number), sequence));
    }
    return all;
}

}  // namespace cosio::test::autobahn
