// SPDX-License-Identifier: BSL-1.0
// How sockets come into namespaces, with server and client of the library on both ends.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

template <class Codec>
verdict check_token(const basic_socket<Codec>& socket)
{
    if (socket.shake().auth("token") == "right")
        return accept();
    return reject("not allowed", boost::json::value{{"status", 401}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_connect)

TYPED_CASE(both_ends_learn_of_a_connection, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch();
    on.client.watch();
    CHECK(!on.near.connected());
    CHECK(on.told() == "connection /\nclient connected");
    CHECK(on.near.connected());
    CHECK(on.client.client.is_open());
    CHECK(on.near.id() == on.io.main().sockets().at(0).id());
    CHECK(on.near.id().size() == 20U);
}

TYPED_CASE(auth_decides, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch("/private");
    on.io.of("/private").use([](basic_socket<Codec> socket) { return check_token(socket); });
    client_case<Codec> good{on.world, on.io, on.log, "good"};
    client_case<Codec> bad{on.world, on.io, on.log, "bad"};
    client_case<Codec> none{on.world, on.io, on.log, "none"};

    good.watch("/private", {{"token", "right"}});
    CHECK(on.told() == "connection /private\ngood/private connected");
    const auto refused = bad.watch("/private", {{"token", "wrong"}});
    CHECK(on.told() == R"(bad/private refused: not allowed {"status":401})");
    CHECK(!refused.connected());
    none.watch("/private");
    CHECK(on.told() == R"(none/private refused: not allowed {"status":401})");
    CHECK(on.io.of("/private").socket_count() == 1U);
}

TYPED_CASE(a_coroutine_may_decide_later, Codec, codecs)
{
    pair_case<Codec> on;
    gate database{on.world.home().executor()};
    on.watch("/private");
    on.io.of("/private").use([&](basic_socket<Codec> socket) -> task<verdict> {
        on.log("looking up {}", socket.shake().auth("token"));
        co_await database.wait();
        co_return check_token(socket);
    });
    for (const char* token : {"right", "wrong"}) {
        on.world.run();
        on.log.clear();
        client_case<Codec> one{on.world, on.io, on.log, token};
        one.watch("/private", {{"token", token}});
        CHECK(on.told() == fmt::format("looking up {}", token));
        database.notify();
        CHECK(
            on.told() == (token == std::string_view{"right"}
                              ? "connection /private\nright/private connected"
                              : R"(wrong/private refused: not allowed {"status":401})")
        );
    }
}

TYPED_CASE(middlewares_run_in_order_until_one_refuses, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch("/x");
    auto nsp = on.io.of("/x");
    nsp.use([&](basic_socket<Codec> socket) {
        on.log("first, connected: {}", socket.connected());
        return accept();
    });
    nsp.use([&](basic_socket<Codec> socket) -> task<verdict> {
        on.log("second");
        co_return socket.shake().auth("stop") == "here" ? reject("stopped") : accept();
    });
    nsp.use([&](basic_socket<Codec>) {
        on.log("third");
        return accept();
    });
    on.client.watch("/x");
    CHECK(on.told() == "first, connected: false\nsecond\nthird\nconnection /x\nclient/x connected");
    client_case<Codec> other{on.world, on.io, on.log, "other"};
    other.watch("/x", {{"stop", "here"}});
    CHECK(on.told() == "first, connected: false\nsecond\nother/x refused: stopped null");
}

TYPED_CASE(C12_a_middleware_that_throws_refuses_without_its_text, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch("/void");
    on.watch("/coroutine");
    on.io.of("/void").use([](basic_socket<Codec>) -> verdict {
        throw std::runtime_error{"secret"};
    });
    on.io.of("/coroutine").use([](basic_socket<Codec>) -> task<verdict> {
        throw std::runtime_error{"secret"};
        co_return accept();
    });
    on.client.watch("/void");
    CHECK(on.told() == "error /void middleware: secret\nclient/void refused: Internal error null");
    on.client.watch("/coroutine");
    CHECK(
        on.told() ==
        "error /coroutine middleware: secret\nclient/coroutine refused: Internal error null"
    );
    CHECK(on.near.connected());
}

TYPED_CASE(a_middleware_may_disconnect_its_socket, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch("/x");
    on.io.of("/x").use([](basic_socket<Codec> socket) {
        socket.disconnect();
        return accept();
    });
    on.client.watch("/x");
    CHECK(on.told() == "");
    CHECK(on.io.of("/x").socket_count() == 0U);
    CHECK(on.near.connected());
}

TYPED_CASE(a_middleware_sets_data_that_handlers_read, Codec, codecs)
{
    struct user
    {
        std::string name = "nobody";
        int visits = 0;
    };

    pair_case<Codec> on;
    on.io.of("/x").use([](basic_socket<Codec> socket) {
        socket.template data<user>().name = socket.shake().auth("name");
        return accept();
    });
    on.io.of("/x").on("visit", [](basic_socket<Codec> socket, ack<std::string, int> reply) {
        user& who = socket.template data<user>();
        reply(who.name, ++who.visits);
    });
    const auto x = on.client.client.socket("/x", {{"name", "ada"}});
    on.world.run();
    for (int i = 1; i <= 2; ++i)
        x.emit("visit", [&on](result<std::tuple<std::string, int>> answer) {
            on.log("{} {}", std::get<0>(*answer), std::get<1>(*answer));
        });
    CHECK(on.told() == "ada 1\nada 2");
    BOOST_CHECK_THROW(
        static_cast<void>(on.io.of("/x").sockets().at(0).template data<int>()), std::bad_any_cast
    );
}

TYPED_CASE(C12_a_connection_handler_that_throws_ends_its_socket_only, Codec, codecs)
{
    pair_case<Codec> on;
    on.connect();
    for (const char* nsp : {"/void", "/coroutine"})
        on.watch(nsp);
    on.io.of("/void").on_connection([](basic_socket<Codec>) { throw std::runtime_error{"oops"}; });
    on.io.of("/void").on_connection([&](basic_socket<Codec>) { on.log("never"); });
    on.io.of("/coroutine").on_connection([](basic_socket<Codec>) -> task<> {
        throw std::runtime_error{"oops"};
        co_return;
    });
    for (const std::string nsp : {"/void", "/coroutine"}) {
        on.client.watch(nsp);
        CHECK(
            on.told() == fmt::format(
                             "connection {0}\nerror {0} connection: oops\n"
                             "disconnect {0} server namespace disconnect\n"
                             "client{0} connected\nclient{0} disconnected: io server disconnect",
                             nsp
                         )
        );
    }
    CHECK(on.near.connected());
}

TYPED_CASE(namespaces_are_apart, Codec, codecs)
{
    pair_case<Codec> on;
    for (const char* nsp : {"/a", "/b"})
        static_cast<void>(on.io.of(nsp));
    std::vector<basic_client_socket<Codec>> sockets;
    for (const char* nsp : {"/", "/a", "/b"}) {
        sockets.push_back(on.client.client.socket(nsp));
        sockets.back().on("x", [&on, nsp](int n) { on.log("{} {}", nsp, n); });
    }
    on.world.run();
    CHECK(sockets[0].id() != sockets[1].id());
    on.io.emit("x", 0);
    on.io.of("/a").emit("x", 1);
    on.io.of("b").emit("x", 2);
    CHECK(on.told() == "/ 0\n/a 1\n/b 2");
    on.act([&] { static_cast<void>(on.io.of("/a").sockets().at(0).join("room")); });
    CHECK(on.io.of("/a").room_size("room") == 1U);
    CHECK(on.io.main().room_size("room") == 0U);
}

TYPED_CASE(a_namespace_that_nobody_serves_is_refused, Codec, codecs)
{
    pair_case<Codec> on;
    on.client.watch("/nope");
    CHECK(on.told() == "client/nope refused: Invalid namespace null");
    CHECK(on.near.connected());
}

TYPED_CASE(bad_names_of_namespaces_are_refused_at_setup, Codec, codecs)
{
    simulation world;
    basic_server<Codec> io{world.home()};
    BOOST_CHECK_THROW(static_cast<void>(io.of("/a,b")), std::invalid_argument);
    BOOST_CHECK_THROW(static_cast<void>(io.of(std::string(2'000, 'x'))), std::invalid_argument);
    CHECK(io.of("chat").name() == "/chat");
    CHECK(io.main().name() == "/");
}

TYPED_CASE(the_handshake_tells_where_a_socket_comes_from, Codec, codecs)
{
    pair_case<Codec> on;
    on.world.run_for(1500ms);
    client_case<Codec> late{on.world, on.io, on.log, "late"};
    const auto socket = late.client.socket("/", {{"a", {1, 2}}});
    on.world.run();
    const handshake& shake = on.io.main().sockets().at(1).shake();
    CHECK(shake.address() == "loopback");
    CHECK(shake.url() == "/socket.io/?EIO=4&transport=loopback");
    CHECK(shake.query("EIO").value_or("") == "4");
    CHECK(!shake.query("eio").has_value());
    CHECK(!shake.secure());
    CHECK(!shake.cross_origin());
    CHECK(shake.issued_ms() - on.io.main().sockets().at(0).shake().issued_ms() == 1500);
    CHECK(boost::json::serialize(shake.auth()) == R"({"a":[1,2]})");
    CHECK(shake.auth("a") == "");
    CHECK(on.io.main().sockets().at(1).transport_name() == "loopback");
}

// Who is asked is settled when the socket comes: a newcomer among the middlewares has its say next time.
TYPED_CASE(a_middleware_may_register_another_one_while_it_is_asked, Codec, codecs)
{
    for (const bool waits : {false, true}) {
        pair_case<Codec> on;
        const auto late = [&](basic_socket<Codec>) {
            on.log("late");
            return accept();
        };
        const auto late_coroutine = [&](basic_socket<Codec>) -> task<verdict> {
            on.log("late coroutine");
            co_return accept();
        };
        const auto nsp = on.io.of("/x");
        nsp.use([&on,
                 &late,
                 &late_coroutine,
                 nsp,
                 name = std::string(50, 'n')](basic_socket<Codec>) mutable {
            if (!name.empty()) {
                nsp.use(late).use(late_coroutine);
                for (int i = 0; i < 20; ++i)
                    nsp.use([](basic_socket<Codec>) { return accept(); });
            }
            on.log("first {}", std::exchange(name, {}).size());
            return accept();
        });
        if (waits)
            nsp.use([&](basic_socket<Codec>) -> task<verdict> {
                on.log("coroutine");
                co_return accept();
            });
        on.client.watch("/x");
        const std::string coroutine = waits ? "coroutine\n" : "";
        CHECK(on.told() == "first 50\n" + coroutine + "client/x connected");

        client_case<Codec> other{on.world, on.io, on.log, "other"};
        other.watch("/x");
        CHECK(on.told() == "first 0\n" + coroutine + "late\nlate coroutine\nother/x connected");
    }
}

// Its link takes one packet and its queue another: the third CONNECT ends the client.
TYPED_CASE(a_client_whose_connects_overflow_its_queue_ends, Codec, codecs)
{
    simulation world;
    auto [server_end, client_end] = make_loopback_pair(world.home(), {.capacity_frames = 1});
    packet_peer server{world, std::move(server_end)};
    client_options options;
    options.max_send_queue_packets = 1;
    basic_client<Codec> client{world.home(), std::move(client_end), options};
    std::vector<basic_client_socket<Codec>> sockets;
    for (const char* nsp : {"/a", "/b", "/c", "/d", "/e"})
        sockets.push_back(client.socket(nsp));
    server.stop_reading();
    server.send_text(
        R"(0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000})"
    );
    world.run();
    CHECK(!client.is_open());
    for (const auto& socket : sockets)
        CHECK(socket.emit("x") == send_status::closed);
    CHECK(client.socket("/late").emit("x") == send_status::closed);
    server.resume_reading();
    world.run();
    CHECK(server.take().size() == 1U);
    CHECK(server.ended());
}

TYPED_CASE(a_socket_whose_connect_is_one_packet_too_many_is_over, Codec, codecs)
{
    simulation world;
    auto [server_end, client_end] = make_loopback_pair(world.home(), {.capacity_frames = 1});
    packet_peer server{world, std::move(server_end)};
    client_options options;
    options.max_send_queue_packets = 1;
    basic_client<Codec> client{world.home(), std::move(client_end), options};
    server.stop_reading();
    server.send_text(
        R"(0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000})"
    );
    world.run();
    CHECK(client.is_open());
    std::vector<basic_client_socket<Codec>> sockets;
    for (const char* nsp : {"/a", "/b", "/c"})
        sockets.push_back(client.socket(nsp));
    world.run();
    CHECK(!client.is_open());
    for (const auto& socket : sockets)
        CHECK(socket.emit("x") == send_status::closed);
}

TYPED_CASE(a_client_with_a_wrong_option_is_refused_at_setup, Codec, codecs)
{
    server_case<Codec> on;
    client_options options;
    options.ack_timeout = 0s;
    BOOST_CHECK_THROW(
        (basic_client<Codec>{on.world.home(), on.world.connect(on.io), options}),
        std::invalid_argument
    );
}

BOOST_AUTO_TEST_SUITE_END()
