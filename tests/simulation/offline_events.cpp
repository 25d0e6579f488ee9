// SPDX-License-Identifier: BSL-1.0
// features.md 2.4, 2.5, 4.1 "Queue cleared on disconnect": events without a connection, and delivery at least once.
#include "manager_case.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

/// A client whose socket may be without a connection, and a server that writes down what it hears.
struct offline_case : manager_case
{
    explicit offline_case(client_options options = {}, server_options server = {})
        : manager_case{std::move(server)}, client{manager(options)}
    {
        io.on("note", [this](std::string text) { said("server: note {}", text); });
        io.on("ask", [this](std::string text, ack<std::string> reply) {
            said("server: ask {}", text);
            if (answers)
                reply(text);
        });
        client->on_error([this](error_code, std::string_view) { ++failures; });
    }

    /// The link is cut, and there is no other until restore().
    void cut()
    {
        network.down = true;
        act([this] {
            for (const auto& one : io.main().sockets())
                one.close_connection();
        });
        REQUIRE(!socket.connected());
    }

    void restore()
    {
        network.down = false;
        world.run_for(20s);
        REQUIRE(socket.connected());
    }

    /// Emits as a handler on the shard would.
    send_status note(std::string_view text)
    {
        send_status status{};
        act([&] { status = socket.emit("note", text); });
        return status;
    }

    void ask(std::string text)
    {
        act([&] {
            socket.emit("ask", text, [this, text](result<std::string> answer) {
                said("{}: {}", text, answer ? "answered" : answer.error().message());
            });
        });
    }

    std::unique_ptr<json_manager> client;
    json_client_socket socket = client->socket();
    bool answers = true;
    int failures = 0;
};

