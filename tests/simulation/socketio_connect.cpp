// SPDX-License-Identifier: BSL-1.0
// features.md 3.6: CONNECT, auth and namespaces as a client sees them on the wire.
#include "support/codec_cases.hpp"

#include <boost/json/serialize.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

const std::string connected = R"(40{"sid":"<sid>"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_connect)

TYPED_CASE(SIO_1_nobody_is_connected_before_CONNECT, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.client();

    CHECK(client.open().starts_with(R"(0{"sid":")"));
    CHECK(client.heard() == "");
    CHECK(on.log.take() == "");

    CHECK(client.say("40").heard() == connected);
    CHECK(on.log.take() == "connection /");
}

TYPED_CASE(SIO_1_auth_and_namespace_may_come_with_CONNECT, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    auto client = on.client();

    CHECK(client.say(R"(40{"token":"x"})").heard() == connected);
    CHECK(client.say(R"(40/admin,{"token":"x"})").heard() == R"(40/admin,{"sid":"<sid>"})");
    CHECK(on.log.take() == "connection /admin");
}

TYPED_CASE(SIO_2_the_sid_differs_per_namespace_and_from_the_sessions, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    auto client = on.joined();
    const std::string first = client.sid();
    client.join("/admin");

    CHECK(first.size() == 20U);
    CHECK(client.sid() != first);
    CHECK(!client.open().empty());
    CHECK(client.open().find(first) == std::string::npos);
    CHECK(client.open().find(client.sid()) == std::string::npos);
    CHECK(on.io.main().sockets().at(0).id() == first);
    CHECK(on.io.of("/admin").sockets().at(0).id() == client.sid());
}

TYPED_CASE(SIO_3_an_unknown_namespace_is_refused_and_the_connection_lives, Codec, codecs)
{
    server_case<Codec> on;
    auto client = on.client();

    CHECK(client.say("40/nope,").heard() == R"(44/nope,{"message":"Invalid namespace"})");
    CHECK(client.say("40").heard() == connected);
}

TYPED_CASE(SIO_4_a_middleware_refuses_with_or_without_data, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/mw");
    on.io.of("/mw").use([](basic_socket<Codec> socket) {
        if (socket.shake().auth("how") == "bare")
            return reject("nope");
        return reject("nope", boost::json::value{{"code", 7}, {"why", {"a", nullptr}}});
    });
    auto client = on.client();

    CHECK(client.say(R"(40/mw,{"how":"bare"})").heard() == R"(44/mw,{"message":"nope"})");
    CHECK(
        client.say("40/mw,").heard() ==
        R"(44/mw,{"message":"nope","data":{"code":7,"why":["a",null]}})"
    );
    CHECK(on.log.take() == "");
    CHECK(on.io.of("/mw").socket_count() == 0U);
}

TYPED_CASE(SIO_5_S18_a_second_CONNECT_ends_the_connection, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.joined();

    CHECK(client.say("40").heard() == "<end>");
    CHECK(on.log.take() == "connection /\ndisconnect / forced close");
}

TYPED_CASE(SIO_6_S23_S24_packets_of_a_namespace_not_joined_end_the_connection, Codec, codecs)
{
    for (const char* packet :
         {R"(42["x"])", R"(42/admin,["x"])", "43/admin,1[]", "41/admin,", R"(42/nope,["x"])"}) {
        BOOST_TEST_CONTEXT(packet)
        {
            server_case<Codec> on;
            on.watch("/admin");
            auto early = on.client();
            CHECK(early.say(packet).heard() == "<end>");
            if (std::string_view{packet}.find("/admin") == std::string_view::npos)
                continue;
            auto elsewhere = on.joined();
            CHECK(elsewhere.say(packet).heard() == "<end>");
            CHECK(on.log.take() == "");
        }
    }
}

TYPED_CASE(SIO_6_S23_an_EVENT_while_the_middleware_decides_ends_the_connection, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    detail::wakeup answer{on.world.home().executor()};
    on.io.use([&](basic_socket<Codec>) -> task<verdict> {
        co_await answer.wait();
        co_return accept();
    });
    on.io.on("x", [&] { on.log("x"); });
    auto client = on.client();

    CHECK(client.say("40").say(R"(42["x"])").heard() == "<end>");
    answer.notify();
    on.world.run();
    CHECK(on.log.take() == "");
}

TYPED_CASE(SIO_7_S20_CONNECT_ERROR_from_a_client_ends_the_connection, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.joined();

    CHECK(client.say(R"(44{"message":"x"})").heard() == "<end>");
    CHECK(on.log.take() == "connection /\ndisconnect / forced close");
}

TYPED_CASE(SIO_8_S33_without_CONNECT_the_connection_ends_at_connect_timeout, Codec, codecs)
{
    server_options options;
    options.connect_timeout = 3s;
    server_case<Codec> on{options};
    auto silent = on.client();
    auto refused = on.client();
    auto joined = on.joined();

    CHECK(refused.say("40/nope,").heard() == R"(44/nope,{"message":"Invalid namespace"})");
    on.world.run_for(3s - 1ns);
    CHECK(silent.heard() == "");
    CHECK(refused.heard() == "");
    on.world.run_for(1ns);
    CHECK(silent.heard() == "<end>");
    CHECK(refused.heard() == "<end>");
    CHECK(joined.heard() == "");
}

TYPED_CASE(SIO_8_a_connect_timeout_of_zero_is_refused_at_setup, Codec, codecs)
{
    simulation world;
    server_options options;
    options.connect_timeout = 0s;
    BOOST_CHECK_THROW((basic_server<Codec>{world.home(), options}), std::invalid_argument);
}

TYPED_CASE(SIO_9_DISCONNECT_leaves_one_namespace_only, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    on.watch("/admin");
    on.io.of("/admin").on("ping", [](basic_socket<Codec> socket) { socket.emit("pong"); });
    auto client = on.joined();
    client.join("/admin");
    CHECK(on.log.take() == "connection /\nconnection /admin");

    CHECK(client.say("41").heard() == "");
    CHECK(on.log.take() == "disconnect / client namespace disconnect");
    CHECK(client.say(R"(42/admin,["ping"])").heard() == R"(42/admin,["pong"])");
    CHECK(client.say("41/admin,").heard() == "");
    CHECK(client.say("40").heard() == connected);
}

TYPED_CASE(SIO_9_the_server_disconnects_one_namespace_only, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    on.io.of("/admin").on("bye", [](basic_socket<Codec> socket) { socket.disconnect(); });
    on.io.on("ping", [](basic_socket<Codec> socket) { socket.emit("pong"); });
    auto client = on.joined();
    client.join("/admin");

    CHECK(client.say(R"(42/admin,["bye"])").heard() == "41/admin,");
    CHECK(on.log.take() == "connection /admin\ndisconnect /admin server namespace disconnect");
    CHECK(client.say(R"(42["ping"])").heard() == R"(42["pong"])");
}

TYPED_CASE(SIO_10_S20_CONNECT_with_something_else_than_an_object_ends_the_connection, Codec, codecs)
{
    for (const char* packet : {R"(40"str")", "40[1]", "407[]", R"(40/x,["a"])"}) {
        BOOST_TEST_CONTEXT(packet)
        {
            server_case<Codec> on;
            on.watch();
            auto client = on.client();
            CHECK(client.say(packet).heard() == "<end>");
            CHECK(on.log.take() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(SIO_10_S20_CONNECT_with_null_ends_the_connection)
{
    server_case<json> on;
    auto client = on.client();
    CHECK(client.say("40null").heard() == "<end>");
}

BOOST_AUTO_TEST_CASE(SIO_11_the_namespace_runs_to_the_first_comma_or_the_end)
{
    server_case<json> on;
    on.watch("/admin");
    auto client = on.client();

    CHECK(client.say("40/admin").heard() == R"(40/admin,{"sid":"<sid>"})");
    CHECK(client.say(R"(40/x{"a":1})").heard() == R"(44/x{"a":1},{"message":"Invalid namespace"})");
    // The namespace `/admin["a"]`, which nobody has joined.
    CHECK(client.say(R"(42/admin["a"])").heard() == "<end>");
}

TYPED_CASE(SIO_12_S27_a_query_is_part_of_the_name, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    auto client = on.client();
    CHECK(client.say("40/admin?x=1,").heard() == R"(44/admin?x=1,{"message":"Invalid namespace"})");
}

TYPED_CASE(SIO_13_the_main_namespace_may_be_written_out, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on("x", [](basic_socket<Codec> socket, int n) { socket.emit("y", n + 1); });
    auto client = on.client();

    CHECK(client.say("40/,").heard() == connected);
    CHECK(client.say(R"(42["x",1])").heard() == R"(42["y",2])");
    CHECK(client.say(R"(42/,["x",2])").heard() == R"(42["y",3])");
    CHECK(client.say("40").heard() == "<end>");
}

TYPED_CASE(SIO_15_C15_a_client_that_goes_while_the_middleware_decides_never_connects, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    detail::wakeup answer{on.world.home().executor()};
    on.io.use([&](basic_socket<Codec> socket) -> task<verdict> {
        on.log("asked");
        co_await answer.wait();
        on.log("answered, join: {}", socket.join("room").message());
        co_return accept();
    });

    for (const bool is_polite : {false, true}) {
        auto client = on.client();
        CHECK(client.say("40").heard() == "");
        CHECK(on.log.take() == "asked");
        if (is_polite)
            client.say("41");
        else
            client.peer().cut();
        on.world.run();
        answer.notify();
        CHECK(client.heard() == (is_polite ? "" : "<end>"));
        CHECK(on.log.take() == "answered, join: the connection is closed");
        CHECK(on.io.main().socket_count() == 0U);
        CHECK(on.io.main().room_size("room") == 0U);
    }
}

TYPED_CASE(SIO_16_the_connection_handlers_come_between_the_reply_and_the_first_event, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.emit("welcome");
        socket.on("x", [&] { on.log("x"); });
        on.log("connection");
    });
    auto client = on.client();

    CHECK(client.say("40").heard() == connected + "\n" + R"(42["welcome"])");
    client.say(R"(42["x"])");
    on.world.run();
    CHECK(on.log.take() == "connection\nx");
}

TYPED_CASE(SIO_17_auth_is_of_the_namespace_and_the_query_of_the_connection, Codec, codecs)
{
    server_case<Codec> on;
    for (const char* nsp : {"/", "/a"})
        on.io.of(nsp).on_connection([&](basic_socket<Codec> socket) {
            on.log(
                "{} {} {}",
                socket.nsp_name(),
                boost::json::serialize(socket.shake().auth()),
                socket.shake().query("transport").value_or("none")
            );
        });
    auto client = on.client();
    client.say(R"(40{"who":1})").say(R"(40/a,{"who":2})");
    on.world.run();
    CHECK(
        on.log.take() == R"(/ {"who":1} loopback)"
                         "\n"
                         R"(/a {"who":2} loopback)"
    );
    auto other = on.client();
    other.say("40");
    on.world.run();
    CHECK(on.log.take() == "/ null loopback");
}

TYPED_CASE(SIO_18_each_socket_is_in_the_room_of_its_id, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        const std::vector<std::string> rooms = socket.rooms();
        CHECK(rooms == std::vector<std::string>{std::string{socket.id()}});
    });
    auto a = on.joined();
    auto b = on.joined();

    on.io.to(b.sid()).emit("to b");
    CHECK(b.heard() == R"(42["to b"])");
    CHECK(a.heard() == "");
}

BOOST_AUTO_TEST_SUITE_END()
