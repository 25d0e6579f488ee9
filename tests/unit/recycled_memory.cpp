// SPDX-License-Identifier: BSL-1.0
#include "../support/alloc_counter.hpp"
#include "support/check.hpp"

#include <cosio/detail/recycled_memory.hpp>
#include <cosio/frame.hpp>

#include <boost/json/array.hpp>

#include <thread>
#include <vector>

using namespace cosio;
using namespace cosio::detail;

namespace {

constexpr std::size_t largest = 1024;
constexpr std::size_t kept_bytes = 128 * 1024;

std::size_t allocations_of(const auto& action)
{
    const std::size_t before = cosio::test::heap().allocations;
    action();
    return cosio::test::heap().allocations - before;
}

/// In a thread of its own, whose memory is empty at first.
void in_a_fresh_thread(const auto& action)
{
    std::thread{action}.join();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recycled_memory)

BOOST_AUTO_TEST_CASE(a_block_is_as_large_as_its_class)
{
    for (std::size_t bytes = 0; bytes <= largest; ++bytes) {
        const std::size_t usable = usable_block_bytes(bytes);
        REQUIRE(usable >= bytes);
        REQUIRE(usable <= std::max(std::size_t{64}, 2 * bytes));
        REQUIRE(block_class_of(usable) == block_class_of(bytes));
        REQUIRE(block_class_of(bytes) != 0);
    }
    CHECK(block_class_of(largest + 1) == 0);
    CHECK(usable_block_bytes(largest + 1) == largest + 1);
}

BOOST_AUTO_TEST_CASE(what_was_given_back_is_taken_again)
{
    in_a_fresh_thread([] {
        void* const first = take_block(150);
        give_block(first, block_class_of(150));
        CHECK(allocations_of([&] {
                  void* const again = take_block(190);
                  CHECK(again == first);
                  give_block(again, block_class_of(190));
              }) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(a_thread_keeps_so_much_of_a_class_and_no_more)
{
    in_a_fresh_thread([] {
        std::vector<void*> blocks;
        for (std::size_t i = 0; i < kept_bytes / largest + 1; ++i)
            blocks.push_back(take_block(largest));
        const std::size_t live = cosio::test::heap().live_bytes;
        for (void* const block : blocks)
            give_block(block, block_class_of(largest));
        CHECK(live - cosio::test::heap().live_bytes == largest);
    });
}

BOOST_AUTO_TEST_CASE(large_blocks_are_not_kept)
{
    const std::size_t live = cosio::test::heap().live_bytes;
    void* const block = take_block(largest + 1);
    CHECK(cosio::test::heap().live_bytes > live);
    give_block(block, block_class_of(largest + 1));
    CHECK(cosio::test::heap().live_bytes == live);
}

BOOST_AUTO_TEST_CASE(a_block_belongs_to_the_thread_that_gave_it_back)
{
    in_a_fresh_thread([] {
        frame_ref made = make_text_frame("4hello");
        const frame* const block = made.get();
        in_a_fresh_thread([&] {
            made = {};
            const frame_ref other = make_text_frame("4world");
            CHECK(other.get() == block);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_thread_that_ends_frees_what_it_kept)
{
    const std::size_t live = cosio::test::heap().live_bytes;
    in_a_fresh_thread([] { static_cast<void>(make_text_frame("4hello")); });
    CHECK(cosio::test::heap().live_bytes == live);
}

BOOST_AUTO_TEST_CASE(values_of_boost_json)
{
    in_a_fresh_thread([] {
        const auto build = [] {
            boost::json::array all(recycled_storage());
            all.emplace_back(boost::json::string_view{"a string that is longer than its own buffer"}
            );
        };
        build();
        CHECK(allocations_of(build) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(values_outlive_the_thread_that_made_them)
{
    boost::json::array kept;
    in_a_fresh_thread([&] {
        boost::json::array all(recycled_storage());
        all.emplace_back(boost::json::string_view{"a string that is longer than its own buffer"});
        boost::json::array taken(std::move(all));
        kept.emplace_back(std::move(taken));
    });
    CHECK(kept.at(0).at(0).as_string().size() == 43U);
}

BOOST_AUTO_TEST_SUITE_END()
