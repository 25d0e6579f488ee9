// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/transports/seed_search.hpp>

#include <cstdlib>
#include <numeric>

using namespace cosio;

namespace {

std::vector<int> up_to(int last)
{
    std::vector<int> all(static_cast<std::size_t>(last));
    std::iota(all.begin(), all.end(), 1);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(seed_search)

BOOST_AUTO_TEST_CASE(what_is_not_needed_is_dropped)
{
    const auto needs_three_and_seventy = [](const std::vector<int>& steps) {
        return std::ranges::count(steps, 3) == 1 && std::ranges::count(steps, 70) == 1;
    };
    CHECK((minimise(up_to(100), needs_three_and_seventy) == std::vector{3, 70}));
}

BOOST_AUTO_TEST_CASE(no_step_of_what_is_left_can_be_taken_out)
{
    // Any five: which ones does not matter.
    const auto needs_five = [](const std::vector<int>& steps) { return steps.size() >= 5; };
    CHECK(minimise(up_to(97), needs_five).size() == 5U);
    const auto needs_nothing = [](const std::vector<int>&) { return true; };
    CHECK(minimise(up_to(97), needs_nothing).empty());
    CHECK(minimise(std::vector<int>{}, needs_nothing).empty());
    CHECK((minimise(std::vector{1}, needs_nothing).empty()));
}

BOOST_AUTO_TEST_CASE(the_order_stays)
{
    const auto has_two_falling = [](const std::vector<int>& steps) {
        return std::ranges::adjacent_find(steps, std::greater<>{}) != steps.end();
    };
    CHECK((minimise(std::vector{1, 5, 6, 2, 7}, has_two_falling) == std::vector{6, 2}));
}

BOOST_AUTO_TEST_CASE(the_first_seed_that_fails)
{
    std::vector<std::uint64_t> tried;
    const auto scenario = [&](std::uint64_t seed) {
        tried.push_back(seed);
        return std::string{seed % 7 == 0 ? "seven" : ""};
    };
    const auto found = find_failing_seed({.first = 10, .count = 100}, scenario);
    REQUIRE(found.has_value());
    CHECK(found->seed == 14U);
    CHECK(found->why == "seven");
    CHECK((tried == std::vector<std::uint64_t>{10, 11, 12, 13, 14}));
    CHECK(!find_failing_seed({.first = 1, .count = 6}, scenario));
}

BOOST_AUTO_TEST_CASE(the_environment_chooses)
{
    ::unsetenv("COSIO_SEED");
    ::unsetenv("COSIO_SEEDS");
    CHECK(seed_range::from_environment(30, 5).first == 5U);
    CHECK(seed_range::from_environment(30, 5).count == 30U);
    ::setenv("COSIO_SEEDS", "5000", 1);
    CHECK(seed_range::from_environment(30, 5).count == 5'000U);
    ::setenv("COSIO_SEED", "17", 1);
    CHECK(seed_range::from_environment(30, 5).first == 17U);
    CHECK(seed_range::from_environment(30, 5).count == 1U);
    for (const char* wrong : {"", "x", "17x", "-1", "99999999999999999999"}) {
        ::setenv("COSIO_SEED", wrong, 1);
        ::setenv("COSIO_SEEDS", wrong, 1);
        CHECK(seed_range::from_environment(30, 5).first == 5U, wrong);
        CHECK(seed_range::from_environment(30, 5).count == 30U, wrong);
    }
    ::unsetenv("COSIO_SEED");
    ::unsetenv("COSIO_SEEDS");
}

BOOST_AUTO_TEST_SUITE_END()
