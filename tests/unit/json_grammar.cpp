// SPDX-License-Identifier: BSL-1.0
// J02, J11: what is JSON and what is not, against a second reading of the grammar of RFC 8259.
#include "json_support.hpp"

#include <algorithm>
#include <cctype>

using namespace cosio;
using namespace json_test;

namespace {

/// The grammar and nothing else: no values, no limits. Knows no escapes but those that the tests write.
class recogniser
{
public:
    explicit recogniser(std::string_view text) : rest_{text} {}

    [[nodiscard]] bool accepts() { return value() && rest_.empty(); }

private:
    bool value()
    {
        blanks();
        const bool is_one = rest_.starts_with('{')   ? object()
                            : rest_.starts_with('[') ? array()
                            : rest_.starts_with('"') ? string()
                                                     : number() || word();
        blanks();
        return is_one;
    }

    bool word() { return take("true") || take("false") || take("null"); }

    bool object()
    {
        return list('{', '}', [this] {
            blanks();
            const bool is_key = string();
            blanks();
            return is_key && take(":") && value();
        });
    }

    bool array()
    {
        return list('[', ']', [this] { return value(); });
    }

    template <class Element>
    bool list(char first, char last, Element element)
    {
        if (!take(first))
            return false;
        blanks();
        if (take(last))
            return true;
        while (element())
            if (!take(","))
                return take(last);
        return false;
    }

    bool string()
    {
        if (!take('"'))
            return false;
        while (!rest_.empty() && rest_.front() != '"') {
            if (static_cast<unsigned char>(rest_.front()) < 0x20)
                return false;
            if (!take("\\"))
                rest_.remove_prefix(1);
            else if (!escape())
                return false;
        }
        return take('"');
    }

    bool escape()
    {
        if (take("u")) {
            for (int i = 0; i < 4; ++i, rest_.remove_prefix(1))
                if (rest_.empty() || !std::isxdigit(static_cast<unsigned char>(rest_.front())))
                    return false;
            return true;
        }
        constexpr std::string_view simple = "\"\\/bfnrt";
        if (rest_.empty() || simple.find(rest_.front()) == simple.npos)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool number()
    {
        const std::string_view before = rest_;
        take("-");
        bool is_one = take("0") || digits();
        if (is_one && take("."))
            is_one = digits();
        if (is_one && (take("e") || take("E"))) {
            if (!take("+"))
                take("-");
            is_one = digits();
        }
        if (!is_one)
            rest_ = before;
        return is_one;
    }

    bool digits()
    {
        const std::size_t count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        rest_.remove_prefix(count);
        return count != 0;
    }

    void blanks()
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    }

    bool take(char c) { return take(std::string_view{&c, 1}); }

    bool take(std::string_view word)
    {
        if (!rest_.starts_with(word))
            return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    std::string_view rest_;
};

/// Calls `visit` for every sequence of up to `most` of these pieces.
template <class Visit>
void for_each_text(
    const std::vector<std::string_view>& pieces,
    std::size_t most,
    Visit visit,
    std::string text = {}
)
{
    visit(text);
    if (most == 0)
        return;
    for (const std::string_view piece : pieces)
        for_each_text(pieces, most - 1, visit, text + std::string{piece});
}

struct tally
{
    std::size_t accepted = 0;
    std::size_t refused = 0;
};

/// Both readings agree on an event whose argument is an array of `text`.
void compare(packet_decoder& decoder, const std::string& text, tally& counts)
{
    const std::string payload = R"(["e",[)" + text + "]]";
    const std::string shown = connection{decoder}.text("2" + payload);
    const bool accepted = !shown.starts_with('!');
    REQUIRE(accepted == recogniser{payload}.accepts(), text << " is " << shown);
    ++(accepted ? counts.accepted : counts.refused);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_grammar)

BOOST_AUTO_TEST_CASE(J02_all_short_texts_of_structure)
{
    const auto decoder = json::make_decoder({});
    tally counts;
    for_each_text(
        {"[", "]", "{", "}", ",", ":", R"("a")", "1", "null", " "},
        5,
        [&](const std::string& text) { compare(*decoder, text, counts); }
    );
    CHECK(counts.accepted > 500);
    CHECK(counts.refused > 50'000);
}

BOOST_AUTO_TEST_CASE(J02_J11_all_short_numbers)
{
    const auto decoder = json::make_decoder({});
    tally counts;
    for_each_text({"0", "1", "-", "+", ".", "e", "E", "x"}, 5, [&](const std::string& text) {
        compare(*decoder, text, counts);
    });
    CHECK(counts.accepted > 300);
    CHECK(counts.refused > 30'000);
}

BOOST_AUTO_TEST_CASE(J02_all_short_strings)
{
    const auto decoder = json::make_decoder({});
    tally counts;
    for_each_text(
        {"\"", "\\", "/", "u", "0041", "n", "x", "\n", "\x7f", "\xc3\xa9", "\x1f"},
        4,
        [&](const std::string& text) {
            compare(*decoder, '"' + text + '"', counts);
            compare(*decoder, '"' + text, counts);
        }
    );
    CHECK(counts.accepted > 500);
    CHECK(counts.refused > 10'000);
}

BOOST_AUTO_TEST_CASE(J02_words_are_whole)
{
    for (const std::string word : {"true", "false", "null"}) {
        CHECK(value_of(word) == word);
        for (std::size_t size = 0; size < word.size(); ++size) {
            CHECK(value_of(word.substr(0, size)).starts_with('!'));
            std::string other = word;
            other[size] = static_cast<char>(std::toupper(other[size]));
            CHECK(value_of(other).starts_with('!'));
            other.insert(size, 1, ' ');
            CHECK(value_of(other).starts_with('!'));
        }
        CHECK(value_of(word + word).starts_with('!'));
    }
}

BOOST_AUTO_TEST_SUITE_END()
