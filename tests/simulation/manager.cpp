// SPDX-License-Identifier: BSL-1.0
// features.md 1.9, 2.4, 2.5: a client that connects over HTTP, and comes back.
#include "manager_case.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(manager)

BOOST_AUTO_TEST_CASE(events_and_answers_over_each_transport)
{
    for (const auto& transports : each_way) {
        manager_case on;
        const auto client = on.manager(over(transports));
        json_client_socket socket = client->socket();
        listen(on, socket);
        on.world.run();
        CHECK(on.said.take() == "connect");
        CHECK(client->is_open());
        socket.emit("x", "hello");
        socket.emit("sum", 2, 3, [&](result<int> sum) { on.said("sum {}", sum.value()); });
        on.world.run();
        CHECK(on.said.take() == "y hello\nsum 5");
        CHECK(socket.conn().transport_name() == engine::to_string(transports.front()));
        for (int i = 0; i < 10; ++i)
            on.world.run_for(25s);
        CHECK(socket.connected());
        CHECK(on.log.take() == "connection /");
    }
}

namespace {

/// A link over long-polling that has read its OPEN packet and polls again.
struct polling_case : manager_case
{
    polling_case()
    {
        link_request request;
        request.kind = transport_kind::polling;
        opening = dialing->connect(request, [this](connector::outcome outcome) {
            if (outcome)
                link = std::move(*outcome);
        });
        world.run();
        REQUIRE(link != nullptr);
        REQUIRE(link->try_receive(packet));
        CHECK(!link->try_receive(packet));
    }

    std::unique_ptr<connector> dialing = network_of({});
    std::unique_ptr<attempt> opening;
    std::unique_ptr<transport> link;
    engine::packet_view packet;
};

}  // namespace

BOOST_AUTO_TEST_CASE(I04_a_link_whose_POST_has_failed_is_not_paused_but_over)
{
    polling_case on;
    outbox pending;
    pending.push(make_text_frame("9, which is no packet"));
    on.link->try_flush(pending);
    on.link->hold();
    on.world.run();
    CHECK(!on.link->try_receive(on.packet));
    CHECK(!on.link->held());
}

BOOST_AUTO_TEST_CASE(POLL_19_a_link_is_paused_when_its_GET_and_its_POST_are_over)
{
    polling_case on;
    const auto& link = on.link;
    engine::packet_view& packet = on.packet;
    outbox pending;
    pending.push(make_text_frame("40"));
    link->try_flush(pending);
    link->hold();
    CHECK(!link->held());
    on.world.run();  // the POST is answered, and the GET with the CONNECT reply
    CHECK(!link->held());
    REQUIRE(link->try_receive(packet));
    CHECK(packet.text().starts_with("0{"));
    CHECK(!link->try_receive(packet));
    CHECK(link->held());
    on.world.run_for(60s);
    CHECK(!link->try_receive(packet));  // nobody polls any more
    CHECK(link->held());
}

BOOST_AUTO_TEST_CASE(UP_15_polling_and_then_websocket)
{
    manager_case on;
    const auto client = on.manager({});
    json_client_socket socket = client->socket();
    listen(on, socket);
    socket.on("y", [&](std::string) { on.said("over {}", socket.conn().transport_name()); });
    on.world.run();
    CHECK(on.said.take() == "connect");
    for (int i = 0; i < 3; ++i)
        socket.emit("x", fmt::format("{}", i));
    on.world.run();
    CHECK(socket.conn().transport_name() == "websocket");
    CHECK(on.said.take() == "y 0\nover websocket\ny 1\nover websocket\ny 2\nover websocket");
    on.world.run_for(100s);
    CHECK(socket.connected());
}

BOOST_AUTO_TEST_CASE(UP_15_no_upgrade_if_none_is_wanted)
{
    manager_case on;
    client_options options;
    options.upgrade = false;
    const auto client = on.manager(options);
    const json_client_socket socket = client->socket();
    on.world.run_for(60s);
    CHECK(socket.conn().transport_name() == "polling");
}

