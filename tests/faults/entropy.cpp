// SPDX-License-Identifier: BSL-1.0
// A08: where ids come from.

#include "support/check.hpp"
#include "system_calls.hpp"

#include <cosio/ids.hpp>
#include <cosio/transports/runtime.hpp>

#include <algorithm>
#include <functional>
#include <vector>

using namespace cosio;
using namespace cosio::test;

namespace {

/// 64 bits of each of `count` ids. Two ids that differ have the same ones once in 37 million runs of a million.
[[nodiscard]] std::vector<std::size_t> draw(random_source& random, std::size_t count)
{
    std::vector<std::size_t> all(count);
    for (std::size_t i = 0; i < count; ++i)
        all[i] = std::hash<std::string_view>{}(id20::make(random).view());
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(entropy)

BOOST_AUTO_TEST_CASE(A08_a_million_ids_without_a_duplicate)
{
    runtime world;
    std::vector<std::size_t> all = draw(world.home().random(), 1'000'000);
    std::ranges::sort(all);
    CHECK((std::ranges::adjacent_find(all) == all.end()));
}

BOOST_AUTO_TEST_CASE(A08_without_entropy_no_runtime_begins)
{
    calls().no_entropy = true;
    BOOST_CHECK_EXCEPTION(runtime{}, std::system_error, [](const std::system_error& why) {
        return std::string_view{why.what()}.starts_with("no entropy: getrandom");
    });
    BOOST_CHECK_THROW((runtime{{.shards = 4}}), std::system_error);
    asio::io_context context;
    BOOST_CHECK_THROW(static_cast<void>(shard_of(context)), std::system_error);
    calls().no_entropy = false;
    static_cast<void>(shard_of(context));
}

BOOST_AUTO_TEST_CASE(A08_entropy_that_comes_in_parts_and_late_is_waited_for)
{
    calls().entropy_at_once = 7;
    calls().interrupted = true;
    runtime world;
    std::vector<std::size_t> all = draw(world.home().random(), 10'000);
    calls().interrupted = false;
    calls().entropy_at_once = 0;
    std::ranges::sort(all);
    CHECK((std::ranges::adjacent_find(all) == all.end()));
}

BOOST_AUTO_TEST_SUITE_END()
