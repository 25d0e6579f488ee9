// SPDX-License-Identifier: BSL-1.0
// Events in both directions between server and client of the library.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(facade_events)

TYPED_CASE(events_go_both_ways, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("question", [&](basic_socket<Codec> socket, std::string text) {
        on.log("server: {}", text);
        socket.emit("answer", text + "!", 42);
    });
    on.near.on("answer", [&](std::string text, int n) { on.log("client: {} {}", text, n); });
    on.connect();
    CHECK(on.near.emit("question", "why") == send_status::queued);  // from outside the shard
    CHECK(on.told() == "server: why\nclient: why! 42");
}

TYPED_CASE(emit_says_what_became_of_the_event, Codec, codecs)
{
    pair_case<Codec> on;
    CHECK(on.near.emit("x") == send_status::closed);  // not yet connected
    const auto far = on.connect();
    on.act([&] {
        CHECK(on.near.emit("x") == send_status::sent);
        CHECK(far.emit("x") == send_status::sent);
        CHECK(far.emit("disconnect") == send_status::rejected);
        CHECK(on.near.emit("connect", 1) == send_status::rejected);
        CHECK(on.io.emit("newListener") == send_status::rejected);
        CHECK(far.emit("x", std::string{"\xff"}) == send_status::rejected);
        CHECK(on.io.emit("x", std::string{"\xff"}) == send_status::rejected);
    });
    CHECK(far.connected());
    on.act([&] { far.disconnect(); });
    on.act([&] {
        CHECK(far.emit("x") == send_status::closed);
        CHECK(on.near.emit("x") == send_status::closed);
    });
}

TYPED_CASE(handlers_run_in_order_the_sockets_before_the_namespaces, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("x", [&](basic_socket<Codec> socket) { on.log("nsp 1 {}", socket.connected()); });
    on.io.on("x", [&](int) { on.log("nsp, one argument"); });
    on.io.on("x", [&] { on.log("nsp 2"); });
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.on("x", [&] { on.log("own 1"); });
        socket.on("x", [&] { on.log("own 2"); }).on("y", [&] { on.log("own y"); });
    });
    on.connect();
    on.near.emit("x");
    CHECK(
        on.told() ==
        "own 1\nown 2\nnsp 1 true\nerror / x: the handler takes another number of arguments\n"
        "nsp 2"
    );
    on.near.emit("y");
    CHECK(on.told() == "own y");
}

TYPED_CASE(once_is_called_once_and_off_removes_all, Codec, codecs)
{
    pair_case<Codec> on;
    const auto far = on.connect();
    far.once("x", [&](int n) { on.log("once {}", n); });
    far.on("x", [&](int n) { on.log("on {}", n); });
    on.near.emit("x", 1);
    on.near.emit("x", 2);
    CHECK(on.told() == "once 1\non 1\non 2");
    far.once("x", [&](int) { on.log("never"); });
    far.off("x").off("nothing");
    on.near.emit("x", 3);
    CHECK(on.told() == "");
    far.on("x", [&](int n) { on.log("again {}", n); });
    on.near.emit("x", 4);
    CHECK(on.told() == "again 4");
}

TYPED_CASE(handlers_may_change_the_handlers, Codec, codecs)
{
    pair_case<Codec> on;
    const auto far = on.connect();
    far.on("x", [&, far] {
        on.log("first");
        far.off("x");
        for (int i = 0; i < 100; ++i)
            far.on("x", [&, i] { on.log("new {}", i); });
        far.off("x");
        far.once("x", [&, far] {
            on.log("once");
            far.once("x", [&] { on.log("twice"); });
        });
    });
    far.on("x", [&] { on.log("second"); });
    for (int i = 0; i < 4; ++i)
        on.near.emit("x");
    // A handler that is removed during the call still gets this one event.
    CHECK(on.told() == "first\nsecond\nonce\ntwice");
}

TYPED_CASE(a_handler_may_disconnect_and_no_other_is_called_then, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch();
    on.client.watch();
    const auto far = on.connect();
    on.log.clear();
    far.on("x", [far] { far.disconnect(); });
    far.on("x", [&] { on.log("never"); });
    on.io.on("x", [&] { on.log("never"); });
    on.near.emit("x");
    on.near.emit("x");
    CHECK(
        on.told() ==
        "disconnect / server namespace disconnect\nclient disconnected: io server disconnect"
    );
}

TYPED_CASE(a_handler_finds_socket_and_ack_wherever_they_stand, Codec, codecs)
{
    pair_case<Codec> on;
    on.io.on("x", [&](int a, basic_socket<Codec> socket, ack<int> reply, std::string b) {
        on.log("{} {} {}", a, b, socket.id().size());
        reply(a);
    });
    on.connect();
    on.near.emit("x", 1, "two", [&](result<int> answer) { on.log("{}", text_of(answer)); });
    CHECK(on.told() == "1 two 20\n1");
}

TYPED_CASE(handlers_of_the_client_that_throw_end_its_socket, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch();
    on.client.watch();
    const auto other = on.client.client.socket("/other");
    static_cast<void>(on.io.of("/other"));
    on.near.on("x", [] { throw 7; });
    on.connect();
    on.log.clear();
    on.io.emit("x");
    CHECK(
        on.told() == "client error x: the handler threw something that is no std::exception\n"
                     "client disconnected: io client disconnect\n"
                     "disconnect / client namespace disconnect"
    );
    CHECK(other.connected());
}

TYPED_CASE(an_event_a_minute_for_an_hour_between_heartbeats, Codec, codecs)
{
    pair_case<Codec> on;
    int count = 0;
    on.io.on("x", [&] { ++count; });
    on.connect();
    for (int i = 0; i < 60; ++i) {
        on.near.emit("x");
        on.world.run_for(1min);
    }
    CHECK(count == 60);
    CHECK(on.near.connected());
}

BOOST_AUTO_TEST_SUITE_END()
