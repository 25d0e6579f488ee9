// SPDX-License-Identifier: BSL-1.0
// How sockets, clients and servers end, and what their handles do afterwards.
#include "facade_support.hpp"

#include <thread>

using namespace cosio;
using namespace cosio::test;

namespace {

/// A pair in the main namespace and in /b, both of which say how they end.
template <class Codec>
struct ending_case : pair_case<Codec>
{
    explicit ending_case(server_options options = {}) : pair_case<Codec>{std::move(options)}
    {
        this->watch();
        this->watch("/b");
        this->client.watch();
        b = this->client.watch("/b");
        far = this->connect();
        far_b = this->io.of("/b").sockets().at(0);
        this->log.clear();
    }

    basic_client_socket<Codec> b;
    basic_socket<Codec> far;
    basic_socket<Codec> far_b;
};

template <class Socket>
void check_is_closed(const Socket& socket)
{
    int answers = 0;
    const auto count = [&](result<int> answer) {
        CHECK(answer.error() == errc::closed);
        ++answers;
    };
    CHECK(!socket.connected());
    CHECK(socket.emit("x", 1) == send_status::closed);
    CHECK(socket.emit_volatile("x", 1) == send_status::closed);
    CHECK(socket.emit("x", 1, count) == send_status::closed);
    CHECK(answers == 1);
    CHECK(socket.id().size() == 20U);
    socket.on("x", [] {}).once("x", [] {}).off("x").on_disconnect([](close_reason) {});
    socket.disconnect();
    socket.disconnect(true);
    socket.close_connection();
}

template <class Codec>
void check_is_closed_on_server(const basic_socket<Codec>& socket)
{
    check_is_closed(socket);
    CHECK(socket.join("room") == errc::closed);
    socket.leave("room");
    CHECK(socket.rooms().empty());
    CHECK(socket.transport_name() == "");
    CHECK(socket.nsp_name() == "/");
    CHECK(socket.shake().address() == "loopback");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_lifetime)

TYPED_CASE(the_server_disconnects_a_socket, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] { on.far.disconnect(); });
    CHECK(
        on.told() ==
        "disconnect / server namespace disconnect\nclient disconnected: io server disconnect"
    );
    CHECK(on.b.connected());
    CHECK(on.client.client.is_open());
}

TYPED_CASE(the_client_disconnects_a_socket, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] { on.near.disconnect(); });
    CHECK(
        on.told() ==
        "client disconnected: io client disconnect\ndisconnect / client namespace disconnect"
    );
    CHECK(on.b.connected());
}

TYPED_CASE(the_server_disconnects_and_closes_the_connection, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] { on.far_b.disconnect(true); });
    CHECK(
        on.told() ==
        "disconnect / server namespace disconnect\ndisconnect /b server namespace disconnect\n"
        "client disconnected: io server disconnect\nclient/b disconnected: io server disconnect"
    );
    CHECK(!on.client.client.is_open());
}

TYPED_CASE(the_client_disconnects_and_closes_the_connection, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] { on.b.disconnect(true); });
    CHECK(
        on.told() ==
        "client disconnected: io client disconnect\nclient/b disconnected: io client disconnect\n"
        "disconnect / client namespace disconnect\ndisconnect /b client namespace disconnect"
    );
    CHECK(!on.client.client.is_open());
}

TYPED_CASE(the_server_closes_the_connection, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] {
        on.far.emit("last words");
        on.far.close_connection();
    });
    on.near.on("last words", [&] { on.log("never: the handler came too late"); });
    CHECK(
        on.told() == "disconnect / forced close\ndisconnect /b forced close\n"
                     "client disconnected: transport close\nclient/b disconnected: transport close"
    );
}

TYPED_CASE(CL_2_what_is_queued_is_sent_before_the_end, Codec, codecs)
{
    ending_case<Codec> on;
    on.near.on("last", [&](std::string text) { on.log("{}", text); });
    on.act([&] {
        on.far.emit("last", "words");
        on.far.disconnect(true);
    });
    CHECK(on.told().find("\nwords\n") != std::string::npos);
}

