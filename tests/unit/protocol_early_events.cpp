// SPDX-License-Identifier: BSL-1.0
#include "protocol_connection_support.hpp"

#include <cosio/protocol/early_events.hpp>

#include <string>

using namespace cosio;
using namespace cosio::protocol;
using namespace cosio::protocol::test;

// Events before the CONNECT reply: X04, CSR-3.

namespace {

void text(early_events& kept, std::string_view message)
{
    kept.handle_message(frame_kind::text, as_bytes(message));
}

void binary(early_events& kept, std::string_view message)
{
    kept.handle_message(frame_kind::binary, as_bytes(message));
}

/// Keeps a packet of one message.
bool keep(early_events& kept, std::string_view message, slot where = 0)
{
    text(kept, message);
    const error_code why = kept.keep(where);
    CHECK((!why || why == protocol::errc::too_many_early_events));
    return !why;
}

std::string replayed(early_events& kept, slot where = 0)
{
    std::string all;
    while (const auto one = kept.next(where))
        all += (one->kind == frame_kind::text ? "" : "b:") + one->bytes + " ";
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(protocol_early_event)

BOOST_AUTO_TEST_CASE(what_comes_before_the_answer_is_early_X04)
{
    connection c = client();
    CHECK(c.connect("/a").value() == 0);
    CHECK(c.handle_packet(event("/a"), start) == list(early{0}));
    CHECK(c.handle_packet(ack("/a", 0), start) == nothing);
    CHECK(c.handle_packet(event("/other"), start) == nothing);
    CHECK(c.handle_packet(connect("/a"), start) == list(joined{0}));
    CHECK(c.handle_packet(event("/a"), start) == list(dispatch{0}));
    CHECK(fmt::format("{}", protocol::action{early{3}}) == "early 3");

    connection there = server();
    CHECK(there.handle_packet(connect("/a"), start) == list(join{0}));
    CHECK(there.handle_packet(event("/a"), start) == breaks(protocol::errc::not_connected));
}

BOOST_AUTO_TEST_CASE(in_order_and_with_their_attachments)
{
    early_events kept{1'000, 100};
    CHECK(keep(kept, "a"));
    text(kept, "51-");
    binary(kept, "x");
    CHECK(!kept.keep(0));
    text(kept, "of another namespace");
    kept.pass();
    CHECK(keep(kept, "b"));
    CHECK(kept.bytes() == 6U);
    CHECK(replayed(kept) == "a 51- b:x b ");
    CHECK(kept.bytes() == 0U);
    CHECK(replayed(kept) == "");
}

BOOST_AUTO_TEST_CASE(each_namespace_has_its_own)
{
    early_events kept{1'000, 100};
    CHECK(keep(kept, "a", 1));
    CHECK(keep(kept, "b", 2));
    CHECK(keep(kept, "c", 1));
    CHECK(replayed(kept, 1) == "a c ");
    kept.forget(2);
    CHECK(kept.bytes() == 0U);
    CHECK(replayed(kept, 2) == "");
}

BOOST_AUTO_TEST_CASE(a_server_cannot_fill_the_memory)
{
    early_events bytes{5, 100};
    CHECK(keep(bytes, "abc"));
    CHECK(keep(bytes, "de"));
    CHECK(!keep(bytes, "f"));
    CHECK(bytes.bytes() == 5U);
    CHECK(replayed(bytes) == "abc de ");
    CHECK(keep(bytes, "12345"));
    bytes.forget(0);
    CHECK(!keep(bytes, "123456"));

    early_events messages{1'000, 2};
    text(messages, "51-");
    binary(messages, "x");
    CHECK(!messages.keep(0));
    CHECK(!keep(messages, "a"));
    CHECK(replayed(messages) == "51- b:x ");

    // What passes by does not count, and a packet that is lost in part is lost.
    text(messages, "1");
    text(messages, "2");
    text(messages, "3");
    messages.pass();
    CHECK(messages.bytes() == 0U);
    text(messages, "1");
    text(messages, "2");
    text(messages, "3");
    CHECK((messages.keep(0) == protocol::errc::too_many_early_events));
    CHECK(replayed(messages) == "");
    CHECK(keep(messages, "a"));
}

BOOST_AUTO_TEST_SUITE_END()
