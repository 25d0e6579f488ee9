// SPDX-License-Identifier: BSL-1.0
#include "smaller_plan.hpp"

#include "support/check.hpp"

#include <algorithm>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::uint64_t seed = 7;

bool has(const plan& of, const operation& what)
{
    return std::ranges::any_of(of.operations, [&](const operation& one) {
        return one.what == what.what && one.a == what.a && one.b == what.b;
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smaller_plans)

BOOST_AUTO_TEST_CASE(what_a_failure_does_not_need_is_dropped)
{
    plan whole = draw_plan(seed);
    whole.quality.latency = std::chrono::milliseconds{5};
    whole.small_queues = true;
    const operation first = whole.operations.at(2);
    const operation second = whole.operations.at(5);
    const selection least = minimised(whole, [&](const plan& tried) {
        return has(tried, first) && has(tried, second) && !tried.clients.empty() &&
               tried.quality.latency != duration::zero();
    });
    CHECK((least.operations == std::vector<std::size_t>{2, 5}));
    CHECK(least.clients->size() == 1U);
    CHECK(std::ranges::count(least.without, "latency") == 0);
    CHECK(std::ranges::count(least.without, "small_queues") == 1);

    const plan again = select(whole, least);
    CHECK(again.operations.size() == 2U);
    CHECK(again.clients.size() == 1U);
    CHECK(!again.small_queues);
}

BOOST_AUTO_TEST_CASE(the_command_names_what_is_left)
{
    CHECK(command_of(17, {}) == "scripts/simulate --seed 17");
    CHECK(
        command_of(
            17, {.operations = {{0, 3}}, .clients = {{}}, .without = {"latency", "proxy"}}
        ) == "scripts/simulate --seed 17 --only 0,3 --clients none --without latency,proxy"
    );
    CHECK(is_trait("retries"));
    CHECK(!is_trait("clients"));
}

BOOST_AUTO_TEST_SUITE_END()
