// SPDX-License-Identifier: BSL-1.0
// Handlers that are coroutines: limits, waiting for the peer; and handlers that throw.
#include "handler_support.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(facade_handlers)

TYPED_CASE(a_coroutine_runs_to_its_first_suspension_before_the_next_handler, Codec, codecs)
{
    handler_case<Codec> on;
    on.io.on("wait", [&](int n) { on.log("after {}", n); });
    on.connect();
    on.near.emit("wait", 1);
    CHECK(on.told() == "begin 1\nafter 1");
}

TYPED_CASE(reading_pauses_at_max_running_handlers, Codec, codecs)
{
    handler_case<Codec> on{{.running = 2, .at_once = 4}};
    on.connect();
    for (int n = 1; n <= 4; ++n)
        on.near.emit("wait", n);
    on.near.emit("x", 5);
    CHECK(on.told() == "begin 1\nbegin 2");
    on.release(1);
    CHECK(on.told() == "end 2\nbegin 3");
    on.release(0);
    CHECK(on.told() == "end 1\nbegin 4");
    on.release(2);
    on.release(3);
    CHECK(on.told() == "end 3\nend 4\nx 5");
}

TYPED_CASE(reading_pauses_for_one_client_only, Codec, codecs)
{
    handler_case<Codec> on{{.running = 1}};
    client_case<Codec> other{on.world, on.io, on.log, "other"};
    const auto socket = other.client.socket();
    on.connect();
    on.near.emit("wait", 1);
    on.near.emit("x", 2);
    CHECK(on.told() == "begin 1");
    socket.emit("x", 3);
    CHECK(on.told() == "x 3");
    on.release(0);
    CHECK(on.told() == "end 1\nx 2");
}

TYPED_CASE(a_handler_that_waits_for_its_peer_does_not_count, Codec, codecs)
{
    handler_case<Codec> on{{.running = 1}};
    on.near.on("question", [](ack<int> reply) { reply(7); });
    on.connect();
    for (int i = 0; i < 3; ++i)
        on.near.emit("ask");
    on.near.emit("x", 1);
    CHECK(on.told() == "answer: 7\nanswer: 7\nanswer: 7\nx 1");
    // And it counts again afterwards.
    on.near.emit("wait", 2);
    on.near.emit("x", 3);
    CHECK(on.told() == "begin 2");
    on.release(0);
    CHECK(on.told() == "end 2\nx 3");
}

TYPED_CASE(waiting_for_the_peer_outside_of_handlers_does_not_count, Codec, codecs)
{
    handler_case<Codec> on{{.running = 1}};
    on.near.on("question", [](ack<int> reply) { reply(7); });
    const auto far = on.connect();
    const auto note = [&](result<int> answer) { on.log("token: {}", text_of(answer)); };
    on.act([&] { far.template emit_with_ack<int>(5s, "question")(note); });  // a callback
    for (int i = 0; i < 3; ++i)
        far.template emit_with_ack<int>(5s, "question")(note);  // another thread
    CHECK(on.told() == "token: 7\ntoken: 7\ntoken: 7\ntoken: 7");
    on.near.emit("x", 1);
    on.near.emit("wait", 2);
    on.near.emit("x", 3);
    CHECK(on.told() == "x 1\nbegin 2");
    on.release(0);
    CHECK(on.told() == "end 2\nx 3");
}

TYPED_CASE(handlers_that_outlive_their_socket_leave_the_limit_as_it_was, Codec, codecs)
{
    handler_case<Codec> on{{.running = 1}};
    auto nsp = on.io.of("/other");
    nsp.on("ask", [&](basic_socket<Codec> socket) -> task<> {
        const result<int> answer = co_await socket.template emit_with_ack<int>(5s, "question");
        on.log("answer: {}", text_of(answer));
    });
    std::vector<basic_client_socket<Codec>> others;
    others.push_back(on.client.client.socket("/other"));
    on.connect();
    others[0].emit("ask");
    on.world.run();
    on.act([&] { nsp.sockets().at(0).disconnect(); });
    CHECK(on.told() == "answer: socket has been disconnected");
    on.near.emit("wait", 1);
    on.near.emit("wait", 2);
    on.near.emit("x", 3);
    CHECK(on.told() == "begin 1");
    on.release(0);
    CHECK(on.told() == "end 1\nbegin 2");
    on.release(1);
    CHECK(on.told() == "end 2\nx 3");
}

