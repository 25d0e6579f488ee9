// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/timer_queue.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1'000s};

/// Writes its name when it fires, then does what the test says.
class node final : public timer_node
{
public:
    node(std::string& log, char name, std::function<void(time_point)> then = {})
        : log_{&log}, then_{std::move(then)}, name_{name}
    {}

private:
    void on_deadline(time_point now) override
    {
        CHECK(!armed());
        log_->push_back(name_);
        if (then_)
            then_(now);
    }

    std::string* log_;
    std::function<void(time_point)> then_;
    char name_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(timer_queues)

BOOST_AUTO_TEST_CASE(what_is_due_fires_in_the_order_of_deadlines)
{
    std::string log;
    timer_queue queue;
    node a{log, 'a'};
    node b{log, 'b'};
    node c{log, 'c'};
    CHECK(queue.empty());
    CHECK(!queue.next_deadline());
    queue.arm(a, start + 3s);
    queue.arm(b, start + 1s);
    queue.arm(c, start + 2s);
    CHECK((queue.next_deadline() == start + 1s));
    CHECK(queue.size() == 3U);
    CHECK(queue.advance(start + 1s - 1ns) == 0U);
    CHECK(queue.advance(start + 1s) == 1U);
    CHECK(log == "b");
    CHECK(queue.size() == 2U);
    CHECK(!b.armed());
    CHECK(queue.advance(start + 10s) == 2U);
    CHECK(log == "bca");
    CHECK(queue.empty());
    CHECK(queue.advance(start + 11s) == 0U);
}

BOOST_AUTO_TEST_CASE(equals_fire_in_the_order_of_arming)
{
    std::string log;
    timer_queue queue;
    node a{log, 'a'};
    node b{log, 'b'};
    node c{log, 'c'};
    for (node* one : {&b, &c, &a})
        queue.arm(*one, start);
    queue.arm(b, start);  // armed again: behind the others
    queue.advance(start);
    CHECK(log == "cab");
}

BOOST_AUTO_TEST_CASE(arming_again_moves)
{
    std::string log;
    timer_queue queue;
    node a{log, 'a'};
    queue.arm(a, start + 1s);
    queue.arm(a, start + 5s);
    CHECK((a.armed_for() == start + 5s));
    CHECK(queue.advance(start + 4s) == 0U);
    queue.arm(a, start + 2s);
    CHECK(queue.advance(start + 4s) == 1U);
    CHECK(log == "a");
}

BOOST_AUTO_TEST_CASE(disarming_and_destroying)
{
    std::string log;
    timer_queue queue;
    node a{log, 'a'};
    queue.disarm(a);  // was not armed
    queue.arm(a, start);
    queue.disarm(a);
    CHECK(!a.armed());
    {
        node b{log, 'b'};
        queue.arm(b, start);
    }
    CHECK(queue.empty());
    CHECK(queue.advance(start) == 0U);
    CHECK(log == "");
}

BOOST_AUTO_TEST_CASE(a_node_that_arms_itself_while_firing_waits_for_the_next_call)
{
    std::string log;
    timer_queue queue;
    node* self = nullptr;
    node a{log, 'a', [&](time_point now) { queue.arm(*self, now); }};
    self = &a;
    queue.arm(a, start);
    CHECK(queue.advance(start) == 1U);
    CHECK((queue.next_deadline() == start));
    CHECK(queue.advance(start) == 1U);
    CHECK(log == "aa");
    queue.disarm(a);
}

BOOST_AUTO_TEST_CASE(a_due_node_can_be_postponed_by_one_that_fires_before_it)
{
    std::string log;
    timer_queue queue;
    node b{log, 'b'};
    node a{log, 'a', [&](time_point now) { queue.arm(b, now + 1s); }};
    queue.arm(a, start);
    queue.arm(b, start);
    CHECK(queue.advance(start) == 1U);
    CHECK((queue.next_deadline() == start + 1s));
    CHECK(queue.advance(start + 1s) == 1U);
    CHECK(log == "ab");
}

BOOST_AUTO_TEST_CASE(a_due_node_can_be_disarmed_or_destroyed_by_one_that_fires_before_it)
{
    std::string log;
    timer_queue queue;
    node b{log, 'b'};
    auto c = std::make_unique<node>(log, 'c');
    node d{log, 'd'};
    node a{log, 'a', [&](time_point) {
               queue.disarm(b);
               c.reset();
           }};
    queue.arm(a, start);
    queue.arm(b, start);
    queue.arm(*c, start);
    queue.arm(d, start);
    CHECK(queue.advance(start) == 2U);
    CHECK(log == "ad");
    CHECK(queue.empty());
}

BOOST_AUTO_TEST_CASE(a_node_can_destroy_itself_while_firing)
{
    std::string log;
    timer_queue queue;
    std::unique_ptr<node> a;
    a = std::make_unique<node>(log, 'a', [&](time_point) { a.reset(); });
    node b{log, 'b'};
    queue.arm(*a, start);
    queue.arm(b, start);
    CHECK(queue.advance(start) == 2U);
    CHECK(log == "ab");
}

BOOST_AUTO_TEST_CASE(nodes_outlive_their_queue)
{
    std::string log;
    node a{log, 'a'};
    {
        timer_queue queue;
        queue.arm(a, start);
    }
    CHECK(!a.armed());
}

BOOST_AUTO_TEST_CASE(against_a_naive_model)
{
    struct entry
    {
        time_point deadline;
        int order;
        char name;

        auto operator<=>(const entry&) const = default;
    };

    for (unsigned seed = 1; seed <= 100; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            std::string log;
            timer_queue queue;
            std::vector<std::unique_ptr<node>> nodes;
            for (char name = 'a'; name <= 'z'; ++name)
                nodes.push_back(std::make_unique<node>(log, name));
            std::vector<entry> model;
            time_point now = start;
            for (int step = 0; step < 500; ++step) {
                const std::size_t which = random() % nodes.size();
                const char name = static_cast<char>('a' + which);
                const auto forget = [&] {
                    std::erase_if(model, [name](const entry& one) { return one.name == name; });
                };
                switch (random() % 8) {
                case 0:
                    queue.disarm(*nodes[which]);
                    forget();
                    break;
                case 1:
                    nodes[which] = std::make_unique<node>(log, name);
                    forget();
                    break;
                case 2: {
                    now += duration{static_cast<duration::rep>(random() % 8)};
                    std::string expected;
                    std::ranges::sort(model);
                    while (!model.empty() && model.front().deadline <= now) {
                        expected.push_back(model.front().name);
                        model.erase(model.begin());
                    }
                    log.clear();
                    CHECK(queue.advance(now) == expected.size());
                    CHECK(log == expected);
                    break;
                }
                default: {
                    const time_point deadline =
                        now + duration{static_cast<duration::rep>(random() % 16)};
                    queue.arm(*nodes[which], deadline);
                    forget();
                    model.push_back({deadline, step, name});
                }
                }
                const auto earliest = std::ranges::min_element(model);
                CHECK(queue.empty() == model.empty());
                CHECK((model.empty() || queue.next_deadline() == earliest->deadline));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
