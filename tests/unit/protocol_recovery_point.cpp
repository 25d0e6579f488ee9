// SPDX-License-Identifier: BSL-1.0
#include "support/check.hpp"

#include <cosio/protocol/recovery_point.hpp>

using namespace cosio::protocol;

// features.md 3.9, the client's side.

BOOST_AUTO_TEST_SUITE(protocol_recovery_point)

BOOST_AUTO_TEST_CASE(a_server_without_recovery)
{
    recovery_point point;
    CHECK(!point.handle_connect(std::nullopt));
    point.handle_event("text", false);
    CHECK(!point.pid().has_value());
    CHECK(!point.offset().has_value());
    CHECK(!point.handle_connect(std::nullopt));
}

BOOST_AUTO_TEST_CASE(the_same_pid_is_the_same_session_CSR_4)
{
    recovery_point point;
    CHECK(!point.handle_connect("P"));
    CHECK(point.pid().value() == "P");
    CHECK(!point.offset().has_value());  // CSR-5
    point.handle_event("1", false);
    point.handle_event("2", false);
    CHECK(point.offset().value() == "2");
    CHECK(point.handle_connect("P"));
    CHECK(point.offset().value() == "2");
    point.handle_event("3", false);
    CHECK(point.offset().value() == "3");
}

BOOST_AUTO_TEST_CASE(another_pid_is_a_new_session_without_offset_CSR_6)
{
    recovery_point point;
    CHECK(!point.handle_connect("P"));
    point.handle_event("1", false);
    CHECK(!point.handle_connect("Q"));
    CHECK(point.pid().value() == "Q");
    CHECK(!point.offset().has_value());
    point.handle_event("9", false);
    CHECK(!point.handle_connect(std::nullopt));  // the server was restarted without recovery
    CHECK(!point.pid().has_value());
    CHECK(!point.offset().has_value());
    CHECK(!point.handle_connect("Q"));
}

BOOST_AUTO_TEST_CASE(only_a_text_is_an_offset_and_only_without_answer_CSR_2_CSR_13)
{
    recovery_point point;
    CHECK(!point.handle_connect("P"));
    point.handle_event("1", false);
    point.handle_event(std::nullopt, false);
    point.handle_event("the text of a question", true);
    CHECK(point.offset().value() == "1");
    point.handle_event("a volatile text", false);  // nobody can tell
    CHECK(point.offset().value() == "a volatile text");
}

BOOST_AUTO_TEST_CASE(a_hostile_server_does_not_fill_the_memory)
{
    const std::string longest(recovery_point::max_text_bytes, 'x');
    recovery_point point;
    CHECK(!point.handle_connect(longest + "x"));
    CHECK(!point.pid().has_value());
    CHECK(!point.handle_connect(""));
    CHECK(!point.pid().has_value());
    CHECK(!point.handle_connect(longest));
    CHECK(point.pid().value() == longest);
    point.handle_event(longest, false);
    point.handle_event(longest + "x", false);
    CHECK(point.offset().value() == longest);
    CHECK(point.handle_connect(longest));
}

BOOST_AUTO_TEST_SUITE_END()