BOOST_AUTO_TEST_CASE(UP_16_an_upgrade_that_fails_leaves_polling)
{
    server_options no_websocket;
    no_websocket.engine.allow_websocket = false;
    manager_case on{no_websocket};
    const auto client = on.manager({});
    json_client_socket socket = client->socket();
    listen(on, socket);
    on.world.run();
    socket.emit("x", "still polling");
    on.world.run();
    CHECK(socket.conn().transport_name() == "polling");
    CHECK(on.said.take() == "connect\ny still polling");
}

BOOST_AUTO_TEST_CASE(a_lost_connection_comes_back_and_handlers_stay)
{
    for (const auto& transports : each_way) {
        manager_case on;
        const auto client = on.manager(over(transports));
        client->on_reconnect_attempt([&](std::uint64_t number) { on.said("attempt {}", number); });
        client->on_reconnect([&](std::uint64_t number) { on.said("reconnect {}", number); });
        client->on_reconnect_error([&](error_code) { on.said("reconnect_error"); });
        json_client_socket socket = client->socket();
        listen(on, socket);
        on.world.run_for(10s);
        CHECK(on.said.take() == "connect");
        const std::string id{socket.id()};

        on.network.down = true;
        on.act([&] {
            for (const auto& one : on.io.main().sockets())
                one.close_connection();
        });
        CHECK(on.said.take().starts_with("disconnect transport close"));
        CHECK(!socket.connected());
        CHECK(socket.active());
        on.world.run_for(10s);
        const std::string tries = on.said.take();
        CHECK(tries.starts_with("attempt 1\nconnect_error "));
        CHECK(tries.find("reconnect_error") != tries.npos);

        on.network.down = false;
        on.world.run_for(10s);
        const std::string back = on.said.take();
        CHECK(back.find("reconnect ") != back.npos);
        CHECK(back.ends_with("connect"));
        CHECK(socket.id() != id);
        socket.emit("x", "again");
        on.world.run();
        CHECK(on.said.take() == "y again");
    }
}

BOOST_AUTO_TEST_CASE(whom_the_server_disconnects_stays_away_until_he_asks)
{
    manager_case on;
    const auto client = on.manager(over({transport_kind::websocket}));
    json_client_socket socket = client->socket();
    listen(on, socket);
    on.world.run();
    on.act([&] { on.io.main().sockets().at(0).disconnect(); });
    on.world.run_for(60s);
    CHECK(on.said.take() == "connect\ndisconnect io server disconnect");
    CHECK(!socket.active());
    socket.connect();
    on.world.run();
    CHECK(on.said.take() == "connect");
    socket.disconnect();
    on.world.run_for(60s);
    CHECK(on.said.take() == "disconnect io client disconnect");
    CHECK(!socket.active());
    socket.connect();
    on.world.run();
    CHECK(on.said.take() == "connect");
}

BOOST_AUTO_TEST_CASE(a_manager_that_is_closed_and_opened_again)
{
    manager_case on;
    const auto client = on.manager(over({transport_kind::websocket}));
    json_client_socket socket = client->socket();
    listen(on, socket);
    on.world.run();
    client->close();
    on.world.run_for(60s);
    CHECK(on.said.take() == "connect\ndisconnect io client disconnect");
    CHECK(!client->is_active());
    client->open();
    on.world.run();
    CHECK(on.said.take() == "connect");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there)
{
    manager_case on;
    on.network.down = true;
    client_options options = over({transport_kind::polling});
    options.reconnection_attempts = 2;
    const auto client = on.manager(options);
    client->on_error([&](error_code, std::string_view text) { on.said("error {}", text); });
    client->on_reconnect_failed([&] { on.said("failed"); });
    const json_client_socket socket = client->socket();
    on.world.run_for(60s);
    const std::string heard = on.said.take();
    CHECK(heard.ends_with("failed"));
    CHECK(on.network.dialed == 3);
    CHECK(!client->is_active());
}

