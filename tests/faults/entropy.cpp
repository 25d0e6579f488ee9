// SPDX-License-Identifier: BSL-1.0
// A08: where ids come from.

#include "support/check.hpp"
#include "system_calls.hpp"

#include <cosio/ids.hpp>
#include <cosio/transports/runtime.hpp>

#include <bit>
#include <functional>
#include <memory>

using namespace cosio;
using namespace cosio::test;

namespace {

/// How many of so many ids have the same 64 bits as one before: of ten million any two do once in 370 000 runs.
[[nodiscard]] std::size_t drawn_twice(random_source& random, std::size_t count)
{
    const std::size_t size = std::bit_ceil(count + count / 2);
    const auto seen = std::make_unique<std::size_t[]>(size);  // 0: nothing is there
    std::size_t twice = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t bits = std::hash<std::string_view>{}(id20::make(random).view());
        std::size_t at = bits % size;
        while (seen[at] != 0 && seen[at] != bits)
            at = (at + 1) % size;
        twice += seen[at] == bits ? 1 : 0;
        seen[at] = bits;
    }
    return twice;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(entropy)

BOOST_AUTO_TEST_CASE(A08_ten_million_ids_without_a_duplicate)
{
    runtime world;
    CHECK(drawn_twice(world.home().random(), 10'000'000) == 0);
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
    const std::size_t twice = drawn_twice(world.home().random(), 10'000);
    calls().interrupted = false;
    calls().entropy_at_once = 0;
    CHECK(twice == 0);
}

BOOST_AUTO_TEST_SUITE_END()
