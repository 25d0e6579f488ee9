// SPDX-License-Identifier: BSL-1.0
// The events of one socket are handled one after the other, unless somebody wants it otherwise.
#include "handler_support.hpp"
#include "support/reached.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(handler_order)

TYPED_CASE(an_event_waits_for_the_coroutine_before_it, Codec, codecs)
{
    handler_case<Codec> on;
    on.connect();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    on.near.emit("wait", 3);
    on.near.emit("x", 4);
    CHECK(on.told() == "begin 1");
    on.near.emit("x", 5);
    CHECK(on.told() == "");
    on.release(0);
    CHECK(on.told() == "end 1\nx 2\nbegin 3");
    on.release(1);
    CHECK(on.told() == "end 3\nx 4\nx 5");
    on.near.emit("x", 6);
    CHECK(on.told() == "x 6");
}

TYPED_CASE(all_handlers_of_one_event_start_and_the_next_event_waits_for_all, Codec, codecs)
{
    handler_case<Codec> on;
    on.io.on("wait", [&](int n) { return on.wait(n + 10); });
    on.connect();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    CHECK(on.told() == "begin 1\nbegin 11");
    on.release(0);
    CHECK(on.told() == "end 1");
    on.release(1);
    CHECK(on.told() == "end 11\nx 2");
}

TYPED_CASE(sockets_do_not_wait_for_each_other, Codec, codecs)
{
    handler_case<Codec> on;
    auto nsp = on.io.of("/other");
    nsp.on("x", [&](int n) { on.log("other {}", n); });
    const auto other = on.client.client.socket("/other");
    client_case<Codec> third{on.world, on.io, on.log, "third"};
    const auto socket = third.client.socket();
    on.connect();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    other.emit("x", 3);
    socket.emit("x", 4);
    CHECK(on.told() == "begin 1\nother 3\nx 4");
}