BOOST_AUTO_TEST_CASE(auth_is_asked_for_at_every_connection)
{
    manager_case on;
    std::string seen;
    on.io.use([&](basic_socket<json> socket) {
        seen += socket.shake().auth("token");
        return accept();
    });
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    const auto client = on.manager(options);
    json_client_socket socket = client->socket();
    int count = 0;
    socket.set_auth([&]() -> task<boost::json::value> {
        co_return boost::json::object{{"token", fmt::format("{},", ++count)}};
    });
    client->open();
    on.world.run();
    CHECK(socket.connected());
    on.act([&] { on.io.main().sockets().at(0).close_connection(); });
    on.world.run_for(10s);
    CHECK(socket.connected());
    CHECK(seen == "1,2,");
}

namespace {

/// A server that decides about each CONNECT when it is told to, and a client that has asked it.
struct undecided_case : manager_case
{
    explicit undecided_case(server_options settings = {}) : manager_case{std::move(settings)}
    {
        io.of("/slow").use([this](basic_socket<json> guest) -> task<verdict> {
            said("asked by {}", guest.shake().auth("name"));
            error_code ec;
            const asio::use_awaitable_t<asio::io_context::executor_type> here;
            auto told = decided.async_wait(asio::redirect_error(here, ec));
            co_await std::move(told);
            if (!admitted)
                co_return reject("not you");
            co_return accept();
        });
        io.of("/slow").on_connection([this](basic_socket<json> guest) {
            said("connection of {}", guest.shake().auth("name"));
            guest.on_disconnect([this](close_reason why) { said("server: {}", to_string(why)); });
        });
        client = manager(over({transport_kind::websocket}));
        socket.emplace(client->socket("/slow"));
        listen(*this, *socket);
        name("first");
        client->on_close([this](close_reason why) { said("closed: {}", to_string(why)); });
        world.run();
    }

    void name(std::string text)
    {
        socket->set_auth([text]() -> boost::json::value {
            return boost::json::object{{"name", text}};
        });
    }

    void decide(bool admit)
    {
        admitted = admit;
        decided.cancel();
        world.run();
    }

    asio::steady_timer decided{world.home().executor(), asio::steady_timer::time_point::max()};
    bool admitted = true;
    std::unique_ptr<json_manager> client;
    std::optional<json_client_socket> socket;
};

}  // namespace

BOOST_AUTO_TEST_CASE(who_leaves_before_the_answer_is_out_when_it_comes)
{
    undecided_case on;
    CHECK(on.said.take() == "asked by first");
    on.act([&] { on.socket->disconnect(); });
    CHECK(on.said.take() == "");
    on.decide(true);
    CHECK(on.said.take() == "connection of first\nserver: client namespace disconnect");
}

BOOST_AUTO_TEST_CASE(who_leaves_and_returns_before_the_answer_asks_again_after_it)
{
    for (const bool admitted : {true, false}) {
        undecided_case on;
        CHECK(on.said.take() == "asked by first");
        on.name("second");
        on.act([&] {
            on.socket->disconnect();
            on.socket->connect();
        });
        CHECK(on.said.take() == "");
        on.decide(admitted);
        CHECK(
            on.said.take() ==
            (admitted ? "connection of first\nserver: client namespace disconnect\nasked by second"
                      : "asked by second")
        );
        on.decide(true);
        CHECK(on.said.take() == "connection of second\nconnect");
    }
}

/// Its connection is lost, and what was missed waits for it.
struct lost_case : undecided_case
{
    lost_case() : undecided_case{recovering()}
    {
        decide(true);
        io.of("/slow").emit("y", "one");
        world.run();
        CHECK(said.take() == "asked by first\nconnection of first\nconnect\ny one");
        act([&] { io.of("/slow").sockets().at(0).close_connection(); });
        io.of("/slow").emit("y", "two");
        CHECK(
            said.take() ==
            "server: forced close\ndisconnect transport close\nclosed: transport close"
        );
    }

    static server_options recovering()
    {
        server_options options;
        options.recovery.emplace();
        options.recovery->skip_middlewares = false;
        return options;
    }

    void leave_and_return()
    {
        act([&] {
            socket->disconnect();
            socket->connect();
        });
    }
};

