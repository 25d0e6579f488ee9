// SPDX-License-Identifier: BSL-1.0
// features.md 2.4: what the options of a client do to its requests and its choice of transports.
#include "manager_case.hpp"

#include <cosio/transports/loopback.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// Says over which transport each connection begins.
void say_transports(manager_case& on)
{
    on.io.on_connection([&on](basic_socket<json> socket) {
        on.said("connection over {}", socket.shake().query("transport").value_or("?"));
    });
}

void lose_all(manager_case& on)
{
    on.act([&on] {
        for (const auto& one : on.io.main().sockets())
            one.close_connection();
    });
    on.world.run_for(10s);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manager_options)

BOOST_AUTO_TEST_CASE(extra_headers_and_a_query_go_with_every_handshake)
{
    for (const auto& transports : each_way) {
        manager_case on;
        on.io.on_connection([&on](basic_socket<json> socket) {
            const handshake& shake = socket.shake();
            on.said(
                "{} {} {}",
                shake.headers().find("x-token").value_or("?"),
                shake.query("room").value_or("?"),
                shake.query("t").has_value()
            );
        });
        client_options options = over(transports);
        options.extra_headers = {{"X-Token", "secret"}};
        options.query = {{"room", "blue & green"}};
        const auto client = on.manager(options);
        const json_client_socket socket = client->socket();
        on.world.run();
        const bool polls = transports.front() == transport_kind::polling;
        CHECK(on.said.take() == fmt::format("secret blue & green {}", polls));
    }
}

BOOST_AUTO_TEST_CASE(cookies_are_kept_and_sent_back_if_so_asked)
{
    for (const bool with_credentials : {false, true}) {
        server_options server;
        server.engine.cookie.emplace();
        manager_case on{server};
        on.io.on_connection([&on](basic_socket<json> socket) {
            const auto cookie = socket.shake().headers().find("cookie");
            on.said("{}", cookie ? cookie->substr(0, 3) : "none");
        });
        client_options options = over({transport_kind::polling});
        options.with_credentials = with_credentials;
        const auto client = on.manager(options);
        const json_client_socket socket = client->socket();
        on.world.run();
        lose_all(on);
        CHECK(on.said.take() == (with_credentials ? "none\nio=" : "none\nnone"));
    }
}

BOOST_AUTO_TEST_CASE(tryAllTransports_the_next_one_is_tried_when_the_first_fails)
{
    for (const bool all : {false, true}) {
        server_options server;
        server.engine.allow_websocket = false;
        manager_case on{server};
        say_transports(on);
        client_options options = over({transport_kind::websocket, transport_kind::polling});
        options.try_all_transports = all;
        options.reconnection = false;
        const auto client = on.manager(options);
        client->on_error([&](error_code, std::string_view) { on.said("error"); });
        const json_client_socket socket = client->socket();
        on.world.run();
        CHECK(on.said.take() == (all ? "connection over polling" : "error"));
    }
}

BOOST_AUTO_TEST_CASE(rememberUpgrade_the_next_connection_begins_with_websocket)
{
    for (const bool remember : {false, true}) {
        manager_case on;
        say_transports(on);
        client_options options;
        options.remember_upgrade = remember;
        const auto client = on.manager(options);
        const json_client_socket socket = client->socket();
        on.world.run_for(1s);
        CHECK(socket.conn().transport_name() == "websocket");
        lose_all(on);
        CHECK(
            on.said.take() == (remember ? "connection over polling\nconnection over websocket"
                                        : "connection over polling\nconnection over polling")
        );
    }
}

BOOST_AUTO_TEST_CASE(the_transports_may_be_others_from_the_next_connection_on)
{
    manager_case on;
    say_transports(on);
    const auto client = on.manager(over({transport_kind::websocket}));
    const json_client_socket socket = client->socket();
    on.world.run();
    client->set_transports({transport_kind::polling});
    on.world.run_for(10s);
    CHECK(socket.conn().transport_name() == "websocket");
    lose_all(on);
    CHECK(socket.conn().transport_name() == "polling");
    CHECK(on.said.take() == "connection over websocket\nconnection over polling");
    BOOST_CHECK_THROW(client->set_transports({}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_connector_of_ones_own)
{
    manager_case on;
    json_manager client{
        on.world.home(),
        make_loopback_connector(on.world.home(), on.io.engine()),
        over({transport_kind::loopback})
    };
    json_client_socket socket = client.socket();
    listen(on, socket);
    on.world.run();
    on.act([&] { socket.emit("x", "without a network"); });
    CHECK(on.said.take() == "connect\ny without a network");
    lose_all(on);
    CHECK(on.said.take() == "disconnect transport close\nconnect");
}

BOOST_AUTO_TEST_SUITE_END()