TYPED_CASE(C19_a_coroutine_that_throws_ends_its_socket_only, Codec, codecs)
{
    handler_case<Codec> on;
    on.watch();
    on.client.watch();
    static_cast<void>(on.io.of("/other"));
    const auto other = on.client.client.socket("/other");
    gate later{on.world.home().executor()};
    on.io.on("throw", [&](bool now) -> task<> {
        if (!now)
            co_await later.wait();
        throw std::runtime_error{"oops"};
    });
    on.connect();
    on.log.clear();
    on.near.emit("throw", false);
    CHECK(on.told() == "");
    later.notify();
    const std::string ended = "error / throw: oops\ndisconnect / server namespace disconnect\n"
                              "client disconnected: io server disconnect";
    CHECK(on.told() == ended);
    CHECK(other.connected());

    client_case<Codec> again{on.world, on.io, on.log, "client"};
    const auto socket = again.watch();
    on.world.run();
    on.log.clear();
    socket.emit("throw", true);
    CHECK(on.told() == ended);
}

TYPED_CASE(a_coroutine_that_throws_after_its_sockets_end_is_reported, Codec, codecs)
{
    handler_case<Codec> on;
    gate later{on.world.home().executor()};
    on.io.on("throw", [&](basic_socket<Codec> socket) -> task<> {
        co_await later.wait();
        CHECK(socket.emit("x") == send_status::closed);
        throw std::runtime_error{"oops"};
    });
    const auto far = on.connect();
    on.near.emit("throw");
    on.world.run();
    on.act([&] { far.disconnect(); });
    later.notify();
    CHECK(on.told() == "error / throw: oops");
}

TYPED_CASE(C20_disconnect_handlers_that_throw_do_not_stop_the_others, Codec, codecs)
{
    handler_case<Codec> on;
    const auto far = on.connect();
    far.on_disconnecting([](close_reason) { throw std::runtime_error{"first"}; });
    far.on_disconnecting([&](close_reason) { on.log("disconnecting"); });
    far.on_disconnect([](close_reason) { throw std::runtime_error{"second"}; });
    far.on_disconnect([&](close_reason) { on.log("disconnect"); });
    on.near.on_disconnect([](close_reason) { throw std::runtime_error{"third"}; });
    on.near.on_disconnect([&](close_reason) { on.log("near"); });
    on.act([&] { far.disconnect(); });
    CHECK(
        on.told() ==
        "error / disconnecting: first\ndisconnecting\nerror / disconnect: second\ndisconnect\n"
        "client error disconnect: third\nnear"
    );
}

TYPED_CASE(handlers_of_the_clients_connection_that_throw_do_not_stop_the_others, Codec, codecs)
{
    handler_case<Codec> on;
    on.near.on_connect([] { throw std::runtime_error{"first"}; });
    on.near.on_connect([&] { on.log("connected"); });
    const auto nope = on.client.client.socket("/nope");
    nope.on_connect_error([](const std::string&, const boost::json::value&) {
        throw std::runtime_error{"second"};
    });
    nope.on_connect_error([&](const std::string& why, const boost::json::value&) {
        on.log("{}", why);
    });
    CHECK(
        on.told() == "client error connect: first\nconnected\nclient error connect_error: second\n"
                     "Invalid namespace"
    );
}

TYPED_CASE(a_report_that_throws_is_ignored, Codec, codecs)
{
    simulation world;
    server_options options;
    options.on_handler_error = [](const handler_error&) { throw 1; };
    basic_server<Codec> io{world.home(), options};
    io.on("x", [] { throw 2; });
    basic_client<Codec> client{world.home(), world.connect(io)};
    const auto socket = client.socket();
    world.run();
    socket.emit("x", 1);
    socket.emit("x");
    world.run();
    CHECK(!socket.connected());
}

TYPED_CASE(a_coroutine_keeps_its_arguments_and_captures, Codec, codecs)
{
    handler_case<Codec> on;
    gate later{on.world.home().executor()};
    const auto far = on.connect();
    far.on(
        "x",
        [&, prefix = std::string(100, 'p')](
            std::string text,
            binary bytes,
            any_value any,
            basic_socket<Codec> socket,
            ack<int> reply
        ) -> task<> {
            co_await later.wait();
            on.log("{} {} {}", text, as_text(bytes.bytes()), boost::json::serialize(any.json));
            on.log("{} {}", prefix.size(), socket.connected());
            reply(1);
        }
    );
    on.near.emit("x", "text", binary{"bytes"}, std::vector{1, 2}, [&](result<int> answer) {
        on.log("{}", text_of(answer));
    });
    on.world.run();
    far.off("x");
    later.notify();
    const std::string all = on.told();
    CHECK(all.ends_with("text bytes [1,2]\n100 true\n1"));
}

BOOST_AUTO_TEST_SUITE_END()