BOOST_AUTO_TEST_CASE(CSR_8_who_leaves_during_a_recovery_and_returns_has_not_recovered)
{
    lost_case on;
    on.world.run_for(10s);
    CHECK(on.said.take() == "asked by first");
    on.leave_and_return();
    on.decide(true);
    CHECK(
        on.said.take() == "connection of first\nserver: client namespace disconnect\nasked by first"
    );
    on.decide(true);
    CHECK(on.said.take() == "connection of first\nconnect");
    CHECK(!on.socket->recovered());
}

/// What comes before the next answer may belong to the life that was taken back, or to the one that is recovered: nobody
/// can tell them apart.
BOOST_AUTO_TEST_CASE(I09_who_took_back_a_new_life_does_not_claim_the_one_before)
{
    lost_case on;
    on.socket->set_auth([]() -> boost::json::value {
        return boost::json::object{{"name", "second"}, {"pid", "unknown"}};
    });
    on.world.run_for(10s);
    CHECK(on.said.take() == "asked by second");
    on.name("third");
    on.leave_and_return();
    on.decide(true);
    CHECK(
        on.said.take() ==
        "connection of second\nserver: client namespace disconnect\nasked by third"
    );
    on.decide(true);
    CHECK(on.said.take() == "connection of third\nconnect");
}

BOOST_AUTO_TEST_CASE(auth_must_be_an_object)
{
    manager_case on;
    client_options options = over({transport_kind::websocket});
    options.auto_connect = false;
    const auto client = on.manager(options);
    json_client_socket socket = client->socket();
    listen(on, socket);
    socket.set_auth([] { return boost::json::value(boost::json::array{"token"}); });
    client->open();
    on.world.run();
    CHECK(on.said.take() == "connect_error auth is no object");
    socket.set_auth([]() -> boost::json::value { throw std::runtime_error{"no token today"}; });
    socket.connect();
    on.world.run();
    CHECK(on.said.take() == "connect_error no token today");
    socket.set_auth([] { return boost::json::value(nullptr); });
    socket.connect();
    on.world.run();
    CHECK(on.said.take() == "connect");
}

BOOST_AUTO_TEST_CASE(X05_a_server_of_version_2_is_told_from_others)
{
    simulation world;
    auto [near, far] = make_loopback_pair(world.home());
    packet_peer server{world, std::move(far)};
    json_client client{world.home(), std::move(near)};
    const json_client_socket socket = client.socket();
    std::string heard;
    socket.on_connect_error([&](const std::string& message, const boost::json::value&) {
        heard = message;
    });
    server.send_text(R"(0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000})");
    world.run();
    server.send_text("40");  // without the id that later versions send
    world.run();
    CHECK(heard == "the server speaks for Socket.IO 2, and this client for 3 and later");
    CHECK(!socket.connected());
}

BOOST_AUTO_TEST_CASE(a_server_in_Python_refuses_with_a_bare_text)
{
    simulation world;
    auto [near, far] = make_loopback_pair(world.home());
    packet_peer server{world, std::move(far)};
    json_client client{world.home(), std::move(near)};
    const json_client_socket socket = client.socket("/unknown");
    std::string heard;
    socket.on_connect_error([&](const std::string& message, const boost::json::value&) {
        heard = message;
    });
    server.send_text(R"(0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000})");
    world.run();
    server.send_text(R"(44/unknown,"Unable to connect")");
    world.run();
    CHECK(heard == "Unable to connect");
}

BOOST_AUTO_TEST_CASE(CSR_3_X04_what_was_missed_comes_before_the_connect)
{
    server_options options;
    options.recovery.emplace();
    manager_case on{options};
    const auto client = on.manager(over({transport_kind::websocket}));
    json_client_socket socket = client->socket();
    listen(on, socket);
    socket.on("news", [&](std::string text, std::string) { on.said("news {}", text); });
    on.world.run();
    on.io.emit("news", "one");
    on.world.run();
    CHECK(on.said.take() == "connect\nnews one");
    const std::string id{socket.id()};
    on.act([&] { on.io.main().sockets().at(0).close_connection(); });
    on.io.emit("news", "two");
    on.io.emit("news", "three");
    on.world.run_for(10s);
    CHECK(on.said.take() == "disconnect transport close\nconnect recovered\nnews two\nnews three");
    CHECK(socket.id() == id);
}

