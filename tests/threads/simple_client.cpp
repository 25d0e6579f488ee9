// SPDX-License-Identifier: BSL-1.0
// features.md 1.9: the blocking client.
#include "server_thread.hpp"

#include <cosio/transports/simple_client.hpp>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(simple_client)

BOOST_AUTO_TEST_CASE(it_asks_and_is_answered)
{
    server_thread server;
    json_simple_client client;
    CHECK(!client.connected());
    CHECK(client.id() == "");
    CHECK(client.connect(server.url()) == error_code{});
    CHECK(client.connected());
    CHECK(client.id().size() == 20);
    CHECK(client.call<int>(10s, "sum", 1, 2).value() == 3);
    CHECK(client.call<int>(0s, "nobody answers").error() == errc::timeout);
}

BOOST_AUTO_TEST_CASE(it_receives_events_of_one_name_or_of_any)
{
    server_thread server;
    json_simple_client client;
    REQUIRE(client.connect(server.url()) == error_code{});
    CHECK(client.emit("echo", "one", 1) == error_code{});
    const auto first = client.receive(10s);
    REQUIRE(first.has_value());
    CHECK(first->name == "echo");
    CHECK(first->all.values.size() == 2);
    CHECK(client.receive<std::string>(0s, "echo").error() == errc::timeout);
    CHECK(client.emit("echo", "two") == error_code{});
    CHECK(client.receive<std::string>(10s, "echo").value() == "two");
    CHECK(client.receive(0s).value().all.values.at(0) == "two");
    CHECK(client.receive(0s).error() == errc::timeout);
}

BOOST_AUTO_TEST_CASE(it_says_why_it_could_not_connect)
{
    server_thread server;
    json_simple_client client;
    CHECK(client.connect(server.url("/refuses")) == errc::connect_refused);
    CHECK(client.last_error() == "not today");
    CHECK(client.connect(server.url("/unknown")) == errc::connect_refused);
    CHECK(client.last_error() == "Invalid namespace");
    server.stop();
    server_thread other;
    json_simple_client late;
    const std::uint16_t free_port = [] { return server_thread{}.port(); }();
    CHECK(
        late.connect(fmt::format("http://127.0.0.1:{}", free_port)) ==
        boost::system::errc::connection_refused
    );
    CHECK(late.last_error() != "");
    CHECK(late.emit("echo") == errc::disconnected);
    CHECK(late.call<int>(1s, "sum", 1, 2).error() == errc::disconnected);
    CHECK(late.receive(1s).error() == errc::disconnected);
    BOOST_CHECK_THROW(static_cast<void>(late.connect("ftp://nowhere")), std::invalid_argument);
    CHECK(late.connect(other.url()) == error_code{});
}

BOOST_AUTO_TEST_CASE(it_comes_back_to_a_server_that_was_started_again)
{
    auto server = std::make_unique<server_thread>();
    const std::uint16_t port = server->port();
    client_options options;
    options.reconnection_delay = 10ms;
    options.retries = 3;  // it learns of the loss by its question
    json_simple_client client{options};
    REQUIRE(client.connect(server->url()) == error_code{});
    server.reset();
    server = std::make_unique<server_thread>(port);
    CHECK(client.call<int>(20s, "sum", 20, 22).value() == 42);
    client.disconnect();
    CHECK(!client.connected());
    std::size_t left = 0;
    do
        server->on_server([&](json_server& io) { left = io.clients_count(); });
    while (left != 0);
}

BOOST_AUTO_TEST_CASE(whom_the_server_disconnects_is_told)
{
    server_thread server;
    json_simple_client client;
    REQUIRE(client.connect(server.url()) == error_code{});
    server.on_server([](json_server& io) {
        io.on("leave", [](json_socket socket) { socket.disconnect(); });
    });
    CHECK(client.emit("leave") == error_code{});
    CHECK(client.receive(10s).error() == errc::disconnected);
    CHECK(client.receive<std::string>(10s, "echo").error() == errc::disconnected);
}

BOOST_AUTO_TEST_SUITE_END()
