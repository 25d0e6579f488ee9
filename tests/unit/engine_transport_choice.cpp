// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/engine/transport_choice.hpp>

using namespace cosio;
using namespace cosio::engine;

// features.md 1.9 and 2.4 (transports, tryAllTransports, upgrade, rememberUpgrade), UP-15, UP-16.

namespace {

constexpr auto polling = transport_kind::polling;
constexpr auto websocket = transport_kind::websocket;
const error_code refused = engine::errc::connection_reset;
const open_data upgradable{.sid = "x", .upgrades_to_websocket = true};
const open_data settled{.sid = "x", .upgrades_to_websocket = false};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_transport_choice)

BOOST_AUTO_TEST_CASE(polling_and_then_websocket)
{
    const transport_choice_config config;
    transport_choice choice{config};
    CHECK((choice.begin().value() == polling));
    CHECK((choice.current() == polling));
    CHECK((choice.handle_open(upgradable) == websocket));
    CHECK((choice.current() == polling));
    choice.handle_upgrade();
    CHECK((choice.current() == websocket));
    CHECK((choice.begin().value() == polling));  // nothing is remembered unless that is wanted
}

BOOST_AUTO_TEST_CASE(in_the_order_that_is_given)
{
    const transport_choice_config config{.transports = {websocket, polling}};
    transport_choice choice{config};
    CHECK((choice.begin().value() == websocket));
    CHECK(!choice.handle_open(settled).has_value());
    CHECK(!choice.handle_open(upgradable).has_value());  // from WebSocket there is no way up
}

BOOST_AUTO_TEST_CASE(what_both_sides_can_do_UP_15)
{
    const transport_choice_config only_polling{.transports = {polling}};
    transport_choice alone{only_polling};
    CHECK((alone.begin().value() == polling));
    CHECK(!alone.handle_open(upgradable).has_value());

    const transport_choice_config usual;
    transport_choice choice{usual};
    CHECK((choice.begin().value() == polling));
    CHECK(!choice.handle_open(settled).has_value());

    const transport_choice_config off{.upgrade = false};
    transport_choice content{off};
    CHECK((content.begin().value() == polling));
    CHECK(!content.handle_open(upgradable).has_value());
}

BOOST_AUTO_TEST_CASE(only_the_first_is_tried)
{
    const transport_choice_config config{.transports = {websocket, polling}};
    transport_choice choice{config};
    CHECK((choice.begin().value() == websocket));
    CHECK((choice.handle_failure(refused).error() == refused));
    CHECK((choice.begin().value() == websocket));
}

BOOST_AUTO_TEST_CASE(all_are_tried_one_after_the_other)
{
    const transport_choice_config config{
        .transports = {websocket, polling}, .try_all_transports = true
    };
    transport_choice choice{config};
    CHECK((choice.begin().value() == websocket));
    CHECK((choice.handle_failure(refused).value() == polling));
    CHECK(!choice.handle_open(upgradable).has_value());  // it has failed a moment ago
    CHECK((choice.begin().value() == websocket));
    CHECK((choice.handle_failure(refused).value() == polling));
    CHECK((choice.handle_failure(refused).error() == refused));
    CHECK((choice.handle_failure(refused).error() == refused));
}

BOOST_AUTO_TEST_CASE(no_transports)
{
    const transport_choice_config config{.transports = {}};
    transport_choice choice{config};
    const auto none = choice.begin();
    CHECK((none.error() == engine::errc::no_transports));
    CHECK(none.error().message() == "No transports available");
}

BOOST_AUTO_TEST_CASE(an_upgrade_that_fails_is_not_fatal_UP_16)
{
    const transport_choice_config config{.remember_upgrade = true};
    transport_choice choice{config};
    CHECK((choice.begin().value() == polling));
    CHECK(!choice.is_probing());
    CHECK((choice.handle_open(upgradable) == websocket));
    CHECK(choice.is_probing());
    const error_code told = choice.handle_upgrade_error();
    CHECK((told == engine::errc::probe_error));
    CHECK(told.message() == "probe error");
    CHECK(!choice.is_probing());
    CHECK((choice.current() == polling));
    CHECK((choice.begin().value() == polling));
    CHECK((choice.handle_open(upgradable) == websocket));  // the next connection tries again
}

BOOST_AUTO_TEST_CASE(a_success_is_remembered)
{
    const transport_choice_config config{.remember_upgrade = true};
    transport_choice choice{config};
    CHECK((choice.begin().value() == polling));
    CHECK((choice.handle_open(upgradable) == websocket));
    choice.handle_upgrade();
    CHECK((choice.begin().value() == websocket));
    CHECK(!choice.handle_open(settled).has_value());
    CHECK((choice.begin().value() == websocket));
    // Where it fails now, it is forgotten: the next connection begins with the first again.
    CHECK((choice.handle_failure(refused).error() == refused));
    CHECK((choice.begin().value() == polling));
}

BOOST_AUTO_TEST_CASE(a_probe_is_over_with_its_success_or_its_connection)
{
    const transport_choice_config config;
    transport_choice choice{config};
    CHECK((choice.begin().value() == polling));
    CHECK(!choice.handle_open(settled).has_value());
    CHECK(!choice.is_probing());
    CHECK((choice.begin().value() == polling));
    CHECK((choice.handle_open(upgradable) == websocket));
    choice.handle_upgrade();
    CHECK(!choice.is_probing());
    CHECK((choice.begin().value() == polling));
    CHECK((choice.handle_open(upgradable) == websocket));
    CHECK((choice.begin().value() == polling));
    CHECK(!choice.is_probing());
}

BOOST_AUTO_TEST_CASE(a_remembered_one_that_fails_leaves_the_others)
{
    // The official client then forgets polling instead.
    const transport_choice_config config{.try_all_transports = true, .remember_upgrade = true};
    transport_choice choice{config};
    CHECK((choice.begin().value() == polling));
    CHECK((choice.handle_open(upgradable) == websocket));
    choice.handle_upgrade();
    CHECK((choice.begin().value() == websocket));
    CHECK((choice.handle_failure(refused).value() == polling));
    CHECK(!choice.handle_open(upgradable).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_allowed_is_not_remembered)
{
    transport_choice_config config{.remember_upgrade = true};
    transport_choice choice{config};
    CHECK((choice.begin().value() == polling));
    choice.handle_upgrade();
    config.transports = {polling};
    CHECK((choice.begin().value() == polling));
}

BOOST_AUTO_TEST_CASE(in_one_process)
{
    const transport_choice_config config{.transports = {transport_kind::loopback}};
    transport_choice choice{config};
    CHECK((choice.begin().value() == transport_kind::loopback));
    CHECK(!choice.handle_open(upgradable).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
