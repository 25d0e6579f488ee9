// SPDX-License-Identifier: BSL-1.0
#include "protocol_outgoing_support.hpp"

using namespace cosio;
using namespace cosio::protocol;
using namespace cosio::test::emitting;
using namespace std::chrono_literals;

// features.md 2.5 (emit while not connected), 3.8; 4.1 "Queue cleared on disconnect".

BOOST_AUTO_TEST_SUITE(protocol_outgoing)

BOOST_AUTO_TEST_CASE(connected_all_is_sent_at_once)
{
    client_socket one;
    one.connect();
    CHECK((one.emit("a") == emit_outcome::send));
    CHECK((one.ask("b") == emit_outcome::send));
    CHECK(one.sent() == "a b ");
    one.ack("b");
    CHECK(one.endings() == "b:answered; ");
    one.ack("b");  // EV-7
    CHECK(one.endings() == "");
    CHECK(!one.machine.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(ids_count_up_and_go_on_after_a_disconnect_EV_9)
{
    client_socket one;
    one.connect();
    one.ask("a");
    one.emit("none");
    one.ask("b");
    one.disconnect();
    one.connect();
    one.ask("c");
    CHECK(one.ids.at("a") == 0U);
    CHECK(one.ids.at("b") == 1U);
    CHECK(one.ids.at("c") == 2U);
    CHECK(!one.ids.contains("none"));
}

BOOST_AUTO_TEST_CASE(what_is_emitted_before_the_connection_is_sent_in_order)
{
    client_socket one;
    CHECK((one.emit("a") == emit_outcome::kept));
    CHECK((one.ask("b") == emit_outcome::kept));
    CHECK((one.emit("c") == emit_outcome::kept));
    CHECK(one.machine.buffered_packets() == 3U);
    CHECK(one.machine.buffered_bytes() == 3U);
    CHECK(one.sent() == "");
    one.connect();
    CHECK(one.sent() == "a b c ");
    CHECK(one.machine.buffered_packets() == 0U);
    CHECK(one.machine.buffered_bytes() == 0U);
    one.ack("b");
    CHECK(one.endings() == "b:answered; ");
}

BOOST_AUTO_TEST_CASE(what_is_emitted_as_the_buffer_is_emptied_stands_behind_it)
{
    client_socket one;
    one.emit("a");
    one.emit("b");
    one.machine.handle_connect();
    const auto first = one.machine.next(start);
    CHECK(as_text(first.value().head->payload()) == "a");
    CHECK((one.emit("c") == emit_outcome::kept));
    CHECK(one.sent() == "b c ");
    CHECK((one.emit("d") == emit_outcome::send));
}

BOOST_AUTO_TEST_CASE(the_buffer_outlives_a_connection_that_fails)
{
    client_socket one;
    one.connect();
    one.ask("sent");
    one.disconnect();
    CHECK(one.endings() == "sent:socket has been disconnected; ");  // EV-13
    one.ask("kept", 1h);
    one.disconnect();
    one.disconnect();
    CHECK(one.endings() == "");
    CHECK(one.sent() == "sent ");
    one.connect();
    CHECK(one.sent() == "kept ");
    one.connect();
    CHECK(one.sent() == "");  // once
    one.disconnect();
    CHECK(one.endings() == "kept:socket has been disconnected; ");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_late)
{
    client_socket one;
    one.connect();
    one.ask("usual");
    one.ask("quick", 1s);
    CHECK((one.machine.deadline() == start + 1s));
    one.at(1s - 1ns);
    CHECK(one.endings() == "");
    one.at(1s);
    CHECK(one.endings() == "quick:operation has timed out; ");
    one.ack("quick");
    one.at(30s);
    CHECK(one.endings() == "usual:operation has timed out; ");
    CHECK(!one.machine.deadline().has_value());
}

BOOST_AUTO_TEST_CASE(what_times_out_in_the_buffer_is_never_sent)
{
    client_socket one;
    one.emit("a");
    one.ask("b", 2s);
    one.ask("c", 5s);
    CHECK((one.machine.deadline() == start + 2s));
    one.at(2s);
    CHECK(one.endings() == "b:operation has timed out; ");
    CHECK((one.machine.deadline() == start + 5s));
    one.connect();
    CHECK(one.sent() == "a c ");
    CHECK((one.machine.deadline() == start + 5s));  // since emit(), not since it was sent
    one.at(5s);
    CHECK(one.endings() == "c:operation has timed out; ");
}

BOOST_AUTO_TEST_CASE(volatile_is_never_kept_VOL_4)
{
    client_socket one;
    CHECK((one.emit("a", false, {}, true) == emit_outcome::dropped));
    CHECK((one.emit("b", true, {}, true) == emit_outcome::dropped));
    CHECK(one.endings() == "b:operation has timed out; ");
    one.connect();
    CHECK(one.sent() == "");
    CHECK((one.emit("c", false, {}, true) == emit_outcome::send));
    CHECK(one.sent() == "c ");
}

BOOST_AUTO_TEST_CASE(a_full_buffer_refuses_what_is_new)
{
    client_socket packets{bounded(offline_policy::refuse_new, 100, 2)};
    CHECK((packets.emit("a") == emit_outcome::kept));
    CHECK((packets.emit("b") == emit_outcome::kept));
    CHECK((packets.ask("c") == emit_outcome::refused));
    CHECK(packets.endings() == "c:too many emits wait to be sent; ");
    packets.connect();
    CHECK(packets.sent() == "a b ");
    CHECK((packets.emit("d") == emit_outcome::send));

    client_socket bytes{bounded(offline_policy::refuse_new, 4, 100)};
    CHECK((bytes.emit("abc") == emit_outcome::kept));
    CHECK((bytes.emit("de") == emit_outcome::refused));
    CHECK((bytes.emit("f") == emit_outcome::kept));
    CHECK((bytes.emit("g") == emit_outcome::refused));
    bytes.connect();
    CHECK(bytes.sent() == "abc f ");
}

BOOST_AUTO_TEST_CASE(a_full_buffer_drops_its_oldest)
{
    client_socket one{bounded(offline_policy::drop_oldest, 5, 3)};
    one.ask("a");
    one.emit("b");
    one.emit("c");
    CHECK((one.emit("d") == emit_outcome::kept));
    CHECK(one.endings() == "a:too many emits wait to be sent; ");
    CHECK((one.emit("efgh") == emit_outcome::kept));
    CHECK((one.ask("sixsix") == emit_outcome::refused));  // alone it would not fit
    CHECK(one.endings() == "sixsix:too many emits wait to be sent; ");
    one.connect();
    CHECK(one.sent() == "d efgh ");
}

BOOST_AUTO_TEST_CASE(without_a_buffer)
{
    client_socket one{bounded(offline_policy::disabled, 100, 100)};
    CHECK((one.ask("a") == emit_outcome::refused));
    CHECK(one.endings() == "a:socket has been disconnected; ");
    one.connect();
    CHECK((one.emit("b") == emit_outcome::send));
    CHECK(one.sent() == "b ");
}

BOOST_AUTO_TEST_CASE(attachments_count_too)
{
    const outgoing_config config = bounded(offline_policy::refuse_new, 10, 100);
    outgoing machine{config};
    emission what;
    what.packet.head = make_text_frame("head");
    what.packet.attachments.assign(2, make_frame(frame_kind::binary, as_bytes("abc")));
    CHECK((machine.emit(what, start) == emit_outcome::kept));
    CHECK(machine.buffered_bytes() == 10U);
    what.packet.head = make_text_frame("x");
    CHECK((machine.emit(what, start) == emit_outcome::refused));
    machine.handle_connect();
    CHECK(machine.next(start).value().attachments.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_fails_at_once_POLL_17)
{
    client_socket one;
    CHECK((one.ask("toolong") == emit_outcome::kept));  // nobody knows yet
    one.emit("abc");
    one.machine.handle_max_payload(4, engine::transport_kind::polling);
    one.connect();
    CHECK(one.endings() == "toolong:the message exceeds the peer's payload limit; ");
    CHECK(one.sent() == "abc ");
    CHECK((one.ask("five5") == emit_outcome::refused));
    CHECK(one.endings() == "five5:the message exceeds the peer's payload limit; ");
    CHECK((one.ask("four") == emit_outcome::send));

    emission binary;
    binary.packet.head = make_text_frame("x");
    binary.packet.attachments.push_back(make_frame(frame_kind::binary, as_bytes("abcd")));
    CHECK((one.machine.emit(binary, start) == emit_outcome::refused));  // base64 over polling
    one.machine.handle_max_payload(4, engine::transport_kind::websocket);
    CHECK((one.machine.emit(binary, start) == emit_outcome::send));

    one.machine.handle_max_payload(0, engine::transport_kind::websocket);  // no limit
    CHECK((one.emit("a longer one") == emit_outcome::send));
}

BOOST_AUTO_TEST_CASE(the_number_of_those_who_wait_is_bounded)
{
    client_socket one{{.max_pending_acks = 2}};
    one.ask("a");
    one.ask("b");
    CHECK((one.ask("c") == emit_outcome::refused));
    CHECK(one.endings() == "c:too many emits already wait for an acknowledgement; ");
    CHECK((one.emit("d") == emit_outcome::kept));
    one.connect();
    CHECK(one.sent() == "a b d ");
    CHECK((one.ask("e") == emit_outcome::refused));
    CHECK(!one.endings().empty());
    one.ack("a");
    CHECK((one.ask("f") == emit_outcome::send));
}

BOOST_AUTO_TEST_CASE(a_cancelled_one_is_not_sent)
{
    client_socket one;
    one.ask("a");
    one.ask("b");
    one.cancel("a");
    CHECK(one.endings() == "a:the operation was cancelled; ");
    one.connect();
    CHECK(one.sent() == "b ");
    one.cancel("b");
    CHECK(one.endings() == "b:the operation was cancelled; ");
    one.ack("b");
    one.cancel("b");
    CHECK(one.endings() == "");
}

BOOST_AUTO_TEST_CASE(the_end_of_all_hope_completes_each)
{
    client_socket one;
    one.connect();
    one.ask("sent");
    one.machine.handle_disconnect();
    one.ask("kept");
    one.machine.clear(cosio::errc::disconnected);
    one.connect();
    CHECK(
        one.endings() == "sent:socket has been disconnected; kept:socket has been disconnected; "
    );
    CHECK(one.sent() == "sent ");
    CHECK(one.machine.buffered_bytes() == 0U);
    CHECK(!one.machine.deadline().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
