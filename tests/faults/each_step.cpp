// SPDX-License-Identifier: BSL-1.0
// Z01, Z02, Z29: a client that breaks off at each step of a conversation, in each way, over each transport.

#include "guest.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// What becomes of a conversation that breaks off there, and what the application sees. "At once" is when the end of its
/// connections was seen, "later" when a deadline had passed.
struct outcome_of
{
    step at;
    std::string_view ended;   ///< by RST, by FIN, or half closed: it is all the same
    std::string_view silent;  ///< nothing more came
};

// A session of long-polling ends with its connections while a poll waits; between two of them nobody can tell.
const std::vector<outcome_of> over_polling{
    {step::connected, "at once", "at once"},
    {step::request_line, "at once", "at once"},
    {step::headers, "at once", "at once"},
    {step::body, "at once", "later"},
    {step::handshake_sent, "later", "later"},
    {step::opened, "later", "later"},
    {step::polled, "at once", "later"},
    {step::connect_sent, "at once", "later, connect, ping timeout"},
    {step::middleware_awaits, "at once", "later"},
    {step::joined, "at once, connect, transport error", "later, connect, ping timeout"},
    {step::event_sent,
     "at once, connect, transport error",  // the end of the poll comes before the upload is read
     "later, connect, note, ping timeout"},
    {step::handler_awaits, "at once, connect, transport error", "later, connect, ping timeout"},
    {step::ack_pending,
     "at once, connect, transport error, no answer: socket has been disconnected",
     "later, connect, no answer: operation has timed out, ping timeout"},
    {step::binary_sent, "at once, connect, transport error", "later, connect, forced close"},
    {step::attachment_sent, "at once, connect, transport error", "later, connect, forced close"},
    {step::close_sent, "at once, connect, transport error", "at once, connect, transport close"},
};

const std::vector<outcome_of> over_websocket{
    {step::connected, "at once", "at once"},
    {step::request_line, "at once", "at once"},
    {step::headers, "at once", "at once"},
    {step::handshake_sent, "at once", "later"},
    {step::opened, "at once", "later"},
    {step::connect_sent, "at once, connect, transport close", "later, connect, ping timeout"},
    {step::middleware_awaits, "at once", "later"},
    {step::joined, "at once, connect, transport close", "later, connect, ping timeout"},
    {step::event_sent,
     "at once, connect, note, transport close",
     "later, connect, note, ping timeout"},
    {step::handler_awaits, "at once, connect, transport close", "later, connect, ping timeout"},
    {step::ack_pending,
     "at once, connect, transport close, no answer: socket has been disconnected",
     "later, connect, no answer: operation has timed out, ping timeout"},
    {step::binary_sent, "at once, connect, transport close", "later, connect, forced close"},
    {step::attachment_sent, "at once, connect, transport close", "later, connect, forced close"},
    {step::close_sent, "at once, connect, transport close", "later, connect, transport close"},
};

// No poll waits between the probe and the upgrade.
const std::vector<outcome_of> of_upgrades{
    {step::probe_sent, "later, connect, ping timeout", "later, connect, ping timeout"},
    {step::upgrade_sent, "at once, connect, transport close", "later, connect, ping timeout"},
};

[[nodiscard]] string break_off(real_world& on, way by, step at, fault what)
{
    on.log.clear();
    string seen = "at once";
    {
        guest one{on, by, at};
        one.suffer(what);
        on.rounds(5);
        if (on.sessions() != 0) {
            seen = "later";
            on.pass(2min);
        }
        CHECK(on.sessions() == 0);
    }
    on.check_at_rest();
    for (std::string_view line : on.log) {
        if (line.starts_with("disconnect: "))
            line.remove_prefix(12);
        seen.append(", ").append(line);
    }
    return seen;
}

void break_off_everywhere(real_world& on, way by, const std::vector<outcome_of>& expected)
{
    for (const outcome_of& one : expected) {
        for (const fault what : {fault::reset, fault::fin, fault::half_close, fault::silence}) {
            const string seen = break_off(on, by, one.at, what);
            CHECK(
                seen == (what == fault::silence ? one.silent : one.ended),
                to_string(one.at) << ", " << to_string(what)
            );
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(each_step)

BOOST_AUTO_TEST_CASE(z01_z02_of_polling)
{
    real_world on;
    break_off_everywhere(on, way::polling, over_polling);
}

BOOST_AUTO_TEST_CASE(z01_z02_of_websocket)
{
    real_world on;
    break_off_everywhere(on, way::websocket, over_websocket);
}

BOOST_AUTO_TEST_CASE(z01_z02_of_an_upgrade)
{
    real_world on;
    break_off_everywhere(on, way::upgrade, of_upgrades);
}

BOOST_AUTO_TEST_CASE(z29_of_polling_over_tls)
{
    real_world on = world_with_tls();
    break_off_everywhere(on, way::polling, over_polling);
}

BOOST_AUTO_TEST_CASE(z29_of_websocket_over_tls)
{
    real_world on = world_with_tls();
    break_off_everywhere(on, way::websocket, over_websocket);
}

BOOST_AUTO_TEST_CASE(z29_of_an_upgrade_over_tls)
{
    real_world on = world_with_tls();
    break_off_everywhere(on, way::upgrade, of_upgrades);
}

// Where a handshake has come to, from its first byte to the last one.
BOOST_AUTO_TEST_CASE(z29_of_a_tls_handshake_at_each_byte)
{
    real_world on = world_with_tls();
    const string hello = first_flight();
    for (std::size_t size = 1; size < hello.size(); size += 7) {
        wire_client one{on};
        one.send(hello.substr(0, size));
        on.rounds(1);
        if (size % 2 == 0)
            one.reset();
        else
            one.finish();
    }
    {
        wire_client whole{on};
        whole.send(hello);
        CHECK(on.until([&] {
            whole.pull();
            return !whole.come.empty();
        }));
        whole.reset();
        wire_client silent{on};
        silent.send(hello);
        on.pass(1min);
        CHECK(on.until([&] { return silent.ended(); }));
    }
    CHECK(on.log.empty());
    on.check_at_rest();
}

BOOST_AUTO_TEST_SUITE_END()