BOOST_AUTO_TEST_CASE(CSR_2_a_handler_need_not_take_the_offset)
{
    server_options options;
    options.recovery.emplace();
    manager_case on{options};
    client_options as = over({transport_kind::websocket});
    as.on_handler_error = [&on](const handler_error& error) {
        on.said("{}: {}", error.event, error.message);
    };
    const auto client = on.manager(as);
    json_client_socket socket = client->socket();
    socket.on("text", [&](std::string text) { on.said("text {}", text); });
    socket.on("number", [&](int number) { on.said("number {}", number); });
    socket.on("asked", [](std::string text, ack<std::string> to) { to("yes, " + text); });
    on.world.run();
    on.io.emit("text", "one");
    on.io.emit("number", 2);
    on.io.emit("number", "no number");
    on.io.emit("number", 3, 4);
    on.world.run();
    CHECK(
        on.said.take() ==
        "text one\nnumber 2\nnumber: an argument has not the type that the handler takes\n"
        "number: the handler takes another number of arguments"
    );
    on.io.emit("asked", "one", "two", [](broadcast_replies<std::string>) {});
    on.world.run();
    CHECK(on.said.take() == "asked: the handler takes another number of arguments");
}

BOOST_AUTO_TEST_CASE(several_namespaces_over_one_connection)
{
    manager_case on;
    on.io.of("/chat").on_connection([](basic_socket<json> socket) { socket.emit("y", "chat"); });
    const auto client = on.manager(over({transport_kind::websocket}));
    json_client_socket main = client->socket();
    json_client_socket chat = client->socket("/chat");
    listen(on, chat);
    on.world.run();
    CHECK(main.connected());
    CHECK(on.said.take() == "connect\ny chat");
    CHECK(on.network.dialed == 1);
    json_client_socket none = client->socket("/none");
    listen(on, none);
    on.world.run();
    CHECK(on.said.take() == "connect_error Invalid namespace");
    CHECK(!none.active());
}

BOOST_AUTO_TEST_CASE(a_manager_may_be_destroyed_by_its_own_handlers)
{
    for (const std::string_view when : {"open", "connect", "y", "disconnect", "error"}) {
        manager_case on;
        on.network.down = when == "error";
        auto client = on.manager(over({transport_kind::websocket}));
        json_client_socket socket = client->socket();
        const auto end = [&] { client.reset(); };
        if (when == "open")
            client->on_open(end);
        else if (when == "error")
            client->on_error([&](error_code, std::string_view) { end(); });
        else if (when == "connect")
            socket.on_connect(end);
        else if (when == "disconnect")
            socket.on_disconnect([&](close_reason) { end(); });
        else
            socket.on("y", [&](std::string) { end(); });
        socket.on_connect([&] { socket.emit("x", "hello"); });
        on.world.run_for(1s);
        if (when == "disconnect")
            on.act([&] { on.io.main().sockets().at(0).close_connection(); });
        CHECK(!client, "destroyed in " << when);
        CHECK(!socket.connected());
        on.world.run_for(60s);
    }
}

BOOST_AUTO_TEST_CASE(a_client_and_a_server_in_one_process)
{
    manager_case on;
    json_manager client{
        on.world.home(), make_loopback_connector(on.world.home(), on.io.engine()), {}
    };
    json_client_socket socket = client.socket();
    listen(on, socket);
    on.world.run();
    socket.emit("x", "near");
    on.world.run();
    CHECK(on.said.take() == "connect\ny near");
    on.act([&] { on.io.main().sockets().at(0).close_connection(); });
    on.world.run_for(10s);
    CHECK(on.said.take() == "disconnect transport close\nconnect");
}

BOOST_AUTO_TEST_SUITE_END()
