// SPDX-License-Identifier: BSL-1.0
#include <boost/test/unit_test.hpp>

#include <load/report.hpp>
#include <memory>
#include <string>

using namespace cosio::load;

namespace {

std::unique_ptr<outcome> one_second_of(mode what)
{
    auto found = std::make_unique<outcome>();
    found->chosen.what = what;
    found->chosen.url = {.host = "127.0.0.1", .port = 3000};
    found->clients = 2;
    found->seconds = 1;
    found->count.messages = 1000;
    found->count.latency.record(100'000, 999);
    found->count.latency.record(2'000'000);
    return found;
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_report)

BOOST_AUTO_TEST_CASE(a_closed_loop_has_no_rate)
{
    const std::string json = format_json(*one_second_of(mode::echo));
    BOOST_TEST(has(json, R"("messages_per_second":1000.000)"), json);
    BOOST_TEST(has(json, R"("rate":null)"), json);
    BOOST_TEST(has(json, R"("p99":100.351,"p99.9":100.351,"p999":100.351,"max":2000.000)"), json);
    BOOST_TEST(!has(format_table(*one_second_of(mode::echo)), "asked"));
}

BOOST_AUTO_TEST_CASE(an_open_loop_tells_what_was_asked_and_what_came_of_it)
{
    const auto found = one_second_of(mode::ack);
    found->chosen.rate = 1500;
    found->count.rate.held_back = 7;
    found->count.rate.unsent = 3;
    const std::string json = format_json(*found);
    BOOST_TEST(
        has(json, R"("rate":{"asked":1500.000,"achieved":1000.000,"held_back":7,"unsent":3,)")
    );
    BOOST_TEST(has(format_table(*found), "1500.0 asked, 1000.0 achieved"));
    BOOST_TEST(has(format_table(*found), "server is saturated"));
}

BOOST_AUTO_TEST_CASE(the_rate_of_broadcasts_counts_each_of_them_once)
{
    const auto found = one_second_of(mode::broadcast);
    found->chosen.rate = 500;
    found->count.broadcasts = 500;
    BOOST_TEST(has(format_json(*found), R"("rate":{"asked":500.000,"achieved":500.000,)"));
    BOOST_TEST(!has(format_table(*found), "saturated"));
}

BOOST_AUTO_TEST_SUITE_END()
