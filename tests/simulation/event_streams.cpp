// SPDX-License-Identifier: BSL-1.0
// features.md 5: events that are asked for, one after the other: co_await socket.next<...>("name").
#include "manager_case.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

struct stream_case : manager_case
{
    explicit stream_case(const client_options& options = over({transport_kind::websocket}))
        : client{manager(options)}
    {
        world.run();
    }

    template <class F>
    void spawn(F coroutine)
    {
        asio::co_spawn(world.home().executor(), std::move(coroutine), asio::detached);
        world.run();
    }

    /// Writes down what comes until the stream ends.
    task<> read(std::string name)
    {
        while (const auto text = co_await socket.next<std::string>(name))
            said("{} {}", name, *text);
        said("the end");
    }

    [[nodiscard]] basic_socket<json> at_the_server() { return io.main().sockets().at(0); }

    std::unique_ptr<json_manager> client;
    json_client_socket socket = client->socket();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(event_streams)

BOOST_AUTO_TEST_CASE(from_the_first_call_on_nothing_is_lost)
{
    stream_case on;
    on.world.run();
    on.io.emit("news", "before the first call");
    on.world.run();
    on.spawn([&]() -> task<> {
        auto first = on.socket.next<std::string>("news");
        const auto one = co_await std::move(first);
        on.said("first {}", one.value());
    });
    CHECK(on.said.take() == "");
    on.io.emit("news", "one");
    on.io.emit("news", "two");
    on.io.emit("other", "not asked for");
    on.io.emit("news", "three");
    on.world.run();
    CHECK(on.said.take() == "first one");
    on.spawn([&]() -> task<> { return on.read("news"); });
    CHECK(on.said.take() == "news two\nnews three");
    on.io.emit("news", "four");
    on.world.run();
    CHECK(on.said.take() == "news four");
}

BOOST_AUTO_TEST_CASE(values_as_in_the_parameters_of_a_handler)
{
    stream_case on;
    on.spawn([&]() -> task<> {
        const auto nothing = co_await on.socket.next<>("tick");
        on.said("tick {}", nothing.has_value());
        const auto several = co_await on.socket.next<int, std::string>("pair");
        on.said("pair {} {}", std::get<0>(*several), std::get<1>(*several));
        const auto rest = co_await on.socket.next<arguments>("rest");
        on.said("rest {}", rest->values.size());
        const auto question = co_await on.socket.next<int, ack<int>>("double");
        std::get<1> (*question)(2 * std::get<0>(*question));
    });
    on.io.emit("tick");
    on.world.run();
    on.io.emit("pair", 7, "seven");
    on.world.run();
    on.io.emit("rest", 1, 2, 3);
    on.world.run();
    on.act([&] {
        on.at_the_server().emit("double", 21, [&](result<int> twice) {
            on.said("twice {}", twice.value());
        });
    });
    CHECK(on.said.take() == "tick true\npair 7 seven\nrest 3\ntwice 42");
}

BOOST_AUTO_TEST_CASE(an_event_that_does_not_fit_is_reported_and_passed_over)
{
    client_options options = over({transport_kind::websocket});
    std::string reported;
    options.on_handler_error = [&](const handler_error& error) { reported = error.event; };
    stream_case on{options};
    on.spawn([&]() -> task<> { return on.read("news"); });
    on.io.emit("news", 1);
    on.io.emit("news", "text");
    on.world.run();
    CHECK(reported == "news");
    CHECK(on.said.take() == "news text");
}

BOOST_AUTO_TEST_CASE(a_wait_has_an_end_if_it_is_given_one)
{
    stream_case on;
    on.spawn([&]() -> task<> {
        const auto none = co_await on.socket.next<std::string>(5s, "news");
        on.said("{}", none.error().message());
        const auto one = co_await on.socket.next<std::string>(5s, "news");
        on.said("{}", one.value());
    });
    on.world.run_for(4s);
    CHECK(on.said.take() == "");
    on.world.run_for(2s);
    CHECK(on.said.take() == "operation has timed out");
    on.io.emit("news", "in time");
    on.world.run_for(10s);
    CHECK(on.said.take() == "in time");
}

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled)
{
    using namespace asio::experimental::awaitable_operators;
    constexpr asio::use_awaitable_t<asio::io_context::executor_type> as_awaitable;
    stream_case on;
    asio::steady_timer at_once{on.world.home().context(), asio::steady_timer::time_point::min()};
    on.spawn([&]() -> task<> {
        auto waiting = on.socket.next<std::string>("news");
        auto timer = at_once.async_wait(asio::deferred);
        const auto which =
            co_await (std::move(waiting)(as_awaitable) || std::move(timer)(as_awaitable));
        on.said("alternative {}", which.index());
    });
    CHECK(on.said.take() == "alternative 1");
    on.io.emit("news", "for the next");
    on.spawn([&]() -> task<> { return on.read("news"); });
    CHECK(on.said.take() == "news for the next");
}

