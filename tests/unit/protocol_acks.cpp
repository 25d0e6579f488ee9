// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/protocol/acks.hpp>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::protocol;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1'000s};

/// Knows its number; counts how many of its kind exist.
class waiter final : public ack_receiver
{
public:
    waiter(int which, int& alive) : number{which}, alive_{&alive} { ++*alive_; }

    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    ~waiter() override { --*alive_; }

    void complete(error_code, const decoded_packet*) override {}

    const int number;

private:
    int* alive_;
};

class table
{
public:
    std::uint64_t add(int number, std::optional<time_point> deadline = std::nullopt)
    {
        return acks_.add(std::make_unique<waiter>(number, alive), deadline);
    }

    /// The number of the receiver, or -1.
    static int number(const std::unique_ptr<ack_receiver>& taken)
    {
        return taken ? static_cast<const waiter&>(*taken).number : -1;
    }

    int take(std::uint64_t id) { return number(acks_.take(id)); }

    int take_expired(time_point now) { return number(acks_.take_expired(now)); }

    int take_next() { return number(acks_.take_next()); }

    [[nodiscard]] auto deadline() const { return acks_.deadline(); }

    [[nodiscard]] std::size_t size() const { return acks_.size(); }

    int alive = 0;

private:
    acks acks_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(protocol_acks)

BOOST_AUTO_TEST_CASE(ids_count_up_from_zero_EV_9)
{
    table acks;
    for (std::uint64_t id = 0; id < 100; ++id)
        CHECK(acks.add(0) == id);
    CHECK(acks.take(99) == 0);
    CHECK(acks.add(0) == 100U);  // an id is never used again

    table other;
    CHECK(other.add(0) == 0U);
}

BOOST_AUTO_TEST_CASE(each_id_is_answered_once_EV_7_S13)
{
    table acks;
    for (int number = 0; number < 5; ++number)
        acks.add(number);
    CHECK(acks.take(3) == 3);
    CHECK(acks.take(3) == -1);
    CHECK(acks.take(0) == 0);
    CHECK(acks.take(4) == 4);
    CHECK(acks.take(5) == -1);  // never given
    CHECK(acks.take(max_ack_id) == -1);
    CHECK(acks.take(~std::uint64_t{0}) == -1);
    CHECK(acks.take(2) == 2);
    CHECK(acks.take(1) == 1);
    CHECK(acks.take(1) == -1);
    CHECK(acks.size() == 0U);
    CHECK(acks.alive == 0);
}

BOOST_AUTO_TEST_CASE(who_is_too_late)
{
    table acks;
    CHECK(!acks.deadline().has_value());
    acks.add(0, start + 5s);
    acks.add(1);
    acks.add(2, start + 3s);
    acks.add(3, start + 9s);
    CHECK((acks.deadline() == start + 3s));
    CHECK(acks.take_expired(start + 3s - 1ns) == -1);
    CHECK(acks.take_expired(start + 3s) == 2);
    CHECK(acks.take_expired(start + 3s) == -1);
    CHECK((acks.deadline() == start + 5s));
    CHECK(acks.take(2) == -1);  // S15
    CHECK(acks.take_expired(start + 9s) == 0);
    CHECK(acks.take_expired(start + 9s) == 3);
    CHECK(acks.take_expired(start + 9s) == -1);
    CHECK(!acks.deadline().has_value());
    CHECK(acks.take_expired(start + 1h) == -1);  // no deadline, no end
    CHECK(acks.size() == 1U);
}

BOOST_AUTO_TEST_CASE(expired_together_oldest_first)
{
    table acks;
    acks.add(0, start + 3s);
    acks.add(1, start + 1s);
    acks.add(2, start + 2s);
    for (int number = 0; number < 3; ++number)
        CHECK(acks.take_expired(start + 3s) == number);
    CHECK(acks.take_expired(start + 3s) == -1);
}

BOOST_AUTO_TEST_CASE(an_answered_one_does_not_expire)
{
    table acks;
    acks.add(0, start + 1s);
    acks.add(1, start + 2s);
    CHECK(acks.take(0) == 0);
    CHECK(acks.take_expired(start + 1s) == -1);
    CHECK((acks.deadline() == start + 2s));  // the early call has found it
    CHECK(acks.take(1) == 1);
    CHECK(!acks.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_socket_oldest_first_EV_13)
{
    table acks;
    acks.add(0, start);
    acks.add(1);
    acks.add(2, start + 1s);
    CHECK(acks.take(1) == 1);
    CHECK(acks.take_next() == 0);
    CHECK(acks.take_next() == 2);
    CHECK(acks.take_next() == -1);
    CHECK(!acks.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_never_taken_is_destroyed)
{
    int alive = 0;
    {
        acks waiting;
        static_cast<void>(waiting.add(std::make_unique<waiter>(1, alive), std::nullopt));
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
}

BOOST_AUTO_TEST_CASE(against_a_naive_model)
{
    for (unsigned seed = 1; seed <= 100; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            table acks;
            std::map<std::uint64_t, std::optional<time_point>> model;
            time_point now = start;
            int next = 0;  // number of a receiver and, as they count alike, its id
            for (int step = 0; step < 400; ++step) {
                now += duration{static_cast<duration::rep>(random() % 4)};
                switch (random() % 4) {
                case 0: {
                    const auto last = model.empty() ? 0 : model.rbegin()->first;
                    const std::uint64_t id = random() % (last + 2);
                    CHECK(acks.take(id) == (model.erase(id) != 0 ? static_cast<int>(id) : -1));
                    break;
                }
                case 1:
                    for (;;) {
                        const auto due = std::ranges::find_if(model, [now](const auto& one) {
                            return one.second && *one.second <= now;
                        });
                        const bool none = due == model.end();
                        CHECK(acks.take_expired(now) == (none ? -1 : static_cast<int>(due->first)));
                        if (none)
                            break;
                        model.erase(due);
                    }
                    break;
                default: {
                    std::optional<time_point> deadline;
                    if (random() % 3 != 0)
                        deadline = now + duration{static_cast<duration::rep>(random() % 50)};
                    const std::uint64_t id = acks.add(next, deadline);
                    CHECK(id == static_cast<std::uint64_t>(next++));
                    model.emplace(id, deadline);
                }
                }
                CHECK(acks.size() == model.size());
                CHECK(acks.alive == static_cast<int>(model.size()));
                for (const auto& [id, deadline] : model)
                    CHECK((!deadline || acks.deadline() <= *deadline));  // never later
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
