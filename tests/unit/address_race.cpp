// SPDX-License-Identifier: BSL-1.0
#include "wire/address_race.hpp"

#include "support/check.hpp"

#include <string>

using namespace cosio;
using namespace cosio::wire;
using namespace std::chrono_literals;

// reliability.md X11; RFC 8305.

namespace {

constexpr time_point start{1h};
constexpr std::optional<std::size_t> none;

/// "6" and "4" for the families of the addresses, and the order in which they are tried.
std::string order(std::string_view families, std::size_t most = 100)
{
    std::vector<bool> is_v6;
    for (const char family : families)
        is_v6.push_back(family == '6');
    std::string tried;
    for (const std::size_t index : alternate_families(is_v6, most))
        tried += (tried.empty() ? "" : " ") + std::to_string(index);
    return tried;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_races)

BOOST_AUTO_TEST_CASE(families_take_turns)
{
    CHECK(order("") == "");
    CHECK(order("4") == "0");
    CHECK(order("6644") == "0 2 1 3");
    CHECK(order("4466") == "0 2 1 3");
    CHECK(order("666646") == "0 4 1 2 3 5");
    CHECK(order("4444") == "0 1 2 3");
    CHECK(order("64444") == "0 1 2 3 4");
}

BOOST_AUTO_TEST_CASE(X11_a_thousand_addresses_are_not_all_tried)
{
    std::vector<bool> thousand(1'000, true);
    CHECK(alternate_families(thousand, 64).size() == 64U);
    thousand[999] = false;
    const auto order_of_all = alternate_families(thousand, 64);
    CHECK(order_of_all.size() == 64U);
    CHECK(order_of_all[1] == 999U);
}

BOOST_AUTO_TEST_CASE(X11_the_next_address_follows_after_the_delay)
{
    address_race race{3, 250ms};
    CHECK((race.begin(start) == 0U));
    CHECK((race.deadline() == start + 250ms));
    CHECK((race.handle_deadline(start + 249ms) == none));
    CHECK((race.handle_deadline(start + 250ms) == 1U));
    CHECK((race.deadline() == start + 500ms));
    CHECK((race.handle_deadline(start + 600ms) == 2U));
    CHECK((race.deadline() == std::nullopt));
    CHECK((race.handle_deadline(start + 1h) == none));
    CHECK(!race.lost());
}

BOOST_AUTO_TEST_CASE(a_failure_brings_the_next_address_at_once)
{
    address_race race{3, 250ms};
    CHECK((race.begin(start) == 0U));
    CHECK((race.handle_failure(start + 10ms) == 1U));
    CHECK((race.deadline() == start + 260ms));
    CHECK((race.handle_deadline(start + 250ms) == none));
    CHECK((race.handle_failure(start + 255ms) == 2U));
    CHECK(!race.lost());
    CHECK((race.handle_failure(start + 300ms) == none));
    CHECK(race.lost());
}

BOOST_AUTO_TEST_CASE(a_race_is_lost_when_the_last_one_has_failed_whichever_that_is)
{
    address_race race{2, 250ms};
    CHECK((race.begin(start) == 0U));
    CHECK((race.handle_deadline(start + 250ms) == 1U));
    CHECK((race.handle_failure(start + 300ms) == none));
    CHECK(!race.lost());
    CHECK((race.handle_failure(start + 400ms) == none));
    CHECK(race.lost());
}

BOOST_AUTO_TEST_SUITE_END()
