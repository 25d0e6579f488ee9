// SPDX-License-Identifier: BSL-1.0
// Acknowledgements in both directions, and how they end when there is no answer.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// A value of the user's that cannot be written.
struct stubborn
{};

}  // namespace

template <>
struct cosio::value_traits<stubborn>
{
    static void write(auto&, const stubborn&) { throw std::runtime_error{"no, never"}; }

    static error_code read(const auto&, stubborn&) { throw std::runtime_error{"no, never"}; }
};

namespace {

/// A server that adds, never answers `never`, and keeps the question of `later`.
template <class Codec>
struct ack_case : pair_case<Codec>
{
    explicit ack_case(server_options options = {}, client_options with = {})
        : pair_case<Codec>{std::move(options), std::move(with)}
    {
        this->io.on("add", [](int a, int b, ack<int> reply) { reply(a + b); });
        this->io.on("later", [this](arguments, ack<int> reply) { kept.emplace(std::move(reply)); });
        this->io.on("never", [](arguments, ack<int>) {});
        this->io.on("noreply", [](arguments) {});
        this->io.on("two", [](ack<int, std::string> reply) { reply(1, "b"); });
        this->io.on("none", [](ack<> reply) { reply(); });
        this->near.on("add", [](int a, int b, ack<int> reply) { reply(a + b); });
        this->near.on("never", [](arguments, ack<int>) {});
    }

    auto note(std::string name)
    {
        return
            [this, name](const result<int>& answer) { this->log("{}: {}", name, text_of(answer)); };
    }

    /// A coroutine that is no handler: what a program does on its own.
    template <class Socket>
    task<> ask(Socket socket, std::string name, duration limit)
    {
        const result<int> answer = co_await socket.template emit_with_ack<int>(limit, name, 1, 2);
        this->log("{}: {}", name, text_of(answer));
    }

    template <class Socket, class Value>
    task<> ask(Socket socket, std::string name, duration limit, Value value)
    {
        const result<int> answer = co_await socket.template emit_with_ack<int>(limit, name, value);
        this->log("{}: {}", name, text_of(answer));
    }

