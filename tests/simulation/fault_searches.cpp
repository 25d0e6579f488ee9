// SPDX-License-Identifier: BSL-1.0
// Z13, Z14: the searches find what they are for, and say where it was.
#include "support/check.hpp"
#include "support/poor_memory.hpp"

#include <cosio/transports/cancellation_search.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <set>

using namespace cosio;
using namespace cosio::test;

namespace {

/// Ten allocations, of which the one with the number `needed` must not fail.
[[nodiscard]] auto one_is_needed(std::vector<std::uint64_t>& tried, std::uint64_t needed)
{
    return [&tried, needed](allocation_failure& at) -> std::string {
        std::uint64_t had = 0;
        at.arm();
        for (; had < 10; ++had) {
            try {
                const auto made = std::make_unique<std::uint64_t>(had);
            } catch (const std::bad_alloc&) {
                break;
            }
        }
        at.disarm();
        tried.push_back(had);
        return had == needed ? "it was needed" : "";
    };
}

constexpr int waits = 6;

task<> wait_often(simulation& world, int& waited)
{
    for (; waited < waits; ++waited) {
        auto turn = asio::post(world.home().executor(), asio::deferred);
        co_await std::move(turn);
    }
}

/// Who is cancelled behind so many of its waits must not be.
[[nodiscard]] auto one_wait_is_needed(std::vector<int>& tried, int needed)
{
    return [&tried, needed](cancellation_point& at) -> std::string {
        simulation world;
        int waited = 0;
        at.spawn(world, wait_often(world, waited));
        world.run();
        tried.push_back(waited);
        return at.was_reached() && waited == needed ? "it was needed" : "";
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fault_searches)

BOOST_AUTO_TEST_CASE(Z14_the_allocation_that_does_harm_is_found)
{
    for (std::uint64_t needed = 0; needed < 10; ++needed) {
        std::vector<std::uint64_t> tried;
        const auto found = find_failing_allocation(one_is_needed(tried, needed));
        REQUIRE(found.has_value());
        CHECK(found->number == needed);
        CHECK(found->why == "it was needed");
        CHECK(tried.size() == needed + 1);
        CHECK(tried.back() == needed);
    }
}

BOOST_AUTO_TEST_CASE(Z14_each_allocation_fails_once_and_then_none)
{
    std::vector<std::uint64_t> tried;
    CHECK(!find_failing_allocation(one_is_needed(tried, 11)));
    CHECK((tried == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    CHECK(harm_of_allocations(10, one_is_needed(tried, 3)) == "allocation 3: it was needed");
    CHECK(harm_of_allocations(10, one_is_needed(tried, 11)) == "");
    CHECK(harm_of_allocations(11, one_is_needed(tried, 11)) == "only 10 allocations failed");
}

BOOST_AUTO_TEST_CASE(Z14_what_does_not_count_does_not_fail)
{
    std::size_t runs = 0;
    const auto found = find_failing_allocation([&](allocation_failure& at) -> std::string {
        ++runs;
        at.arm([] { return false; });
        const auto not_counted = std::make_unique<int>(1);
        at.arm();
        const allocation_failure::exemption kernels;
        const auto of_the_kernel = std::make_unique<int>(2);
        return "";
    });
    CHECK(!found);
    CHECK(runs == 1);
}

BOOST_AUTO_TEST_CASE(Z13_each_wait_is_cancelled_and_then_none)
{
    std::vector<int> tried;
    CHECK(!find_failing_cancellation(one_wait_is_needed(tried, waits + 1)));
    CHECK(std::ranges::is_sorted(tried));
    CHECK(tried.back() == waits);
    const std::set<int> different{tried.begin(), tried.end()};
    CHECK(different.size() > 3);
}

BOOST_AUTO_TEST_CASE(Z13_the_wait_that_must_not_be_cancelled_is_found)
{
    std::vector<int> all;
    CHECK(!find_failing_cancellation(one_wait_is_needed(all, waits + 1)));
    for (int needed = all.front(); needed < waits; ++needed) {
        std::vector<int> tried;
        const auto found = find_failing_cancellation(one_wait_is_needed(tried, needed));
        REQUIRE(found.has_value());
        CHECK(found->why == "it was needed");
        CHECK(found->turn + 1 == tried.size());
        CHECK(all.at(found->turn) == needed);
        CHECK(tried.back() == needed);
    }
}

BOOST_AUTO_TEST_SUITE_END()