BOOST_AUTO_TEST_CASE(a_wait_outlives_a_connection)
{
    stream_case on;
    on.spawn([&]() -> task<> { return on.read("news"); });
    on.act([&] { on.at_the_server().close_connection(); });
    on.world.run_for(10s);
    on.io.emit("news", "after the loss");
    on.world.run();
    CHECK(on.said.take() == "news after the loss");
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_nobody_will_connect_again)
{
    for (const std::string_view how : {"server", "client", "manager", "off", "gone"}) {
        stream_case on;
        on.spawn([&]() -> task<> { return on.read("news"); });
        on.act([&] {
            if (how == "server")
                on.at_the_server().disconnect();
            else if (how == "client")
                on.socket.disconnect();
            else if (how == "manager")
                on.client->close();
            else if (how == "off")
                on.socket.off("news");
            else
                on.client.reset();
        });
        CHECK(on.said.take() == "the end", how);
        if (how == "server" || how == "client" || how == "gone") {
            on.spawn([&]() -> task<> { return on.read("news"); });
            CHECK(on.said.take() == "the end", how);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_wait_ends_when_the_last_attempt_has_failed)
{
    client_options options = over({transport_kind::websocket});
    options.reconnection_attempts = 2;
    stream_case on{options};
    on.spawn([&]() -> task<> { return on.read("news"); });
    on.network.down = true;
    on.act([&] { on.at_the_server().close_connection(); });
    CHECK(on.said.take() == "");
    on.world.run_for(60s);
    CHECK(on.said.take() == "the end");
}

BOOST_AUTO_TEST_CASE(one_waits_at_a_time)
{
    stream_case on;
    on.spawn([&]() -> task<> { return on.read("news"); });
    on.spawn([&]() -> task<> {
        const auto second = co_await on.socket.next<std::string>("news");
        on.said("second: {}", second.error() == asio::error::already_started);
    });
    CHECK(on.said.take() == "second: true");
}

BOOST_AUTO_TEST_CASE(who_reads_slowly_holds_the_later_events_back)
{
    stream_case on;
    on.socket.on("other", [&](int number) { on.said("other {}", number); });
    on.spawn([&]() -> task<> { static_cast<void>(co_await on.socket.next<int>(0s, "number")); });
    on.world.run_for(1s);
    for (int i = 0; i < 1'000; ++i)
        on.io.emit("number", i);
    on.io.emit("other", 1);
    on.world.run();
    CHECK(on.said.take() == "");  // behind a thousand that nobody has asked for
    int next = 0;
    on.spawn([&]() -> task<> {
        while (next < 1'000) {
            const auto number = co_await on.socket.next<int>("number");
            REQUIRE(number.value() == next);
            ++next;
        }
    });
    CHECK(next == 1'000);
    CHECK(on.said.take() == "other 1");
}

BOOST_AUTO_TEST_CASE(a_server_asks_its_sockets_too)
{
    stream_case on;
    on.io.on_connection([&](basic_socket<json> socket) -> task<> {
        auto first = socket.next<std::string>("name");
        const auto name = co_await std::move(first);
        socket.emit("welcome", *name);
        while (const auto line = co_await socket.next<std::string>("line"))
            on.said("{}: {}", *name, *line);
        on.said("{} has gone", *name);
    });
    json_client_socket second = on.client->socket("/");
    on.act([&] { on.at_the_server().close_connection(); });
    on.socket.on("welcome", [&](std::string name) { on.said("welcome {}", name); });
    on.world.run_for(10s);
    on.act([&] {
        on.socket.emit("name", "Ada");
        on.socket.emit("line", "hello");
    });
    CHECK(on.said.take() == "welcome Ada");  // the line came before anybody asked for one
    on.act([&] { on.socket.emit("line", "still there"); });
    on.act([&] { on.client->close(); });
    CHECK(on.said.take() == "Ada: still there\nAda has gone");
}

BOOST_AUTO_TEST_SUITE_END()
