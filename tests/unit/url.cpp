// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"

#include <cosio/detail/url.hpp>

#include <boost/test/unit_test.hpp>

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
    BOOST_TEST(percent_decode("") == "");
    BOOST_TEST(percent_decode("/socket.io/") == "/socket.io/");
    BOOST_TEST(percent_decode("/%73ocket%2eio%2F") == "/socket.io/");
    BOOST_TEST(percent_decode("a+b%2Bc") == "a+b+c");
    BOOST_TEST(percent_decode("%C3%A9%ff") == "\xC3\xA9\xFF");
    BOOST_TEST(percent_decode("a%00b") == "a\0b"s);
}

BOOST_AUTO_TEST_CASE(h39_bad_escapes_stay_as_they_are)
{
    BOOST_TEST(percent_decode("%") == "%");
    BOOST_TEST(percent_decode("%4") == "%4");
    BOOST_TEST(percent_decode("%zz%4g%g4") == "%zz%4g%g4");
    BOOST_TEST(percent_decode("%%41") == "%A");
    BOOST_TEST(percent_decode("%2541") == "%41");  // decoded once
    BOOST_TEST(query_decode("%+%4+") == "% %4 ");
}

BOOST_AUTO_TEST_CASE(query_decode_reads_plus_as_a_space)
{
    BOOST_TEST(query_decode("a+b%20c%2B") == "a b c+");
}

BOOST_AUTO_TEST_CASE(for_each_query_visits_items_in_order)
{
    BOOST_TEST(items("") == "");
    BOOST_TEST(items("EIO=4&transport=polling") == "[EIO]=[4][transport]=[polling]");
    BOOST_TEST(items("a=1=2&b&c=") == "[a]=[1=2][b]=[][c]=[]");
    BOOST_TEST(items("&&a=1&&&b=2&&") == "[a]=[1][b]=[2]");
    BOOST_TEST(items("%61%3D=%26+x") == "[a=]=[& x]");
}

BOOST_AUTO_TEST_CASE(h39_empty_keys_and_nul_are_items_like_others)
{
    BOOST_TEST(items("=v&=&x%00=%00") == "[]=[v][]=[][x\0]=[\0]"s);
    BOOST_TEST(value("=v", "") == "v");
    BOOST_TEST(value("a%00=1", "a") == "(none)");
}

BOOST_AUTO_TEST_CASE(h38_the_last_value_of_a_repeated_key_wins)
{
    BOOST_TEST(value("sid=a&x=1&sid=b", "sid") == "b");
    BOOST_TEST(value("sid=a&%73id=b", "sid") == "b");
    BOOST_TEST(value("sid=a&sid", "sid") == "");
    BOOST_TEST(value("sid=a&SID=b&sidx=c&si=d", "sid") == "a");
    BOOST_TEST(value("a+b=1", "a b") == "1");
    BOOST_TEST(value("x=1", "sid") == "(none)");
    BOOST_TEST(value("", "sid") == "(none)");
}

BOOST_AUTO_TEST_CASE(h39_keys_are_counted_without_a_table)
{
    const auto count_items = [](std::string_view query) {
        std::size_t count = 0;
        while (cosio::detail::take_query_item(query))
            ++count;
        return count;
    };
    BOOST_TEST(count_items("") == 0);
    BOOST_TEST(count_items("&&&") == 0);
    BOOST_TEST(count_items("a=1&a=2&b") == 3);

    std::string many = "sid=x";
    for (int i = 0; i < 10'000; ++i)
        many += "&k" + std::to_string(i) + "=";
    const auto before = cosio::test::heap().allocations;
    const std::size_t count = count_items(many);
    const bool found = query_value(many, "sid") == "x";
    const auto allocations = cosio::test::heap().allocations - before;
    BOOST_TEST(count == 10'001);
    BOOST_TEST(found);
    BOOST_TEST(allocations == 0);
}

BOOST_AUTO_TEST_SUITE_END()
