// SPDX-License-Identifier: BSL-1.0
#include "protocol_outgoing_support.hpp"

#include <random>

using namespace cosio;
using namespace cosio::protocol;
using namespace cosio::test::emitting;
using namespace std::chrono_literals;

// features.md 2.4, retries and ackTimeout.

BOOST_AUTO_TEST_SUITE(protocol_outgoing_retries)

BOOST_AUTO_TEST_CASE(one_at_a_time)
{
    client_socket one{retrying(3)};
    one.connect();
    one.ask("a");
    one.emit("b");  // has an id although nobody waits for it
    one.ask("c");
    CHECK(one.sent() == "a ");
    one.ack("a");
    CHECK(one.endings() == "a:answered; ");
    CHECK(one.sent() == "b ");
    one.ack("c");  // never sent: nobody can answer it
    CHECK(one.sent() == "");
    one.ack("b");
    CHECK(one.sent() == "c ");
    one.ack("c");
    CHECK(one.endings() == "c:answered; ");
    CHECK(!one.machine.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(so_many_more_tries_and_then_a_timeout)
{
    client_socket one{retrying(2)};
    one.connect();
    one.ask("a");
    one.ask("b");
    CHECK(one.sent() == "a ");
    CHECK((one.machine.deadline() == start + 10s));
    one.at(10s);
    CHECK(one.sent() == "a ");
    one.at(20s);
    CHECK(one.sent() == "a ");
    one.at(30s - 1ns);
    CHECK(one.endings() == "");
    one.at(30s);
    CHECK(one.endings() == "a:operation has timed out; ");
    CHECK(one.sent() == "b ");  // the queue goes on
}

BOOST_AUTO_TEST_CASE(a_late_answer_to_an_earlier_try_will_do)
{
    client_socket one{retrying(2)};
    one.connect();
    one.ask("a");
    one.at(10s);
    CHECK(one.sent() == "a a ");
    one.ack("a");
    CHECK(one.endings() == "a:answered; ");
    one.ack("a");
    CHECK(one.endings() == "");
}

BOOST_AUTO_TEST_CASE(a_timeout_of_its_own_counts_for_each_try)
{
    client_socket one{retrying(1)};
    one.connect();
    one.ask("a", 1s);
    one.at(1s);
    CHECK(one.sent() == "a a ");
    one.at(2s);
    CHECK(one.endings() == "a:operation has timed out; ");
}

BOOST_AUTO_TEST_CASE(sent_again_when_the_connection_is_back_and_order_is_kept)
{
    client_socket one{retrying(3)};
    one.ask("a");
    one.ask("b");
    CHECK(one.sent() == "");
    CHECK(!one.machine.deadline().has_value());  // without a connection nobody is late
    one.connect();
    CHECK(one.sent() == "a ");
    one.disconnect();
    one.ask("c");
    one.at(1h);
    CHECK(one.endings() == "");
    one.connect();
    CHECK(one.sent() == "a ");
    one.ack("a");
    one.ack("b");
    one.ack("c");
    CHECK(one.sent() == "b c ");
    CHECK(one.endings() == "a:answered; b:answered; c:answered; ");
}

BOOST_AUTO_TEST_CASE(the_connection_ends_during_the_last_try)
{
    client_socket one{retrying(1)};
    one.connect();
    one.ask("a");
    one.ask("b");
    one.disconnect();
    CHECK(one.endings() == "");
    one.connect();
    one.disconnect();
    CHECK(one.endings() == "a:socket has been disconnected; ");
    one.connect();
    CHECK(one.sent() == "a a b ");
}

BOOST_AUTO_TEST_CASE(no_retries_are_one_try)
{
    client_socket one{retrying(0)};
    one.connect();
    one.ask("a");
    one.emit("b");
    CHECK(one.sent() == "a ");
    one.at(10s);
    CHECK(one.endings() == "a:operation has timed out; ");
    CHECK(one.sent() == "b ");
    one.disconnect();
    one.connect();
    CHECK(one.sent() == "");
}

BOOST_AUTO_TEST_CASE(a_wider_window_keeps_the_order_of_first_sends)
{
    client_socket one{retrying(3, 2)};
    one.connect();
    for (const auto* name : {"a", "b", "c", "d"})
        one.ask(name);
    CHECK(one.sent() == "a b ");
    one.ack("b");
    CHECK(one.sent() == "c ");
    one.at(5s);
    one.ack("c");
    CHECK(one.sent() == "d ");
    one.at(10s);
    CHECK(one.sent() == "a ");  // again; d has five seconds left
    one.at(15s);
    CHECK(one.sent() == "d ");
    one.disconnect();
    one.connect();
    CHECK(one.sent() == "a d ");
    one.ack("d");
    one.ack("a");
    CHECK(one.endings() == "b:answered; c:answered; d:answered; a:answered; ");
}

BOOST_AUTO_TEST_CASE(volatile_passes_by)
{
    client_socket one{retrying(3)};
    one.connect();
    one.ask("a");
    one.ask("b");
    CHECK((one.emit("v", false, {}, true) == emit_outcome::send));
    CHECK(one.sent() == "a v ");
    one.disconnect();
    CHECK((one.emit("w", true, {}, true) == emit_outcome::dropped));
    CHECK(one.endings() == "w:operation has timed out; ");
}

BOOST_AUTO_TEST_CASE(a_volatile_question_is_asked_once)
{
    client_socket one{retrying(3)};
    one.connect();
    one.emit("v", true, {}, true);
    CHECK(one.sent() == "v ");
    one.disconnect();
    CHECK(one.endings() == "v:socket has been disconnected; ");
    one.connect();
    CHECK(one.sent() == "");
}

BOOST_AUTO_TEST_CASE(a_full_queue)
{
    outgoing_config config = retrying(3);
    config.max_buffered_packets = 2;
    client_socket refusing{config};
    refusing.connect();
    refusing.ask("a");
    refusing.ask("b");
    CHECK((refusing.ask("c") == emit_outcome::refused));
    CHECK(refusing.endings() == "c:too many emits wait to be sent; ");
    refusing.ack("a");
    CHECK((refusing.ask("d") == emit_outcome::kept));

    config.offline = offline_policy::drop_oldest;
    client_socket dropping{config};
    dropping.connect();
    dropping.ask("a");
    dropping.ask("b");
    CHECK((dropping.ask("c") == emit_outcome::kept));
    CHECK(dropping.endings() == "b:too many emits wait to be sent; ");  // a may have arrived
    dropping.ack("a");
    CHECK(dropping.sent() == "a c ");

    config.offline = offline_policy::disabled;
    client_socket strict{config};
    CHECK((strict.ask("a") == emit_outcome::refused));
    CHECK(strict.endings() == "a:socket has been disconnected; ");
    strict.connect();
    CHECK((strict.ask("b") == emit_outcome::kept));
    CHECK(strict.sent() == "b ");
}

BOOST_AUTO_TEST_CASE(what_is_dropped_for_room_was_never_sent)
{
    outgoing_config config = retrying(3, 2);
    config.max_buffered_packets = 2;
    config.offline = offline_policy::drop_oldest;
    client_socket one{config};
    one.connect();
    one.ask("a");
    one.ask("b");
    one.disconnect();
    CHECK((one.ask("c") == emit_outcome::refused));
    CHECK(one.endings() == "c:too many emits wait to be sent; ");
    one.connect();
    CHECK(one.sent() == "a b a b ");
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_does_not_hold_up_the_queue_POLL_17)
{
    client_socket one{retrying(3)};
    one.ask("toolong");
    one.ask("abc");
    one.machine.handle_max_payload(4, engine::transport_kind::websocket);
    one.connect();
    CHECK(one.endings() == "toolong:the message exceeds the peer's payload limit; ");
    CHECK(one.sent() == "abc ");
    CHECK((one.ask("five5") == emit_outcome::refused));
}

BOOST_AUTO_TEST_CASE(a_cancelled_one_is_not_sent_again)
{
    client_socket one{retrying(3)};
    one.connect();
    one.ask("a");
    one.ask("b");
    one.cancel("a");
    CHECK(one.sent() == "a b ");
    one.ack("a");
    CHECK(one.endings() == "a:the operation was cancelled; ");
}

BOOST_AUTO_TEST_CASE(whatever_happens_each_receiver_ends_once_and_first_sends_keep_their_order)
{
    for (unsigned seed = 1; seed <= 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            std::mt19937 random{seed};
            outgoing_config config{.ack_timeout = 5s, .max_pending_acks = 30};
            config.offline = static_cast<offline_policy>(random() % 3);
            config.max_buffered_packets = 1 + random() % 20;
            config.max_buffered_bytes = 10 + random() % 200;
            if (random() % 2 != 0)
                config.retries = random() % 4;
            config.retry_window = 1 + random() % 4;
            client_socket one{config};
            int last = 0;
            duration now{};
            std::map<std::string, int> ends;
            std::map<std::string, unsigned> sends;
            int last_sent = 0;
            for (int step = 0; step < 400; ++step) {
                switch (random() % 8) {
                case 0: one.connect(); break;
                case 1: one.disconnect(); break;
                case 2: one.at(now += std::chrono::milliseconds{random() % 4'000}); break;
                case 3:
                case 4:
                    if (last != 0) {
                        const auto name =
                            std::to_string(1 + random() % static_cast<unsigned>(last));
                        random() % 5 == 0 ? one.cancel(name) : one.ack(name);
                    }
                    break;
                default: {
                    const std::string name = std::to_string(++last);
                    ends[name] = 0;
                    one.ask(name);
                }
                }
                std::string sent = one.sent();
                while (!sent.empty()) {
                    const std::string name = sent.substr(0, sent.find(' '));
                    sent.erase(0, name.size() + 1);
                    if (sends[name]++ == 0) {
                        REQUIRE(std::stoi(name) > last_sent);
                        last_sent = std::stoi(name);
                    }
                    REQUIRE((sends[name] <= config.retries.value_or(0) + 1));
                }
                std::string all = one.endings();
                while (!all.empty()) {
                    REQUIRE(++ends.at(all.substr(0, all.find(':'))) == 1);
                    all.erase(0, all.find("; ") + 2);
                }
                CHECK((one.machine.buffered_bytes() <= config.max_buffered_bytes));
                CHECK((one.machine.buffered_packets() <= config.max_buffered_packets));
            }
            one.machine.clear(cosio::errc::disconnected);
            one.disconnect();
            std::string all = one.endings();
            while (!all.empty()) {
                REQUIRE(++ends.at(all.substr(0, all.find(':'))) == 1);
                all.erase(0, all.find("; ") + 2);
            }
            for (const auto& [name, count] : ends)
                CHECK(count == 1, name);
            CHECK(one.machine.buffered_bytes() == 0U);
            CHECK(!one.machine.deadline().has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
