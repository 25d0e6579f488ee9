// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "support/check.hpp"

#include <cosio/detail/url.hpp>

using namespace cosio::detail;
using namespace std::string_literals;

namespace {

// Each item as key=value, one after the other, brackets around decoded text.
std::string items(std::string_view query)
{
    std::string all;
    for_each_query(query, [&](std::string key, std::string value) {
        all += "[" + key + "]=[" + value + "]";
    });
    return all;
}

std::string value(std::string_view query, std::string_view key)
{
    return query_value(query, key).value_or("(none)");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(url)

BOOST_AUTO_TEST_CASE(percent_decode_reads_escapes_and_keeps_plus)
{
    CHECK(percent_decode("") == "");
    CHECK(percent_decode("/socket.io/") == "/socket.io/");
    CHECK(percent_decode("/%73ocket%2eio%2F") == "/socket.io/");
    CHECK(percent_decode("a+b%2Bc") == "a+b+c");
    CHECK(percent_decode("%C3%A9%ff") == "\xC3\xA9\xFF");
    CHECK(percent_decode("a%00b") == "a\0b"s);
}

BOOST_AUTO_TEST_CASE(h39_bad_escapes_stay_as_they_are)
{
    CHECK(percent_decode("%") == "%");
    CHECK(percent_decode("%4") == "%4");
    CHECK(percent_decode("%zz%4g%g4") == "%zz%4g%g4");
    CHECK(percent_decode("%%41") == "%A");
    CHECK(percent_decode("%2541") == "%41");  // decoded once
    CHECK(query_decode("%+%4+") == "% %4 ");
}

BOOST_AUTO_TEST_CASE(query_decode_reads_plus_as_a_space)
{
    CHECK(query_decode("a+b%20c%2B") == "a b c+");
}

BOOST_AUTO_TEST_CASE(for_each_query_visits_items_in_order)
{
    CHECK(items("") == "");
    CHECK(items("EIO=4&transport=polling") == "[EIO]=[4][transport]=[polling]");
    CHECK(items("a=1=2&b&c=") == "[a]=[1=2][b]=[][c]=[]");
    CHECK(items("&&a=1&&&b=2&&") == "[a]=[1][b]=[2]");
    CHECK(items("%61%3D=%26+x") == "[a=]=[& x]");
}

BOOST_AUTO_TEST_CASE(h39_empty_keys_and_nul_are_items_like_others)
{
    CHECK(items("=v&=&x%00=%00") == "[]=[v][]=[][x\0]=[\0]"s);
    CHECK(value("=v", "") == "v");
    CHECK(value("a%00=1", "a") == "(none)");
}

BOOST_AUTO_TEST_CASE(h38_the_last_value_of_a_repeated_key_wins)
{
    CHECK(value("sid=a&x=1&sid=b", "sid") == "b");
    CHECK(value("sid=a&%73id=b", "sid") == "b");
    CHECK(value("sid=a&sid", "sid") == "");
    CHECK(value("sid=a&SID=b&sidx=c&si=d", "sid") == "a");
    CHECK(value("a+b=1", "a b") == "1");
    CHECK(value("x=1", "sid") == "(none)");
    CHECK(value("", "sid") == "(none)");
}

BOOST_AUTO_TEST_CASE(h39_keys_are_counted_without_a_table)
{
    const auto count_items = [](std::string_view query) {
        std::size_t count = 0;
        while (cosio::detail::take_query_item(query))
            ++count;
        return count;
    };
    CHECK(count_items("") == 0);
    CHECK(count_items("&&&") == 0);
    CHECK(count_items("a=1&a=2&b") == 3);

    std::string many = "sid=x";
    for (int i = 0; i < 10'000; ++i)
        many += "&k" + std::to_string(i) + "=";
    const auto before = cosio::test::heap().allocations;
    const std::size_t count = count_items(many);
    const bool found = query_value(many, "sid") == "x";
    const auto allocations = cosio::test::heap().allocations - before;
    CHECK(count == 10'001);
    CHECK(found);
    CHECK(allocations == 0);
}

BOOST_AUTO_TEST_SUITE_END()
