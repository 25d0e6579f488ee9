// SPDX-License-Identifier: BSL-1.0
// features.md 4.1: what hurts users of other C++ clients, as tests of ours.
#include "hostile_support.hpp"
#include "socketio_http.hpp"
#include "support/all_ways.hpp"
#include "support/memory_dialer.hpp"

#include <cosio/msgpack.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// A server over HTTP, and one client.
template <class Codec>
struct pain_case : http_case<Codec>
{
    explicit pain_case(const transport_list& transports)
    {
        client_options options;
        options.transports = transports;
        client = std::make_unique<basic_manager<Codec>>(
            this->world.home(),
            make_http_connector(
                this->world.home(),
                server_url::parse("http://chat.example"),
                std::make_unique<memory_dialer>(network),
                options
            ),
            options
        );
        socket = client->socket();
    }

    basic_socket<Codec> connect()
    {
        this->world.run();
        REQUIRE(socket.connected());
        return this->io.main().sockets().at(0);
    }

    memory_network network{&this->world.home(), &this->http};
    std::unique_ptr<basic_manager<Codec>> client;
    basic_client_socket<Codec> socket;
};

template <class T>
std::string text_of(const result<T>& answer)
{
    return answer ? fmt::format("{}", *answer) : answer.error().message();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_pains)

TYPED_CASE(text_and_binary_are_told_apart_whatever_byte_comes_first, Codec, codecs)
{
    for (const transport_list& transports : all_ways) {
        pain_case<Codec> on{transports};
        on.io.on("echo", [](binary what, ack<binary> reply) { reply(what); });
        on.connect();
        unsigned same = 0;
        for (int first = 0; first < 256; ++first) {
            const std::vector<std::byte> bytes{static_cast<std::byte>(first), std::byte{7}};
            on.socket.emit("echo", binary{bytes}, [&, bytes](result<binary> back) {
                same += back && std::ranges::equal(back->bytes(), bytes) ? 1 : 0;
            });
        }
        on.world.run();
        CHECK(same == 256);
    }
}

TYPED_CASE(acknowledgements_end_in_time_or_with_the_connection, Codec, codecs)
{
    for (const transport_list& transports : all_ways) {
        pain_case<Codec> on{transports};
        const auto far = on.connect();
        on.socket.timeout(5s).emit("nobody answers", [&](result<int> answer) {
            on.log("{} after {} s", text_of(answer), on.world.now() / 1s);
        });
        on.world.run_for(10s);
        CHECK(on.log.take() == "operation has timed out after 5 s");
        on.socket.emit("nobody answers", [&](result<int> answer) { on.log.note(text_of(answer)); });
        on.world.run();
        on.act([&] { far.close_connection(); });
        CHECK(on.log.take() == "socket has been disconnected");
        on.world.run_for(60s);
        CHECK(on.log.take() == "");
    }
}

TYPED_CASE(an_answer_is_given_when_a_coroutine_has_it, Codec, codecs)
{
    for (const transport_list& transports : all_ways) {
        pain_case<Codec> on{transports};
        detail::wakeup decided{on.world.home().executor()};
        on.socket.on("ask", [&](int number, ack<int> reply) -> task<> {
            co_await decided.wait();
            reply(number + 1);
        });
        const auto far = on.connect();
        far.emit("ask", 41, [&](result<int> answer) { on.log.note(text_of(answer)); });
        on.world.run_for(3s);
        CHECK(on.log.take() == "");
        decided.notify();
        on.world.run();
        CHECK(on.log.take() == "42");
    }
}

BOOST_AUTO_TEST_CASE(auth_is_asked_for_at_each_CONNECT)
{
    for (const transport_list& transports : all_ways) {
        pain_case<json> on{transports};
        on.io.use([&](basic_socket<json> socket) {
            on.log.note(socket.shake().auth("token"));
            return accept();
        });
        int tokens = 0;
        on.socket.set_auth([&]() -> task<boost::json::value> {
            co_return boost::json::object{{"token", fmt::format("token {}", ++tokens)}};
        });
        on.connect();
        on.act([&] { on.io.main().sockets().at(0).close_connection(); });
        on.world.run_for(10s);
        on.act([&] {
            on.socket.disconnect();
            on.socket.connect();
        });
        CHECK(on.socket.connected());
        CHECK(on.log.take() == "token 1\ntoken 2\ntoken 3");
    }
}

BOOST_AUTO_TEST_CASE(why_a_socket_has_ended_is_told_as_a_reason_and_an_error)
{
    struct end
    {
        std::string_view reason;
        std::function<void(hostile_case&)> by;
    };

    const end ends[] = {
        {"io server disconnect", [](hostile_case& on) { on.server.say("41"); }},
        {"io client disconnect", [](hostile_case& on) { on.socket.disconnect(); }},
        {"io client disconnect", [](hostile_case& on) { on.client->close(); }},
        {"transport close: the connection was closed", [](hostile_case& on) { on.server.hang_up(); }
        },
        {"transport close", [](hostile_case& on) { on.server.say("1"); }},
        {"transport error: a server sent a masked frame",
         [](hostile_case& on) { on.server.say_raw("\x81\x81\x01\x02\x03\x04\x05"); }},
        {"ping timeout", [](hostile_case& on) { on.world.run_for(45'001ms); }},
        {"parse error: not an Engine.IO packet", [](hostile_case& on) { on.server.say("9"); }},
        {"forced close: invalid payload", [](hostile_case& on) { on.server.say("42{}"); }},
    };
    for (const end& one : ends) {
        hostile_case on{transport_kind::websocket};
        on.let_in();
        one.by(on);
        on.world.run();
        CHECK(on.said.take() == fmt::format("disconnect {}", one.reason));
    }
}

BOOST_AUTO_TEST_CASE(U15_a_proxy_that_knows_no_WebSocket_lets_polling_pass)
{
    for (const std::string_view status :
         {"400 Bad Request", "200 OK", "502 Bad Gateway", "no answer"}) {
        hostile_case on{all_ways[2]};
        on.server.greeting = {
            R"(0{"sid":"s","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000})",
            R"(40{"sid":"a"})",
            R"(42["x","down 1"])"
        };
        unsigned handshakes = 0;
        on.server.answer = [&](const http_request& request) -> std::optional<std::string> {
            if (!request.wants_websocket())
                return std::nullopt;
            ++handshakes;
            return status == "no answer" ? "" : http_answer(status, "What is an upgrade?");
        };
        on.socket.on_connect([&] { on.socket.emit("y", "up 1"); });
        on.world.run();
        CHECK(on.said.take() == "connect a\nx down 1", status);
        CHECK(handshakes == 1, status);
        // It has failed by now, or hangs.
        on.socket.emit("y", "up 2");
        CHECK(on.told(R"(42["x","down 2"])") == "x down 2", status);
        for (int pings = 0; pings < 4; ++pings) {
            on.world.run_for(20s);
            on.server.say("2");
        }
        on.socket.emit("y", "up 3");
        CHECK(on.told(R"(42["x","down 3"])") == "x down 3", status);
        std::vector<std::string> events;
        for (const std::string& packet : on.server.heard())
            if (packet.starts_with("42"))
                events.push_back(packet);
        const std::vector<std::string> all{
            R"(42["y","up 1"])", R"(42["y","up 2"])", R"(42["y","up 3"])"
        };
        CHECK(events == all, status);
        CHECK(on.socket.conn().transport_name() == "polling", status);
        CHECK(handshakes == 1, status);
        CHECK(on.server.open_connections() <= 2, status);
    }
}

BOOST_AUTO_TEST_SUITE_END()
