// SPDX-License-Identifier: BSL-1.0
// What depends on the transport below: packets that come together in one POST, and volatile packets.
#include "socketio_http.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

using strings = std::vector<std::string>;

strings records(std::string_view body)
{
    strings all;
    for (std::size_t at = 0; at <= body.size();) {
        const std::size_t end = std::min(body.find('\x1e', at), body.size());
        all.emplace_back(body.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

constexpr std::string_view connect_and_event = "40\x1e"
                                               R"(42["x"])";

/// A server that writes down in which order it does what.
template <class Codec>
void tell_order(server_case<Codec>& on)
{
    on.io.on_connection([&](basic_socket<Codec> socket) {
        on.log("connection");
        socket.emit("welcome");
        socket.on_disconnect([&](close_reason reason) { on.log("{}", to_string(reason)); });
    });
    on.io.on("x", [&](basic_socket<Codec> socket) {
        on.log("x");
        socket.emit("y");
    });
}

/// A JSON client over WebSocket in the main namespace, that takes what it got there.
struct joined_websocket : raw_websocket
{
    explicit joined_websocket(http_case<json>& on)
        : raw_websocket{on.world, on.http, websocket_target}
    {
        text("40");
        REQUIRE(take().size() == 2U);
    }
};

basic_socket<json> only_socket(http_case<json>& on)
{
    return on.io.main().sockets().at(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_transports)

BOOST_AUTO_TEST_CASE(SIO_6_SIO_16_CONNECT_and_EVENT_in_one_POST)
{
    http_case<json> on;
    on.io.use([&](basic_socket<json>) {
        on.log("middleware");
        return accept();
    });
    tell_order(on);
    polling_client<json> client{on, false};
    client.begin_poll();
    CHECK(client.post_body(connect_and_event) == "ok");
    CHECK(on.log.take() == "middleware\nconnection\nx");
    const strings heard = records(client.end_poll());
    REQUIRE(heard.size() == 3U);
    CHECK(heard[0].starts_with(R"(40{"sid":")"));
    CHECK(heard[1] == R"(42["welcome"])");
    CHECK(heard[2] == R"(42["y"])");
}

BOOST_AUTO_TEST_CASE(SIO_6_CONNECT_and_EVENT_in_one_POST_while_a_middleware_decides)
{
    http_case<json> on;
    detail::wakeup answer{on.world.home().executor()};
    on.io.use([&](basic_socket<json>) -> task<verdict> {
        on.log("asked");
        co_await answer.wait();
        co_return accept();
    });
    tell_order(on);
    polling_client<json> client{on, false};
    client.begin_poll();
    CHECK(client.post_body(connect_and_event) == "ok");
    CHECK(client.end_poll() == "1");
    answer.notify();
    on.world.run();
    CHECK(on.log.take() == "asked");
    CHECK(client.poll() == "400");
    CHECK(on.io.main().socket_count() == 0U);
}

TYPED_CASE(SIO_6_SIO_16_CONNECT_and_EVENT_in_one_turn, Codec, codecs)
{
    server_case<Codec> on;
    on.io.use([&](basic_socket<Codec>) {
        on.log("middleware");
        return accept();
    });
    tell_order(on);
    auto client = on.client();
    client.say("40").say(R"(42["x"])");
    CHECK(
        client.heard() == R"(40{"sid":"<sid>"})"
                          "\n"
                          R"(42["welcome"])"
                          "\n"
                          R"(42["y"])"
    );
    CHECK(on.log.take() == "middleware\nconnection\nx");
}

TYPED_CASE(SIO_6_CONNECT_and_EVENT_in_one_turn_while_a_middleware_decides, Codec, codecs)
{
    server_case<Codec> on;
    detail::wakeup answer{on.world.home().executor()};
    on.io.use([&](basic_socket<Codec> socket) -> task<verdict> {
        if (!socket.shake().auth("waits").empty())
            co_await answer.wait();
        co_return accept();
    });
    tell_order(on);
    auto client = on.client();
    client.say(R"(40{"waits":"yes"})").say(R"(42["x"])");
    CHECK(client.heard() == "<end>");
    answer.notify();
    on.world.run();
    CHECK(on.log.take() == "");

    // A coroutine that waits for nothing answers at once, as a function does.
    auto other = on.client();
    CHECK(other.say("40").say(R"(42["x"])").heard().ends_with(R"(42["y"])"));
    CHECK(on.log.take() == "connection\nx");
}

BOOST_AUTO_TEST_CASE(VOL_1_of_five_volatile_packets_a_waiting_GET_takes_the_first)
{
    http_case<json> on;
    polling_client<json> client{on};
    const auto socket = only_socket(on);
    client.begin_poll();
    on.act([&] {
        CHECK(socket.emit_volatile("x", 0) == send_status::sent);
        for (int i = 1; i < 5; ++i)
            CHECK(socket.emit_volatile("x", i) == send_status::dropped);
    });
    CHECK(client.end_poll() == R"(42["x",0])");
    CHECK(client.poll() == "");
    on.act([&] { on.io.main().volatile_().emit("x", 5); });
    CHECK(client.end_poll() == R"(42["x",5])");
}

BOOST_AUTO_TEST_CASE(VOL_1_without_a_waiting_GET_volatile_packets_are_dropped)
{
    http_case<json> on;
    polling_client<json> client{on};
    const auto socket = only_socket(on);
    on.act([&] {
        for (int i = 0; i < 5; ++i)
            CHECK(socket.emit_volatile("x", i) == send_status::dropped);
        on.io.main().volatile_().emit("x", 5);
    });
    CHECK(client.poll() == "");
    on.act([&] { socket.emit("y"); });
    CHECK(client.end_poll() == R"(42["y"])");
}

BOOST_AUTO_TEST_CASE(VOL_2_over_polling_a_volatile_packet_behind_another_is_dropped)
{
    http_case<json> on;
    polling_client<json> client{on};
    const auto socket = only_socket(on);
    client.begin_poll();
    on.act([&] {
        socket.emit("x");
        CHECK(socket.emit_volatile("y") == send_status::dropped);
    });
    CHECK(client.end_poll() == R"(42["x"])");
    CHECK(client.poll() == "");
    on.act([&] {
        CHECK(socket.emit_volatile("y") == send_status::sent);
        socket.emit("x");
    });
    CHECK(
        client.end_poll() == R"(42["y"])"
                             "\x1e"
                             R"(42["x"])"
    );
}

BOOST_AUTO_TEST_CASE(VOL_1_VOL_2_over_WebSocket)
{
    http_case<json> on;
    joined_websocket client{on};
    const auto socket = only_socket(on);
    on.act([&] {
        CHECK(socket.emit_volatile("x", 0) == send_status::sent);
        for (int i = 1; i < 5; ++i)
            CHECK(socket.emit_volatile("x", i) == send_status::dropped);
    });
    CHECK(client.take() == strings{R"(42["x",0])"});
    on.act([&] {
        socket.emit("x", 1);
        CHECK(socket.emit_volatile("x", 2) == send_status::dropped);
    });
    CHECK(client.take() == strings{R"(42["x",1])"});
    on.act([&] { CHECK(socket.emit_volatile("x", 3) == send_status::sent); });
    CHECK(client.take() == strings{R"(42["x",3])"});
}

BOOST_AUTO_TEST_CASE(VOL_3_over_WebSocket_all_frames_come_or_none)
{
    http_case<json> on;
    joined_websocket client{on};
    const auto socket = only_socket(on);
    const std::string part(100'000, 'p');
    const auto emit = [&](std::string_view name) {
        send_status status{};
        on.act([&] {
            status = socket.emit_volatile(name, binary{part}, binary{part}, binary{part});
        });
        return status;
    };
    const auto frames_of = [&](std::string_view name) {
        return strings{
            fmt::format(
                R"(453-["{}",{{"_placeholder":true,"num":0}},{{"_placeholder":true,"num":1}},)"
                R"({{"_placeholder":true,"num":2}}])",
                name
            ),
            "binary " + part,
            "binary " + part,
            "binary " + part
        };
    };
    // The stream takes less than one packet, and the client reads nothing: the rest waits.
    CHECK(emit("first") == send_status::sent);
    for (int i = 0; i < 5; ++i)
        CHECK(emit("never") == send_status::dropped);
    CHECK((client.take() == frames_of("first")));
    CHECK((client.take() == strings{}));
    CHECK(emit("second") == send_status::sent);
    CHECK((client.take() == frames_of("second")));

    // Behind something else that waits there is no first frame either.
    on.act([&] { socket.emit("fill", std::string(400'000, 'x')); });
    CHECK(emit("never") == send_status::dropped);
    CHECK(client.take().size() == 1U);
    CHECK((client.take() == strings{}));
}

BOOST_AUTO_TEST_CASE(VOL_3_over_polling_all_records_come_or_none)
{
    http_case<json> on;
    polling_client<json> client{on};
    const auto socket = only_socket(on);
    on.act([&] {
        CHECK(socket.emit_volatile("x", binary{"a"}, binary{"b"}) == send_status::dropped);
    });
    CHECK(client.poll() == "");
    on.act([&] {
        CHECK(socket.emit_volatile("x", binary{"a"}, binary{"b"}) == send_status::sent);
        CHECK(socket.emit_volatile("y", binary{"a"}, binary{"b"}) == send_status::dropped);
    });
    CHECK(
        client.end_poll() ==
        R"(452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])"
        "\x1e"
        "bYQ==\x1e"
        "bYg=="
    );
    CHECK(client.poll() == "");
}

BOOST_AUTO_TEST_SUITE_END()
