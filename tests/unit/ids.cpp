// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/ids.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using namespace cosio;

namespace {

/// Gives out what the test says, and counts.
class given_bits final : public random_source
{
public:
    explicit given_bits(std::vector<std::byte> bytes) : bytes_{std::move(bytes)} {}

    void fill(std::span<std::byte> out) noexcept override
    {
        asked_ += out.size();
        for (std::byte& one : out)
            one = bytes_[at_++ % bytes_.size()];
    }

    [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

private:
    std::vector<std::byte> bytes_;
    std::size_t at_ = 0;
    std::size_t asked_ = 0;
};

std::string id_of(const std::vector<std::byte>& bytes)
{
    given_bits random{bytes};
    const id20 id = id20::make(random);
    CHECK(random.asked() == 15U);
    return id.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(literal_bits)
{
    std::vector<std::byte> bytes(15);
    CHECK(id_of(bytes) == "AAAAAAAAAAAAAAAAAAAA");
    bytes[14] = std::byte{1};
    CHECK(id_of(bytes) == "AAAAAAAAAAAAAAAAAAAB");
    CHECK(id_of(std::vector(15, std::byte{0xFF})) == "____________________");
    CHECK(id_of(std::vector(15, std::byte{0xFB})) == "-_v7-_v7-_v7-_v7-_v7");
}

BOOST_AUTO_TEST_CASE(each_of_120_bits_counts_A08)
{
    std::set<std::string> seen{id_of(std::vector<std::byte>(15))};
    for (std::size_t bit = 0; bit < 120; ++bit) {
        std::vector<std::byte> bytes(15);
        bytes[bit / 8] = std::byte{1} << static_cast<int>(bit % 8);
        seen.insert(id_of(bytes));
    }
    CHECK(seen.size() == 121U);
}

BOOST_AUTO_TEST_CASE(twenty_characters_of_the_url_alphabet)
{
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    constexpr unsigned seed = 7;
    BOOST_TEST_INFO("seed " << seed);
    std::mt19937 random{seed};
    std::vector<std::byte> bytes(15 * 1'000);
    std::ranges::generate(bytes, [&random] { return static_cast<std::byte>(random()); });
    given_bits source{bytes};
    std::set<char> used;
    for (int i = 0; i < 1'000; ++i) {
        const id20 id = id20::make(source);
        CHECK(id.view().size() == 20U);
        used.insert(id.view().begin(), id.view().end());
    }
    CHECK((used == std::set<char>(alphabet.begin(), alphabet.end())));
}

BOOST_AUTO_TEST_CASE(what_a_server_calls_its_socket)
{
    CHECK(id20{}.view() == "");
    CHECK(id20::from_text("").view() == "");
    CHECK(id20::from_text("abc").view() == "abc");
    CHECK(id20::from_text("0123456789abcdefghij").view() == "0123456789abcdefghij");
    CHECK(id20::from_text("0123456789abcdefghijk").view() == "0123456789abcdefghij");
    CHECK((id20::from_text("abc") == id20::from_text("abc")));
    CHECK((id20::from_text("abc") != id20::from_text("abd")));
    CHECK((id20::from_text(std::string_view{"a\0", 2}) != id20::from_text("a")));
}

BOOST_AUTO_TEST_CASE(a_session_may_be_called_by_any_text)
{
    const std::string longest(200, 'x');
    for (const std::string& text :
         {std::string{}, std::string{"a"}, std::string(22, 'b'), std::string(23, 'c'), longest}) {
        session_id id = session_id::from_text(text);
        CHECK(id.view() == text);
        CHECK(id.empty() == text.empty());
        session_id copy{id};
        CHECK((copy == id));
        id = session_id::from_text("other");
        CHECK(copy.view() == text);
        id = copy;
        CHECK(id.view() == text);
        const session_id moved{std::move(copy)};
        CHECK(moved.view() == text);
        id = moved;
        CHECK(id.str() == text);
    }
    CHECK(sizeof(session_id) == 23U);
}

BOOST_AUTO_TEST_CASE(the_shard_stands_at_the_end_of_any_text)
{
    for (const std::string text : {"", "a", "custom:id:1", "0123456789abcdefghij0123456789"}) {
        const session_id id = session_id::from_text(text, 130);
        CHECK(id.view() == text + "CC");
        CHECK(
            session_id::shard_of(id.view()) == (text.empty() ? std::nullopt : std::optional{130U})
        );
    }
    CHECK(!session_id::shard_of("ab:"));
    CHECK(!session_id::shard_of(""));
}

BOOST_AUTO_TEST_SUITE_END()