client_options with_retries(std::uint32_t retries)
{
    client_options options = over({transport_kind::websocket});
    options.retries = retries;
    options.ack_timeout = 2s;
    return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(offline_events)

BOOST_AUTO_TEST_CASE(what_is_emitted_before_the_connection_arrives_before_what_its_handler_emits)
{
    for (const auto& transports : each_way) {
        client_options options = over(transports);
        options.auto_connect = false;
        offline_case on{options};
        on.socket.on_connect([&] { on.socket.emit("note", "from the handler"); });
        CHECK(on.note("one") == send_status::queued);
        on.ask("two");
        CHECK(on.note("three") == send_status::queued);
        on.client->open();
        on.world.run();
        CHECK(
            on.said.take() ==
            "server: note one\nserver: ask two\nserver: note three\nserver: note from the handler\n"
            "two: answered"
        );
        CHECK(on.note("four") == send_status::sent);
    }
}

BOOST_AUTO_TEST_CASE(what_is_emitted_during_an_outage_arrives_after_it)
{
    for (const auto& transports : each_way) {
        offline_case on{over(transports)};
        on.world.run();
        on.cut();
        on.note("one");
        on.ask("two");
        on.world.run_for(10s);
        CHECK(on.failures > 0);
        CHECK(on.said.take() == "");
        on.restore();
        CHECK(on.said.take() == "server: note one\nserver: ask two\ntwo: answered");
    }
}

BOOST_AUTO_TEST_CASE(EV_13_who_was_asked_before_the_loss_has_no_answer_and_who_is_asked_after_it_has
)
{
    offline_case on{over({transport_kind::websocket})};
    on.answers = false;
    on.world.run();
    on.ask("before");
    CHECK(on.said.take() == "server: ask before");
    on.answers = true;
    on.cut();
    CHECK(on.said.take() == "before: socket has been disconnected");
    on.ask("after");
    on.restore();
    CHECK(on.said.take() == "server: ask after\nafter: answered");
}

BOOST_AUTO_TEST_CASE(an_answer_is_waited_for_no_longer_offline_than_online)
{
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    options.ack_timeout = 5s;
    offline_case on{options};
    on.ask("early");
    on.note("note");
    on.world.run_for(4s);
    CHECK(on.said.take() == "");
    on.world.run_for(2s);
    CHECK(on.said.take() == "early: operation has timed out");
    CHECK(on.client->limits_reached()[limit::ack_timeout] == 1);
    on.client->open();
    on.world.run();
    CHECK(on.said.take() == "server: note note");  // nobody wants to know what was asked
}

BOOST_AUTO_TEST_CASE(VOL_a_volatile_event_without_a_connection_is_dropped)
{
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    offline_case on{options};
    send_status status{};
    on.act([&] { status = on.socket.emit_volatile("note", "lost"); });
    CHECK(status == send_status::dropped);
    on.client->open();
    on.world.run();
    CHECK(on.said.take() == "");
}

BOOST_AUTO_TEST_CASE(the_last_word_on_a_key_is_enough)
{
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    offline_case on{options};
    on.act([&] {
        on.socket.latest("EUR").emit("note", "EUR 1");
        on.socket.latest("USD").emit("note", "USD 1");
        on.socket.latest("EUR").emit("note", "EUR 2");
    });
    on.client->open();
    on.world.run();
    CHECK(on.said.take() == "server: note EUR 2\nserver: note USD 1");
}

BOOST_AUTO_TEST_CASE(max_buffered_a_full_buffer_refuses_what_is_new)
{
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    options.max_buffered_packets = 2;
    offline_case on{options};
    on.note("one");
    on.note("two");
    CHECK(on.note("three") == send_status::rejected);
    on.ask("four");
    CHECK(on.said.take() == "four: too many emits wait to be sent");
    CHECK(on.client->limits_reached()[limit::max_buffered] == 2);
    on.client->open();
    on.world.run();
    CHECK(on.said.take() == "server: note one\nserver: note two");
}

BOOST_AUTO_TEST_CASE(max_buffered_or_the_oldest_make_way)
{
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    options.max_buffered_packets = 2;
    options.offline = protocol::offline_policy::drop_oldest;
    offline_case on{options};
    on.ask("one");
    on.note("two");
    CHECK(on.note("three") == send_status::queued);
    CHECK(on.said.take() == "one: too many emits wait to be sent");
    on.client->open();
    on.world.run();
    CHECK(on.said.take() == "server: note two\nserver: note three");
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_if_that_is_what_is_wanted)
{
    client_options options = over({transport_kind::websocket});
    options.offline = protocol::offline_policy::disabled;
    offline_case on{options};
    CHECK(on.note("too early") == send_status::rejected);
    on.world.run();
    on.cut();
    on.ask("too late");
    CHECK(on.said.take() == "too late: socket has been disconnected");
    on.restore();
    CHECK(on.said.take() == "");
}

BOOST_AUTO_TEST_CASE(a_large_buffer_leaves_in_portions_that_the_link_can_hold)
{
    for (const auto& transports : each_way) {
        client_options options = over(transports);
        options.auto_connect = false;
        options.max_send_queue_bytes = 16 * 1024;
        options.max_send_queue_packets = 64;
        offline_case on{options};
        on.network.streams.capacity_bytes = 4 * 1024;
        std::string expected;
        for (int i = 0; i < 1'000; ++i) {
            const std::string text = fmt::format("{}{}", i, std::string(500, '.'));
            REQUIRE(on.note(text) == send_status::queued);
            expected += fmt::format("{}server: note {}", i == 0 ? "" : "\n", text);
        }
        on.socket.on_disconnect([&](close_reason reason) { on.said("{}", to_string(reason)); });
        on.client->open();
        on.world.run_for(10s);
        CHECK((on.said.take() == expected));
        CHECK(on.note("the last") == send_status::sent);
    }
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_fails_at_once_and_costs_no_connection)
{
    server_options small;
    small.engine.max_payload_bytes = 1'000;
    for (const auto& transports : each_way) {
        offline_case on{over(transports), small};
        const std::string huge(2'000, 'x');
        std::vector<std::string> heard;
        const auto ask_too_much = [&] {
            on.act([&] {
                on.socket.emit("ask", huge, [&](result<std::string> answer) {
                    heard.push_back(answer ? "answered" : answer.error().message());
                });
            });
        };
        on.act([&] { on.client->close(); });
        ask_too_much();  // is kept, for nobody knows
        CHECK(heard.empty());
        on.act([&] { on.client->open(); });
        const std::vector<std::string> once = {make_error_code(errc::message_too_large).message()};
        CHECK((heard == once));
        ask_too_much();
        CHECK(heard.size() == 2U);
        CHECK(on.note(huge) == send_status::rejected);
        CHECK(on.note("small") == send_status::sent);
        CHECK(on.said.take() == "server: note small");
        CHECK(on.socket.connected());
    }
}

BOOST_AUTO_TEST_CASE(a_socket_that_was_disconnected_keeps_its_events_for_the_next_connect)
{
    offline_case on{over({transport_kind::websocket})};
    on.world.run();
    on.act([&] { on.socket.disconnect(); });
    on.note("later");
    on.world.run_for(60s);
    CHECK(on.said.take() == "");
    on.act([&] { on.socket.connect(); });
    CHECK(on.said.take() == "server: note later");
}

BOOST_AUTO_TEST_CASE(I13_who_waits_is_told_when_the_manager_goes)
{
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    offline_case on{options};
    on.ask("kept");
    on.act([&] { on.client.reset(); });
    CHECK(on.said.take() == "kept: socket has been disconnected");
    on.ask("late");
    CHECK(on.said.take() == "late: " + make_error_code(errc::closed).message());
    CHECK(on.note("late") == send_status::closed);
}

BOOST_AUTO_TEST_CASE(I05_retries_until_it_is_acknowledged)
{
    offline_case on{with_retries(3)};
    on.answers = false;
    on.world.run();
    on.ask("one");
    on.ask("two");  // waits for the first: the window is 1
    CHECK(on.said.take() == "server: ask one");
    on.world.run_for(3s);
    CHECK(on.said.take() == "server: ask one");
    on.answers = true;
    on.world.run_for(3s);
    CHECK(on.said.take() == "server: ask one\none: answered\nserver: ask two\ntwo: answered");
}

BOOST_AUTO_TEST_CASE(I05_retries_end)
{
    offline_case on{with_retries(1)};
    on.answers = false;
    on.world.run();
    on.ask("one");
    on.world.run_for(10s);
    CHECK(on.said.take() == "server: ask one\nserver: ask one\none: operation has timed out");
}

BOOST_AUTO_TEST_CASE(I05_retries_go_on_after_a_loss)
{
    offline_case on{with_retries(3)};
    on.answers = false;
    on.world.run();
    on.ask("one");
    on.cut();
    on.ask("two");
    CHECK(on.said.take() == "server: ask one");
    on.answers = true;
    on.restore();
    CHECK(on.said.take() == "server: ask one\none: answered\nserver: ask two\ntwo: answered");
}

BOOST_AUTO_TEST_CASE(retries_an_event_without_a_callback_is_acknowledged_too)
{
    offline_case on{with_retries(2)};
    on.io.on("plain", [&](std::string text, ack<> reply) {
        on.said("server: plain {}", text);
        reply();
    });
    on.world.run();
    on.act([&] {
        on.socket.emit("plain", "one");
        on.socket.emit("plain", "two");
    });
    CHECK(on.said.take() == "server: plain one\nserver: plain two");
    on.world.run_for(60s);
    CHECK(on.said.take() == "");
}

BOOST_AUTO_TEST_SUITE_END()