TYPED_CASE(the_client_closes, Codec, codecs)
{
    ending_case<Codec> on;
    on.client.client.close();
    CHECK(
        on.told() ==
        "client disconnected: io client disconnect\nclient/b disconnected: io client disconnect\n"
        "disconnect / transport close\ndisconnect /b transport close"
    );
}

TYPED_CASE(the_client_is_destroyed, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    far.on_disconnect([&](close_reason reason) { on.log("server: {}", to_string(reason)); });
    on.near.on_disconnect([&](close_reason reason) { on.log("client: {}", to_string(reason)); });
    on.near.emit("x", [&](result<int> answer) { on.log("answer: {}", text_of(answer)); });
    on.world.run();
    on.client.reset();
    CHECK(on.told() == "answer: socket has been disconnected\nserver: transport close");
    check_is_closed(on.near);
}

TYPED_CASE(CL_3_the_server_closes, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] { on.io.close(); });
    CHECK(
        on.told() == "disconnect / server shutting down\ndisconnect /b server shutting down\n"
                     "client disconnected: transport close\nclient/b disconnected: transport close"
    );
    on.io.close();
    on.io.emit("x");
    CHECK(on.told() == "");
}

TYPED_CASE(CL_3_a_closed_server_takes_no_new_connections, Codec, codecs)
{
    ending_case<Codec> on;
    on.io.close();
    on.world.run();
    on.log.clear();
    client_case<Codec> late{on.world, on.io, on.log, "late"};
    const auto socket = late.watch();
    on.world.run_for(1min);
    CHECK(on.told() == "");
    CHECK(!late.client.is_open());
    CHECK(!socket.connected());
}

TYPED_CASE(handles_that_outlive_their_socket_answer_closed, Codec, codecs)
{
    ending_case<Codec> on;
    on.act([&] { on.far.disconnect(); });
    on.log.clear();
    on.act([&] { check_is_closed_on_server(on.far); });
    on.act([&] { check_is_closed(on.near); });
    on.far.to("room").emit("x");
    on.far.broadcast().emit("x");
    check_is_closed_on_server(on.far);  // as from another thread
    check_is_closed(on.near);
    CHECK(on.told() == "");
    CHECK(!basic_socket<Codec>{}.connected());
}

TYPED_CASE(handles_that_outlive_their_server_answer_closed, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    on.io.reset();
    check_is_closed_on_server(far);
    far.to("room").emit("x");
    far.broadcast().emit("x");
    on.world.run();
    check_is_closed(on.near);
}

TYPED_CASE(handles_that_outlive_world_server_and_client_answer_closed, Codec, codecs)
{
    basic_socket<Codec> far;
    basic_client_socket<Codec> near;
    {
        doomed_case<Codec> on;
        far = on.connect();
        near = on.near;
    }
    check_is_closed_on_server(far);
    check_is_closed(near);
}

TYPED_CASE(EV_13_a_destroyed_server_completes_what_waits_exactly_once, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    far.on_disconnect([&](close_reason) { on.log("what it captured may be gone"); });
    far.emit("x", [&](result<int> answer) { on.log("callback: {}", text_of(answer)); });
    far.template emit_with_ack<int>(5s, "x")([&](result<int> answer) {
        on.log("token: {}", text_of(answer));
    });
    on.io->on("ask", [&, name = std::string(50, 'h')](basic_socket<Codec> socket) -> task<> {
        const result<int> answer = co_await socket.template emit_with_ack<int>(5s, "x");
        on.log("handler {}: {}", name.size(), text_of(answer));
        check_is_closed_on_server(socket);
        throw std::runtime_error{"nobody is told any more"};
    });
    on.near.emit("ask");
    on.world.run();
    on.log.clear();
    on.io.reset();
    const std::string all = on.told();
    const std::string why = "socket has been disconnected";
    CHECK(all == "callback: " + why + "\ntoken: " + why + "\nhandler 50: " + why);
}

