// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/transports/http_server.hpp>

#include <limits>
#include <stdexcept>
#include <string>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr duration year = std::chrono::hours{24 * 365};
constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

/// What validate() says about these options, or "".
std::string complaint(const http_options& options)
{
    try {
        validate(options);
        return "";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

template <class T>
std::string complaint(T http_options::* member, T value)
{
    http_options options;
    options.*member = value;
    return complaint(options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_options_validation)

BOOST_AUTO_TEST_CASE(the_defaults_are_right)
{
    CHECK(complaint({}) == "");
}

BOOST_AUTO_TEST_CASE(times_are_more_than_zero_and_at_most_a_year)
{
    struct row
    {
        std::string name;
        duration http_options::* time;
    };

    const row rows[] = {
        {"header_timeout", &http_options::header_timeout},
        {"keep_alive_timeout", &http_options::keep_alive_timeout},
        {"body_grace", &http_options::body_grace},
        {"write_timeout", &http_options::write_timeout},
        {"linger", &http_options::linger},
    };
    for (const auto& [name, time] : rows) {
        BOOST_TEST_CONTEXT(name)
        {
            const std::string option = "option " + name;
            CHECK(complaint(time, -1ns) == option + ": must be more than zero");
            CHECK(complaint(time, duration{0}) == option + ": must be more than zero");
            CHECK(complaint(time, duration::min()) == option + ": must be more than zero");
            CHECK(complaint(time, duration{1}) == "");
            CHECK(complaint(time, year) == "");
            CHECK(complaint(time, year + 1ns) == option + ": must be at most a year");
            CHECK(complaint(time, duration::max()) == option + ": must be at most a year");
        }
    }
}

BOOST_AUTO_TEST_CASE(counts_have_a_least_value)
{
    struct row
    {
        std::string name;
        std::size_t http_options::* count;
        std::size_t least;
    };

    const row rows[] = {
        {"max_header_bytes", &http_options::max_header_bytes, 256},
        {"max_headers", &http_options::max_headers, 1},
        {"max_target_bytes", &http_options::max_target_bytes, 64},
        {"max_websocket_fragments", &http_options::max_websocket_fragments, 1},
        {"max_connections", &http_options::max_connections, 1},
    };
    for (const auto& [name, count, least] : rows) {
        BOOST_TEST_CONTEXT(name)
        {
            const std::string rule =
                "option " + name + ": must be at least " + std::to_string(least);
            CHECK(complaint(count, std::size_t{0}) == rule);
            CHECK(complaint(count, least - 1) == rule);
            CHECK(complaint(count, least) == "");
            CHECK(complaint(count, most) == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(the_least_rate_is_at_least_one_byte_and_stays_countable)
{
    const std::string rule = "option min_body_bytes_per_second: must be from 1 to 1000000000";
    const auto rate = &http_options::min_body_bytes_per_second;
    CHECK(complaint(rate, std::size_t{0}) == rule);
    CHECK(complaint(rate, std::size_t{1}) == "");
    CHECK(complaint(rate, std::size_t{1'000'000'000}) == "");
    CHECK(complaint(rate, std::size_t{1'000'000'001}) == rule);
    CHECK(complaint(rate, most) == rule);
}

BOOST_AUTO_TEST_CASE(the_first_fault_is_told_in_one_line)
{
    http_options options;
    options.linger = 0s;
    options.max_headers = 0;
    CHECK(complaint(options) == "option max_headers: must be at least 1");
}

BOOST_AUTO_TEST_SUITE_END()