TYPED_CASE(an_event_is_the_same_after_it_has_waited, Codec, codecs)
{
    handler_case<Codec> on;
    const auto far = on.connect();
    far.on("all", [&](arguments all, ack<std::string, binary> reply) {
        on.log("{} {}", boost::json::serialize(all.values), all.attachments.size());
        reply("answer", binary{"bytes"});
    });
    on.near.emit("wait", 1);
    const auto note = [&](result<std::tuple<std::string, binary>> answer) {
        on.log("{} {}", std::get<0>(*answer), as_text(std::get<1>(*answer).bytes()));
    };
    on.near.emit("all", 9'007'199'254'740'993, 0.5, "text", std::vector{1, 2}, note);
    on.near.emit("all", binary{"one"}, "between", binary{"two"}, note);
    on.near.emit("all");
    CHECK(on.told() == "begin 1");
    on.release(0);
    CHECK(
        on.told() ==
        "end 1\n[9007199254740993,5E-1,\"text\",[1,2]] 0\n"
        "[{\"_placeholder\":true,\"num\":0},\"between\",{\"_placeholder\":true,\"num\":1}] 2\n"
        "[] 0\nanswer bytes\nanswer bytes"
    );
}

TYPED_CASE(an_answer_does_not_wait_for_handlers, Codec, codecs)
{
    handler_case<Codec> on{{.running = 2}};
    on.near.on("question", [](ack<int> reply) { reply(7); });
    gate answered{on.world.home().executor()};
    on.io.on("ask by callback", [&](basic_socket<Codec> socket) -> task<> {
        socket.emit("question", [&](result<int> answer) {
            on.log("called: {}", text_of(answer));
            answered.notify();
        });
        co_await answered.wait();
        on.log("end");
    });
    on.connect();
    on.near.emit("ask by callback");
    for (int n = 1; n <= 3; ++n)  // two count as many as may run
        on.near.emit("x", n);
    on.near.emit("ask");
    on.near.emit("x", 4);
    CHECK(on.told() == "called: 7\nend\nx 1\nx 2\nx 3\nanswer: 7\nx 4");
}

TYPED_CASE(reading_pauses_when_more_waits_than_may_run, Codec, codecs)
{
    handler_case<Codec> on{{.running = 3}};
    on.connect();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    CHECK(on.told() == "begin 1");
    CHECK(reached(on.io.limits_reached()) == "");
    on.near.emit("x", 3);
    on.near.emit("x", 4);
    on.near.emit("x", 5);
    CHECK(on.told() == "");
    CHECK(reached(on.io.limits_reached()) == "max_running_handlers 1");
    on.release(0);
    CHECK(on.told() == "end 1\nx 2\nx 3\nx 4\nx 5");
}

TYPED_CASE(each_16_KiB_of_an_event_that_waits_count_as_another_one, Codec, codecs)
{
    const auto reached_with = [](std::size_t bytes) {
        handler_case<Codec> on{{.running = 3}};
        on.io.on("large", [&](std::string text) { on.log("large {}", text.size()); });
        on.connect();
        on.near.emit("wait", 1);
        on.near.emit("large", std::string(bytes, 'x'));
        on.world.run();
        std::string limits = reached(on.io.limits_reached());
        on.release(0);
        CHECK(on.told() == fmt::format("begin 1\nend 1\nlarge {}", bytes));
        return limits;
    };
    CHECK(reached_with(16'000) == "");
    CHECK(reached_with(16'384) == "max_running_handlers 1");
}

TYPED_CASE(reading_pauses_at_max_held_events_even_if_an_answer_is_awaited, Codec, codecs)
{
    for (int events = 2; events <= 3; ++events) {
        handler_case<Codec> on{{.running = 1, .held = 3}};
        on.near.on("question", [](ack<int> reply) { reply(7); });
        on.connect();
        on.near.emit("ask");
        for (int n = 1; n <= events; ++n)
            on.near.emit("x", n);
        if (events == 2) {
            CHECK(on.told() == "answer: 7\nx 1\nx 2");
            continue;
        }
        CHECK(on.told() == "");
        CHECK(on.io.limits_reached()[limit::max_held_events] == 1U);
        on.world.run_for(5s);
        CHECK(on.told() == "answer: operation has timed out\nx 1\nx 2\nx 3");
    }
}

TYPED_CASE(what_waits_when_the_socket_ends_is_dropped, Codec, codecs)
{
    handler_case<Codec> on{{.running = 2}};
    on.watch();
    auto nsp = on.io.of("/other");
    nsp.on("x", [&](int n) { on.log("other {}", n); });
    const auto other = on.client.client.socket("/other");
    const auto far = on.connect();
    on.log.clear();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    other.emit("x", 3);  // reading has paused
    CHECK(on.told() == "begin 1");
    on.act([&] { far.disconnect(); });
    CHECK(on.told() == "disconnect / server namespace disconnect\nother 3");
    on.release(0);
    CHECK(on.told() == "end 1");
}

TYPED_CASE(a_client_that_leaves_does_not_wait_for_its_handlers, Codec, codecs)
{
    handler_case<Codec> on;
    on.watch();
    on.connect();
    on.log.clear();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    on.near.disconnect();
    CHECK(on.told() == "begin 1\ndisconnect / client namespace disconnect");
    on.release(0);
    CHECK(on.told() == "end 1");
}

TYPED_CASE(what_waits_behind_a_handler_that_throws_is_dropped, Codec, codecs)
{
    handler_case<Codec> on;
    gate later{on.world.home().executor()};
    on.io.on("throw", [&]() -> task<> {
        co_await later.wait();
        throw std::runtime_error{"oops"};
    });
    on.connect();
    on.near.emit("throw");
    on.near.emit("x", 1);
    CHECK(on.told() == "");
    later.notify();
    CHECK(on.told() == "error / throw: oops");
}

TYPED_CASE(coroutines_that_never_wait_do_not_pile_up, Codec, codecs)
{
    handler_case<Codec> on;
    int sum = 0;
    on.io.on("add", [&](int n) -> task<> {
        sum = sum * 3 % 1'000'003 + n;  // tells the order
        co_return;
    });
    on.connect();
    on.near.emit("wait", 1);
    int expected = 0;
    for (int n = 0; n < 200; ++n) {
        on.near.emit("add", n);
        expected = expected * 3 % 1'000'003 + n;
    }
    CHECK(on.told() == "begin 1");
    CHECK(sum == 0);
    on.release(0);
    CHECK(on.told() == "end 1");
    CHECK(sum == expected);
}

TYPED_CASE(middlewares_and_listeners_keep_the_order, Codec, codecs)
{
    handler_case<Codec> on;
    const auto far = on.connect();
    gate open{on.world.home().executor()};
    static_cast<void>(far.on_any([&](std::string_view event, const arguments&) {
        on.log("any {}", event);
    }));
    far.use([&](std::string event, arguments) -> task<verdict> {
        if (event == "slow")
            co_await open.wait();
        on.log("decided {}", event);
        co_return accept();
    });
    far.on("slow", [&] { on.log("slow"); });
    on.near.emit("slow");
    on.near.emit("x", 1);
    CHECK(on.told() == "any slow");
    open.notify();
    CHECK(on.told() == "decided slow\nslow\nany x\ndecided x\nx 1");
}

TYPED_CASE(several_at_once_if_the_options_say_so, Codec, codecs)
{
    handler_case<Codec> on{{.at_once = 2}};
    on.connect();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    on.near.emit("wait", 3);
    on.near.emit("wait", 4);
    on.near.emit("x", 5);
    CHECK(on.told() == "begin 1\nx 2\nbegin 3");
    on.release(1);
    CHECK(on.told() == "end 3\nbegin 4");
    on.release(0);
    CHECK(on.told() == "end 1\nx 5");
}

TYPED_CASE(several_at_once_in_one_namespace, Codec, codecs)
{
    handler_case<Codec> on;
    on.io.main().set_handlers_at_once(2);
    on.connect();
    for (int n = 1; n <= 3; ++n)
        on.near.emit("wait", n);
    CHECK(on.told() == "begin 1\nbegin 2");
    on.io.main().set_handlers_at_once(0);
    on.release(0);
    CHECK(on.told() == "end 1");
    on.release(1);
    CHECK(on.told() == "end 2\nbegin 3");
}

TYPED_CASE(several_at_once_in_the_children_of_a_namespace, Codec, codecs)
{
    handler_case<Codec> on;
    auto rooms = on.io.of(name_pattern{"^/room-"});
    rooms.set_handlers_at_once(2);
    rooms.on("wait", [&](int n) { return on.wait(n); });
    const auto guest = on.client.client.socket("/room-1");
    on.connect();
    for (int n = 1; n <= 3; ++n)
        guest.emit("wait", n);
    CHECK(on.told() == "begin 1\nbegin 2");
}

TYPED_CASE(several_at_once_for_one_socket_from_now_on, Codec, codecs)
{
    handler_case<Codec> on;
    const auto far = on.connect();
    for (int n = 1; n <= 4; ++n)
        on.near.emit("wait", n);
    CHECK(on.told() == "begin 1");
    on.act([&] { far.set_handlers_at_once(3); });
    CHECK(on.told() == "begin 2\nbegin 3");
    on.act([&] { far.set_handlers_at_once(0); });
    on.release(1);
    CHECK(on.told() == "end 2");
    on.release(0);
    on.release(2);
    CHECK(on.told() == "end 1\nend 3\nbegin 4");
}

TYPED_CASE(nothing_waits_for_an_unordered_handler, Codec, codecs)
{
    handler_case<Codec> on;
    const auto far = on.connect();
    far.on("watch", unordered([&](int n) { return on.wait(n); }));
    on.io.on("watch too", unordered([&](int n) -> task<> { return on.wait(n); }));
    on.near.emit("watch", 1);
    on.near.emit("watch too", 2);
    on.near.emit("x", 3);
    CHECK(on.told() == "begin 1\nbegin 2\nx 3");
    // It starts in its turn all the same.
    on.near.emit("wait", 4);
    on.near.emit("watch", 5);
    CHECK(on.told() == "begin 4");
    on.release(2);
    CHECK(on.told() == "end 4\nbegin 5");
}

TYPED_CASE(events_do_not_wait_for_the_connection_handler, Codec, codecs)
{
    handler_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec>) { return on.wait(0); });
    on.connect();
    on.near.emit("x", 1);
    CHECK(on.told() == "begin 0\nx 1");
}

TYPED_CASE(a_client_handles_its_events_in_order_too, Codec, codecs)
{
    handler_case<Codec> on;
    on.near.on("wait", [&](int n) { return on.wait(n); });
    on.near.on("x", [&](int n) { on.log("near {}", n); });
    const auto far = on.connect();
    far.emit("wait", 1);
    far.emit("x", 2);
    CHECK(on.told() == "begin 1");
    on.release(0);
    CHECK(on.told() == "end 1\nnear 2");
}

TYPED_CASE(a_server_ends_while_events_wait, Codec, codecs)
{
    doomed_case<Codec> on;
    gate open{on.world.home().executor()};
    on.io->on("wait", [&]() -> task<> {
        co_await open.wait();
        on.log("end");
    });
    on.io->on("x", [&] { on.log("x"); });
    on.connect();
    on.near.emit("wait");
    on.near.emit("x");
    CHECK(on.told() == "");
    on.io.reset();
    open.notify();
    CHECK(on.told() == "end");
}

BOOST_AUTO_TEST_SUITE_END()