TYPED_CASE(a_connection_handler_that_outlives_its_server_keeps_its_captures, Codec, codecs)
{
    doomed_case<Codec> on;
    on.io->on_connection([&, name = std::string(50, 'h')](basic_socket<Codec> socket) -> task<> {
        const result<int> answer = co_await socket.template emit_with_ack<int>(5s, "x");
        on.log("{}: {}", name, text_of(answer));
    });
    on.connect();
    on.log.clear();
    on.io.reset();
    CHECK(on.told() == std::string(50, 'h') + ": socket has been disconnected");
}

TYPED_CASE(a_middleware_that_outlives_its_server_decides_nothing, Codec, codecs)
{
    doomed_case<Codec> on;
    gate later{on.world.home().executor()};
    on.io->of("/b").use([&, name = std::string(50, 'h')](basic_socket<Codec>) -> task<verdict> {
        co_await later.wait();
        on.log("{}", name.size());
        throw std::runtime_error{"nobody is told any more"};
    });
    on.connect();
    static_cast<void>(on.client->client.socket("/b"));
    on.world.run();
    on.io.reset();
    later.notify();
    CHECK(on.told() == "50");
}

TYPED_CASE(calls_from_another_thread_happen_when_the_world_runs, Codec, codecs)
{
    ending_case<Codec> on;
    on.near.on("x", [&](std::string text) { on.log("{}", text); });
    std::thread{[&] {
        CHECK(on.far.emit("x", "socket") == send_status::queued);
        on.far.join("room");
        on.io.emit("x", "all");
        on.io.to("room").emit("x", "room");
        on.far.to("room").emit("x", "never");
        on.far.emit("ask", 1, [&](result<int> answer) { on.log("answer: {}", text_of(answer)); });
        on.far.leave("room");
        on.io.to("room").emit("x", "never");
    }}.join();
    on.near.on("ask", [](int n, ack<int> reply) { reply(n); });
    CHECK(on.log.take() == "");
    CHECK(on.told() == "socket\nall\nroom\nanswer: 1");

    std::thread{[&] {
        on.far.disconnect();
        on.far_b.close_connection();
    }}.join();
    CHECK(on.far.connected());
    CHECK(
        on.told() ==
        "disconnect / server namespace disconnect\ndisconnect /b forced close\n"
        "client disconnected: io server disconnect\nclient/b disconnected: transport close"
    );
}

TYPED_CASE(what_another_thread_asked_for_too_late_does_nothing, Codec, codecs)
{
    doomed_case<Codec> on;
    const auto far = on.connect();
    int answers = 0;
    std::thread{[&] {
        far.emit("x");
        far.join("room");
        far.emit("x", [&](result<int> answer) { answers += answer.error() == errc::closed; });
        on.io->emit("x");
        on.io->to("room").emit("x");
        far.to("room").emit("x");
        far.disconnect(true);
        on.near.emit("x", [&](result<int> answer) { answers += answer.error() == errc::closed; });
        on.near.disconnect();
    }}.join();
    on.client.reset();
    on.io.reset();
    on.world.run();
    CHECK(answers == 2);
}

TYPED_CASE(a_disconnect_handler_is_told_what_happened, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.on_disconnecting([&](close_reason reason, error_code why) {
            on.log("disconnecting: {}, {}", to_string(reason), why ? why.message() : "");
        });
        socket.on_disconnect([&](close_reason reason, error_code why) {
            on.log("{}, {}", to_string(reason), why ? why.message() : "");
        });
        socket.on_disconnect([&](close_reason reason) { on.log("{}", to_string(reason)); });
    });
    const auto told = [&](std::string_view reason, std::string_view why) {
        return fmt::format("disconnecting: {0}, {1}\n{0}, {1}\n{0}", reason, why);
    };
    auto rude = on.joined();
    CHECK(rude.say("42[]").heard() == "<end>");
    CHECK(on.log.take() == told("forced close", "invalid payload"));
    auto lost = on.joined();
    lost.peer().cut();
    on.world.run();
    CHECK(on.log.take() == told("transport close", "the connection was closed"));
    auto polite = on.joined();
    CHECK(polite.say("41").heard() == "");
    CHECK(on.log.take() == told("client namespace disconnect", ""));
    auto silent = on.joined();
    on.world.run_for(46s);
    CHECK(on.log.take() == told("ping timeout", ""));
}

BOOST_AUTO_TEST_SUITE_END()
