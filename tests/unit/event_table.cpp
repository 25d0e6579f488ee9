// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/detail/event_table.hpp>

#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::detail;

namespace {

class named final : public event_handler
{
public:
    named(char letter, bool only_once, int* alive) : name{letter}, alive_{alive}
    {
        once = only_once;
        if (alive_)
            ++*alive_;
    }

    ~named() override
    {
        if (alive_)
            --*alive_;
    }

    error_code invoke(const socket_ptr&, const decoded_packet&) override { return {}; }

    const char name;

private:
    int* alive_;
};

event_handler_ptr on(char name, int* alive = nullptr)
{
    return new named{name, false, alive};
}

event_handler_ptr once(char name, int* alive = nullptr)
{
    return new named{name, true, alive};
}

std::string collect(event_table& table, std::string_view event)
{
    event_handlers found;
    table.collect(event, found);
    std::string names;
    for (const event_handler_ptr& one : found)
        names.push_back(static_cast<const named&>(*one).name);
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_tables)

BOOST_AUTO_TEST_CASE(handlers_by_event_in_the_order_of_registration)
{
    event_table table;
    CHECK(table.empty());
    CHECK(collect(table, "x") == "");
    table.add("m", on('1'));
    table.add("z", on('2'));
    table.add("a", on('3'));
    table.add("m", on('4'));
    table.add("a", on('5'));
    table.add("m", on('6'));
    CHECK(!table.empty());
    for (int round = 0; round < 2; ++round) {
        CHECK(collect(table, "m") == "146");
        CHECK(collect(table, "a") == "35");
        CHECK(collect(table, "z") == "2");
    }
    for (const auto* stranger : {"", "b", "mm", "M", "n"})
        CHECK(collect(table, stranger) == "");
}

BOOST_AUTO_TEST_CASE(once_is_once_and_keeps_its_place)
{
    event_table table;
    table.add("x", once('1'));
    table.add("x", on('2'));
    table.add("x", once('3'));
    table.add("x", on('4'));
    table.add("y", once('5'));
    CHECK(collect(table, "x") == "1234");
    CHECK(collect(table, "x") == "24");
    CHECK(collect(table, "y") == "5");
    CHECK(collect(table, "y") == "");
    table.add("x", once('6'));
    CHECK(collect(table, "x") == "246");
    CHECK(collect(table, "x") == "24");
}

BOOST_AUTO_TEST_CASE(a_table_of_once_alone_becomes_empty)
{
    event_table table;
    table.add("x", once('1'));
    CHECK(collect(table, "x") == "1");
    CHECK(table.empty());
}

BOOST_AUTO_TEST_CASE(removal_takes_all_of_one_event)
{
    event_table table;
    table.add("a", on('1'));
    table.add("b", on('2'));
    table.add("b", once('3'));
    table.add("c", on('4'));
    table.remove("b");
    table.remove("nobody");
    CHECK(collect(table, "b") == "");
    CHECK(collect(table, "a") == "1");
    CHECK(collect(table, "c") == "4");
    table.add("b", on('5'));
    CHECK(collect(table, "b") == "5");
}

BOOST_AUTO_TEST_CASE(what_was_collected_outlives_its_removal)
{
    int alive = 0;
    event_table table;
    table.add("x", on('1', &alive));
    table.add("x", once('2', &alive));
    event_handlers running;
    table.collect("x", running);
    table.remove("x");
    CHECK(table.empty());
    CHECK(alive == 2);
    CHECK(running.size() == 2U);
    running.clear();
    CHECK(alive == 0);
}

BOOST_AUTO_TEST_CASE(collect_appends)
{
    event_table table;
    table.add("x", on('1'));
    table.add("y", on('2'));
    event_handlers found;
    table.collect("x", found);
    table.collect("y", found);
    table.collect("x", found);
    CHECK(found.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