    std::optional<ack<int>> kept;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_acks)

TYPED_CASE(a_callback_gets_the_answer_in_both_directions, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.near.emit("add", 1, 2, on.note("near"));
    far.emit("add", 3, 4, on.note("far"));
    CHECK(on.told() == "near: 3\nfar: 7");
}

TYPED_CASE(answers_of_none_one_and_several_values, Codec, codecs)
{
    ack_case<Codec> on;
    on.connect();
    on.near.emit("none", [&](result<void> answer) { on.log("none {}", text_of(answer)); });
    on.near.emit("two", [&](result<std::tuple<int, std::string>> answer) {
        on.log("two {} {}", std::get<0>(*answer), std::get<1>(*answer));
    });
    on.near.emit("two", [&](result<arguments> answer) {
        on.log("all {}", boost::json::serialize(answer->values));
    });
    on.near.emit("two", [&](result<int> answer) { on.log("one {}", text_of(answer)); });
    CHECK(
        on.told() == "none ok\ntwo 1 b\nall [1,\"b\"]\n"
                     "one the handler takes another number of arguments"
    );
}

TYPED_CASE(a_coroutine_that_is_no_handler_awaits_the_answer, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.spawn(on.ask(on.near, "add", 5s));
    CHECK(on.told() == "add: 3");
    on.spawn(on.ask(far, "add", 5s));
    CHECK(on.told() == "add: 3");
}

TYPED_CASE(emit_with_ack_takes_any_completion_token, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.act([&] { far.template emit_with_ack<int>(5s, "add", 1, 2)(on.note("token")); });
    CHECK(on.told() == "token: 3");
    // From another thread too.
    far.template emit_with_ack<int>(5s, "add", 3, 4)(on.note("token"));
    CHECK(on.told() == "token: 7");
}

TYPED_CASE(EV_12_a_timeout_is_an_answer, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.spawn(on.ask(on.near, "never", 5s));
    on.spawn(on.ask(on.near, "noreply", 7s));
    on.spawn(on.ask(far, "never", 10s));
    on.world.run_for(5s - 1ns);
    CHECK(on.told() == "");
    on.world.run_for(1ns);
    CHECK(on.told() == "never: operation has timed out");
    on.world.run_for(10s);
    CHECK(on.told() == "noreply: operation has timed out\nnever: operation has timed out");
}

TYPED_CASE(a_late_answer_is_ignored, Codec, codecs)
{
    ack_case<Codec> on;
    on.connect();
    on.act([&] { on.near.template emit_with_ack<int>(5s, "later")(on.note("later")); });
    on.world.run_for(6s);
    CHECK(on.told() == "later: operation has timed out");
    on.act([&] { (*on.kept)(1); });
    CHECK(on.told() == "");
}

TYPED_CASE(an_answer_may_come_from_a_later_turn_and_from_another_thread, Codec, codecs)
{
    ack_case<Codec> on;
    on.connect();
    on.near.emit("later", on.note("later"));
    CHECK(on.told() == "");
    CHECK(on.kept->wanted());
    (*on.kept)(7);
    CHECK(!on.kept->wanted());
    CHECK(on.told() == "later: 7");
}

TYPED_CASE(EV_13_a_disconnect_completes_what_waits_exactly_once_on_both_sides, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.near.emit("never", on.note("near"));
    far.emit("never", on.note("far"));
    on.spawn(on.ask(on.near, "later", 1h));
    on.log.clear();
    on.act([&] { far.disconnect(); });
    CHECK(
        on.told() == "far: socket has been disconnected\nnear: socket has been disconnected\n"
                     "later: socket has been disconnected"
    );
    on.world.run_for(2h);
    CHECK(on.told() == "");
}

TYPED_CASE(emitting_on_a_closed_socket_answers_closed_at_once, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.act([&] { far.disconnect(); });
    on.act([&] {
        CHECK(far.emit("add", 1, 2, on.note("far")) == send_status::closed);
        CHECK(on.near.emit("add", 1, 2, on.note("near")) == send_status::closed);
    });
    CHECK(on.told() == "far: the connection is closed\nnear: the connection is closed");
    on.spawn(on.ask(far, "add", 5s));
    CHECK(on.told() == "add: the connection is closed");
}

TYPED_CASE(what_cannot_be_encoded_fails_its_answer, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    on.act([&] {
        CHECK(far.emit("add", std::string{"\xff"}, on.note("bad text")) == send_status::rejected);
        CHECK(far.emit("connect", on.note("reserved")) == send_status::rejected);
    });
    const std::string all = on.told();
    CHECK(all.starts_with("bad text: a value cannot be encoded"));
    CHECK(all.ends_with("reserved: a reserved event name"));
    on.act([&] { far.emit("add", 1, 2, on.note("next")); });
    CHECK(on.told() == "next: 3");
}

TYPED_CASE(R10_no_more_than_max_pending_acks_wait, Codec, codecs)
{
    server_options options;
    options.max_pending_acks = 2;
    ack_case<Codec> on{options};
    const auto far = on.connect();
    on.act([&] {
        CHECK(far.emit("never", on.note("1")) == send_status::sent);
        CHECK(far.emit("add", 1, 1, on.note("2")) == send_status::sent);
        CHECK(far.emit("add", 1, 2, on.note("3")) == send_status::rejected);
    });
    CHECK(on.told() == "3: too many emits already wait for an acknowledgement\n2: 2");
    on.act([&] { CHECK(far.emit("add", 1, 3, on.note("4")) == send_status::sent); });
    CHECK(on.told() == "4: 4");
}

TYPED_CASE(C20_a_callback_that_throws_ends_its_socket_only, Codec, codecs)
{
    ack_case<Codec> on;
    on.watch();
    on.client.watch();
    static_cast<void>(on.io.of("/other"));
    const auto other = on.client.client.socket("/other");
    on.connect();
    on.log.clear();
    on.near.emit("add", 1, 2, [](result<int>) { throw std::runtime_error{"oops"}; });
    CHECK(
        on.told() ==
        "client error acknowledgement: oops\nclient disconnected: io client disconnect\n"
        "disconnect / client namespace disconnect"
    );
    CHECK(other.connected());
}

TYPED_CASE(a_callback_may_emit_and_disconnect, Codec, codecs)
{
    ack_case<Codec> on;
    on.client.watch();
    on.connect();
    on.log.clear();
    on.near.emit("add", 1, 2, [&](result<int> answer) {
        on.near.emit("add", *answer, 10, [&](result<int> second) {
            on.log("{}", text_of(second));
            on.near.disconnect();
        });
    });
    CHECK(on.told() == "13\nclient disconnected: io client disconnect");
}

TYPED_CASE(views_that_are_emitted_from_another_thread_are_kept, Codec, codecs)
{
    ack_case<Codec> on;
    on.io.on("text", [](std::string a, std::string b, std::vector<int> c, ack<std::string> reply) {
        reply(a + b + std::to_string(c.at(1)));
    });
    on.connect();
    {
        const std::string text(100, 'x');
        const std::vector<int> numbers{1, 2};
        const auto note = [&](result<std::string> answer) { on.log("{}", answer->size()); };
        on.near.emit("text", std::string_view{text}, text.c_str(), std::span{numbers}, note);
        on.near.template emit_with_ack<
            std::string>(5s, "text", std::string_view{text}, text.c_str(), std::span{numbers})(note
        );
    }
    CHECK(on.told() == "201\n201");
}

TYPED_CASE(who_waits_for_an_answer_is_told_that_a_value_threw, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    const std::string why = error_code{errc::not_encodable}.message();
    on.spawn(on.ask(far, "add", 5s, stubborn{}));
    CHECK(on.told() == "add: " + why);
    on.spawn(on.ask(on.near, "add", 5s, stubborn{}));
    CHECK(on.told() == "add: " + why);
    // From another thread nobody is called: it is reported.
    far.template emit_with_ack<int>(5s, "add", stubborn{})(on.note("token"));
    CHECK(on.told() == "error / add: no, never\ntoken: " + why);
    far.emit("add", stubborn{}, on.note("callback"));
    CHECK(on.told() == "error / add: no, never\ncallback: " + why);
    far.emit("add", 1, 2, on.note("next"));
    CHECK(on.told() == "next: 3");
}

TYPED_CASE(who_emits_a_value_that_throws_hears_that_and_no_answer, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    for (int i = 0; i < 2; ++i)
        on.act([&] {
            try {
                if (i == 0)
                    far.emit("add", stubborn{}, on.note("far"));
                else
                    on.near.emit("add", stubborn{}, on.note("near"));
            } catch (const std::runtime_error& thrown) {
                on.log("thrown: {}", thrown.what());
            }
        });
    on.world.run_for(1min);
    CHECK(on.told() == "thrown: no, never\nthrown: no, never");
}

TYPED_CASE(who_waits_for_an_answer_is_told_that_reading_it_threw, Codec, codecs)
{
    ack_case<Codec> on;
    on.connect();
    const auto note = [&](const result<stubborn>& answer) {
        on.log("{}", answer.error().message());
    };
    on.near.emit("add", 1, 2, note);
    CHECK(on.told() == error_code{errc::handler_failed}.message());
    on.near.template emit_with_ack<stubborn>(5s, "add", 1, 2)(note);
    CHECK(on.told() == error_code{errc::handler_failed}.message());
    on.near.emit("add", 1, 2, on.note("next"));
    CHECK(on.told() == "next: 3");
}

TYPED_CASE(R09_thousands_of_unanswered_questions_leave_nothing_behind, Codec, codecs)
{
    ack_case<Codec> on;
    const auto far = on.connect();
    const int count = static_cast<int>(on.io.options().max_pending_acks);
    for (int round = 0; round < 3; ++round) {
        int timeouts = 0;
        on.act([&] {
            for (int i = 0; i < count; ++i)
                far.emit("never", [&](result<int> answer) { timeouts += !answer; });
        });
        on.world.run_for(30s - 1ns);
        CHECK(timeouts == 0);
        on.world.run_for(1ns);
        CHECK(timeouts == count);
    }
    far.emit("add", 1, 2, on.note("next"));
    CHECK(on.told() == "next: 3");
}

BOOST_AUTO_TEST_SUITE_END()
