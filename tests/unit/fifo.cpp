// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/fifo.hpp>

#include <deque>
#include <memory>
#include <random>

using cosio::detail::fifo;

BOOST_AUTO_TEST_SUITE(fifos)

BOOST_AUTO_TEST_CASE(first_in_first_out)
{
    fifo<int> queue;
    CHECK(queue.empty());
    for (int i = 0; i < 100; ++i)
        queue.push_back(i);
    CHECK(queue.size() == 100U);
    for (int i = 0; i < 100; ++i)
        CHECK(queue.pop_front() == i);
    CHECK(queue.empty());
}

BOOST_AUTO_TEST_CASE(against_a_deque)
{
    for (unsigned seed = 1; seed <= 50; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            fifo<std::unique_ptr<int>> queue;
            std::deque<int> model;
            for (int step = 0; step < 2'000; ++step) {
                const auto choice = random() % 8;
                if (choice < 4 || model.empty()) {
                    queue.push_back(std::make_unique<int>(step));
                    model.push_back(step);
                } else if (choice < 6) {
                    CHECK(*queue.pop_front() == model.front());
                    model.pop_front();
                } else if (choice == 6) {
                    const std::size_t index = random() % model.size();
                    CHECK(*queue.erase(index) == model[index]);
                    model.erase(model.begin() + static_cast<std::ptrdiff_t>(index));
                } else if (random() % 100 == 0) {
                    queue.clear();
                    model.clear();
                } else {
                    queue.pop_back();
                    model.pop_back();
                }
                REQUIRE(queue.size() == model.size());
                REQUIRE(queue.empty() == model.empty());
                for (std::size_t i = 0; i < model.size(); i += 7)
                    REQUIRE(*queue[i] == model[i]);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
