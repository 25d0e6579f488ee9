// SPDX-License-Identifier: BSL-1.0
// Listeners for any event, and middlewares that decide over a socket's events.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// Writes down what a listener for any event is told.
struct any_note
{
    void operator()(std::string_view event, const arguments& all) const
    {
        (*log)("{} {} {}", who, event, boost::json::serialize(all.values));
    }

    journal* log;
    std::string who;
};

/// A server whose handlers of `x` and `y` write down their argument.
template <class Codec>
struct watched_case : pair_case<Codec>
{
    watched_case()
    {
        this->io.on("x", [this](arguments all) {
            this->log("handler x {}", boost::json::serialize(all.values));
        });
        this->io.on("ask", [](std::string text, ack<std::string> reply) { reply(text + "!"); });
    }

    [[nodiscard]] any_note note(std::string who) { return {&this->log, std::move(who)}; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_interceptors)

TYPED_CASE(on_any_hears_all_events_before_their_handlers, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    static_cast<void>(far.on_any(on.note("second")));
    static_cast<void>(far.prepend_any(on.note("first")));
    on.near.emit("x", 1, "two");
    CHECK(on.told() == "first x [1,\"two\"]\nsecond x [1,\"two\"]\nhandler x [1,\"two\"]");
    on.near.emit("nobody handles it");
    CHECK(on.told() == "first nobody handles it []\nsecond nobody handles it []");
}

TYPED_CASE(off_any_takes_one_listener_away_or_all, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    const any_listener first = far.on_any(on.note("first"));
    static_cast<void>(far.on_any(on.note("second")));
    static_cast<void>(far.on_any(on.note("third")));
    far.off_any(first);
    far.off_any(first);
    on.near.emit("e");
    CHECK(on.told() == "second e []\nthird e []");
    far.off_any();
    on.near.emit("e");
    CHECK(on.told() == "");
}

TYPED_CASE(a_listener_may_take_itself_away, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    any_listener self{};
    self = far.on_any([&, far](std::string_view event, const arguments&) {
        on.log("once {}", event);
        far.off_any(self);
    });
    static_cast<void>(far.on_any(on.note("stays")));
    on.near.emit("a");
    on.near.emit("b");
    CHECK(on.told() == "once a\nstays a []\nstays b []");
}

TYPED_CASE(on_any_hears_events_with_binary_and_with_an_answer, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    static_cast<void>(far.on_any([&](std::string_view event, const arguments& all) {
        on.log("{} {} {}", event, all.values.size(), all.attachments.size());
    }));
    on.near.emit("x", binary{std::string_view{"abc"}}, 7);
    static_cast<void>(on.told());
    on.near.emit("ask", "why", [&](result<std::string> answer) { on.log("{}", text_of(answer)); });
    CHECK(on.told() == "ask 1 0\nwhy!");
}

TYPED_CASE(a_client_hears_any_event_too, Codec, codecs)
{
    watched_case<Codec> on;
    static_cast<void>(on.near.on_any(on.note("client")));
    const auto far = on.connect();
    far.emit("news", true);
    CHECK(on.told() == "client news [true]");
}

TYPED_CASE(outgoing_listeners_hear_emits_and_broadcasts_but_no_answers, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    static_cast<void>(far.on_any_outgoing(on.note("second")));
    static_cast<void>(far.prepend_any_outgoing(on.note("first")));
    on.act([&] { far.emit("direct", 1); });
    CHECK(on.told() == "first direct [1]\nsecond direct [1]");
    on.act([&] { on.io.emit("all", "a"); });
    CHECK(on.told() == "first all [\"a\"]\nsecond all [\"a\"]");
    on.act([&] { far.emit("question", [](result<void>) {}); });
    CHECK(on.told() == "first question []\nsecond question []");
    on.near.emit("ask", "why");
    CHECK(on.told() == "");
    far.off_any_outgoing();
    on.act([&] { far.emit("direct", 2); });
    CHECK(on.told() == "");
}

TYPED_CASE(an_outgoing_listener_may_emit_and_disconnect, Codec, codecs)
{
    watched_case<Codec> on;
    on.client.watch();
    const auto far = on.connect();
    on.log.clear();
    static_cast<void>(far.on_any_outgoing([&, far](std::string_view event, const arguments&) {
        on.log("out {}", event);
        if (event == "first")
            far.emit("second");
        else
            far.disconnect();
    }));
    on.act([&] { CHECK(far.emit("first") == send_status::closed); });
    CHECK(on.told() == "out first\nout second\nclient disconnected: io server disconnect");
}

TYPED_CASE(what_a_listener_throws_ends_its_socket, Codec, codecs)
{
    watched_case<Codec> on;
    on.client.watch();
    const auto far = on.connect();
    on.log.clear();
    static_cast<void>(far.on_any([](std::string_view, const arguments&) {
        throw std::runtime_error{"oops"};
    }));
    on.near.emit("x", 1);
    CHECK(on.told() == "error / x: oops\nclient disconnected: io server disconnect");
}

TYPED_CASE(middlewares_decide_in_order, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    far.use([&](std::string_view event, const arguments& all) {
        on.log("first {} {}", event, boost::json::serialize(all.values));
        return all.values.size() > 1 ? reject("too many") : accept();
    });
    far.use([&](std::string_view event, const arguments&) {
        on.log("second");
        return event == "y" ? reject("no y", boost::json::value(1)) : accept();
    });
    far.on_error([&](const verdict& why) {
        on.log("error {} {}", why.message, boost::json::serialize(why.data.value_or(nullptr)));
    });
    on.near.emit("x", 1);
    CHECK(on.told() == "first x [1]\nsecond\nhandler x [1]");
    on.near.emit("x", 1, 2);
    CHECK(on.told() == "first x [1,2]\nerror too many null");
    on.near.emit("y");
    CHECK(on.told() == "first y []\nsecond\nerror no y 1");
    CHECK(far.connected());
}

TYPED_CASE(listeners_for_any_event_hear_what_a_middleware_refuses, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    far.use([](std::string_view, const arguments&) { return reject("no"); });
    static_cast<void>(far.on_any(on.note("any")));
    on.near.emit("x", 1);
    CHECK(on.told() == "any x [1]");
}

TYPED_CASE(a_middleware_may_be_a_coroutine, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    gate open{on.world.home().executor()};
    far.use([&](std::string event, arguments all) -> task<verdict> {
        on.log("asked {} {}", event, boost::json::serialize(all.values));
        co_await open.wait();
        co_return event == "bad" ? reject("bad") : accept();
    });
    far.use([&](std::string_view event, const arguments&) {
        on.log("then {}", event);
        return accept();
    });
    far.on_error([&](const verdict& why) { on.log("error {}", why.message); });
    on.near.emit("x", "text", binary{std::string_view{"abc"}});
    CHECK(on.told() == "asked x [\"text\",{\"_placeholder\":true,\"num\":0}]");
    open.notify();
    CHECK(on.told() == "then x\nhandler x [\"text\",{\"_placeholder\":true,\"num\":0}]");
    on.near.emit("bad");
    CHECK(on.told() == "asked bad []");
    open.notify();
    CHECK(on.told() == "error bad");
}

TYPED_CASE(an_answer_finds_its_way_through_a_coroutine, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    far.use([&](std::string, arguments) -> task<verdict> { co_return accept(); });
    on.near.emit("ask", "why", [&](result<std::string> answer) { on.log("{}", text_of(answer)); });
    CHECK(on.told() == "why!");
}

TYPED_CASE(a_socket_may_end_while_a_middleware_decides, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    gate open{on.world.home().executor()};
    far.use([&](std::string, arguments) -> task<verdict> {
        co_await open.wait();
        co_return accept();
    });
    on.near.emit("x", 1);
    CHECK(on.told() == "");
    on.act([&] { far.disconnect(); });
    open.notify();
    CHECK(on.told() == "");
}

TYPED_CASE(a_middleware_that_throws_refuses, Codec, codecs)
{
    watched_case<Codec> on;
    const auto far = on.connect();
    far.on_error([&](const verdict& why) { on.log("error: {}", why.message); });
    far.use([](std::string_view event, const arguments&) {
        if (event == "now")
            throw std::runtime_error{"oops"};
        return accept();
    });
    far.use([](std::string, arguments) -> task<verdict> {
        throw std::runtime_error{"later"};
        co_return accept();
    });
    on.near.emit("now");
    CHECK(on.told() == "error / now: oops\nerror: Internal error");
    on.near.emit("x");
    CHECK(on.told() == "error / x: later\nerror: Internal error");
    CHECK(far.connected());
}

BOOST_AUTO_TEST_SUITE_END()
