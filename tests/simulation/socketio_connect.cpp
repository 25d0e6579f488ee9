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

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_1_nobody_is_connected_before_CONNECT, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.client();

    BOOST_TEST(client.open().starts_with(R"(0{"sid":")"));
    BOOST_TEST(client.heard() == "");
    BOOST_TEST(on.log.take() == "");

    BOOST_TEST(client.say("40").heard() == connected);
    BOOST_TEST(on.log.take() == "connection /");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_1_auth_and_namespace_may_come_with_CONNECT, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    auto client = on.client();

    BOOST_TEST(client.say(R"(40{"token":"x"})").heard() == connected);
    BOOST_TEST(client.say(R"(40/admin,{"token":"x"})").heard() == R"(40/admin,{"sid":"<sid>"})");
    BOOST_TEST(on.log.take() == "connection /admin");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_2_the_sid_differs_per_namespace_and_from_the_sessions, Codec, codecs
)
{
    server_case<Codec> on;
    on.watch("/admin");
    auto client = on.joined();
    const std::string first = client.sid();
    client.join("/admin");

    BOOST_TEST(first.size() == 20U);
    BOOST_TEST(client.sid() != first);
    BOOST_TEST(!client.open().empty());
    BOOST_TEST(client.open().find(first) == std::string::npos);
    BOOST_TEST(client.open().find(client.sid()) == std::string::npos);
    BOOST_TEST(on.io.main().sockets().at(0).id() == first);
    BOOST_TEST(on.io.of("/admin").sockets().at(0).id() == client.sid());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_3_an_unknown_namespace_is_refused_and_the_connection_lives, Codec, codecs
)
{
    server_case<Codec> on;
    auto client = on.client();

    BOOST_TEST(client.say("40/nope,").heard() == R"(44/nope,{"message":"Invalid namespace"})");
    BOOST_TEST(client.say("40").heard() == connected);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_4_a_middleware_refuses_with_or_without_data, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/mw");
    on.io.of("/mw").use([](basic_socket<Codec> socket) {
        if (socket.shake().auth("how") == "bare")
            return reject("nope");
        return reject("nope", boost::json::value{{"code", 7}, {"why", {"a", nullptr}}});
    });
    auto client = on.client();

    BOOST_TEST(client.say(R"(40/mw,{"how":"bare"})").heard() == R"(44/mw,{"message":"nope"})");
    BOOST_TEST(
        client.say("40/mw,").heard() ==
        R"(44/mw,{"message":"nope","data":{"code":7,"why":["a",null]}})"
    );
    BOOST_TEST(on.log.take() == "");
    BOOST_TEST(on.io.of("/mw").socket_count() == 0U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_5_S18_a_second_CONNECT_ends_the_connection, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.joined();

    BOOST_TEST(client.say("40").heard() == "<end>");
    BOOST_TEST(on.log.take() == "connection /\ndisconnect / forced close");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_6_S23_S24_packets_of_a_namespace_not_joined_end_the_connection, Codec, codecs
)
{
    for (const char* packet :
         {R"(42["x"])", R"(42/admin,["x"])", "43/admin,1[]", "41/admin,", R"(42/nope,["x"])"}) {
        BOOST_TEST_CONTEXT(packet)
        {
            server_case<Codec> on;
            on.watch("/admin");
            auto early = on.client();
            BOOST_TEST(early.say(packet).heard() == "<end>");
            if (std::string_view{packet}.find("/admin") == std::string_view::npos)
                continue;
            auto elsewhere = on.joined();
            BOOST_TEST(elsewhere.say(packet).heard() == "<end>");
            BOOST_TEST(on.log.take() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_6_S23_an_EVENT_while_the_middleware_decides_ends_the_connection, Codec, codecs
)
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

    BOOST_TEST(client.say("40").say(R"(42["x"])").heard() == "<end>");
    answer.notify();
    on.world.run();
    BOOST_TEST(on.log.take() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_7_S20_CONNECT_ERROR_from_a_client_ends_the_connection, Codec, codecs
)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.joined();

    BOOST_TEST(client.say(R"(44{"message":"x"})").heard() == "<end>");
    BOOST_TEST(on.log.take() == "connection /\ndisconnect / forced close");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_8_S33_without_CONNECT_the_connection_ends_at_connect_timeout, Codec, codecs
)
{
    server_options options;
    options.connect_timeout = 3s;
    server_case<Codec> on{options};
    auto silent = on.client();
    auto refused = on.client();
    auto joined = on.joined();

    BOOST_TEST(refused.say("40/nope,").heard() == R"(44/nope,{"message":"Invalid namespace"})");
    on.world.run_for(3s - 1ns);
    BOOST_TEST(silent.heard() == "");
    BOOST_TEST(refused.heard() == "");
    on.world.run_for(1ns);
    BOOST_TEST(silent.heard() == "<end>");
    BOOST_TEST(refused.heard() == "<end>");
    BOOST_TEST(joined.heard() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_8_a_connect_timeout_of_zero_is_refused_at_setup, Codec, codecs)
{
    simulation world;
    server_options options;
    options.connect_timeout = 0s;
    BOOST_CHECK_THROW((basic_server<Codec>{world.home(), options}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_9_DISCONNECT_leaves_one_namespace_only, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    on.watch("/admin");
    on.io.of("/admin").on("ping", [](basic_socket<Codec> socket) { socket.emit("pong"); });
    auto client = on.joined();
    client.join("/admin");
    BOOST_TEST(on.log.take() == "connection /\nconnection /admin");

    BOOST_TEST(client.say("41").heard() == "");
    BOOST_TEST(on.log.take() == "disconnect / client namespace disconnect");
    BOOST_TEST(client.say(R"(42/admin,["ping"])").heard() == R"(42/admin,["pong"])");
    BOOST_TEST(client.say("41/admin,").heard() == "");
    BOOST_TEST(client.say("40").heard() == connected);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_9_the_server_disconnects_one_namespace_only, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    on.io.of("/admin").on("bye", [](basic_socket<Codec> socket) { socket.disconnect(); });
    on.io.on("ping", [](basic_socket<Codec> socket) { socket.emit("pong"); });
    auto client = on.joined();
    client.join("/admin");

    BOOST_TEST(client.say(R"(42/admin,["bye"])").heard() == "41/admin,");
    BOOST_TEST(on.log.take() == "connection /admin\ndisconnect /admin server namespace disconnect");
    BOOST_TEST(client.say(R"(42["ping"])").heard() == R"(42["pong"])");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_10_S20_CONNECT_with_something_else_than_an_object_ends_the_connection, Codec, codecs
)
{
    for (const char* packet : {R"(40"str")", "40[1]", "407[]", R"(40/x,["a"])"}) {
        BOOST_TEST_CONTEXT(packet)
        {
            server_case<Codec> on;
            on.watch();
            auto client = on.client();
            BOOST_TEST(client.say(packet).heard() == "<end>");
            BOOST_TEST(on.log.take() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(SIO_10_S20_CONNECT_with_null_ends_the_connection)
{
    server_case<json> on;
    auto client = on.client();
    BOOST_TEST(client.say("40null").heard() == "<end>");
}

BOOST_AUTO_TEST_CASE(SIO_11_the_namespace_runs_to_the_first_comma_or_the_end)
{
    server_case<json> on;
    on.watch("/admin");
    auto client = on.client();

    BOOST_TEST(client.say("40/admin").heard() == R"(40/admin,{"sid":"<sid>"})");
    BOOST_TEST(
        client.say(R"(40/x{"a":1})").heard() == R"(44/x{"a":1},{"message":"Invalid namespace"})"
    );
    // The namespace `/admin["a"]`, which nobody has joined.
    BOOST_TEST(client.say(R"(42/admin["a"])").heard() == "<end>");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_12_S27_a_query_is_part_of_the_name, Codec, codecs)
{
    server_case<Codec> on;
    on.watch("/admin");
    auto client = on.client();
    BOOST_TEST(
        client.say("40/admin?x=1,").heard() == R"(44/admin?x=1,{"message":"Invalid namespace"})"
    );
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_13_the_main_namespace_may_be_written_out, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on("x", [](basic_socket<Codec> socket, int n) { socket.emit("y", n + 1); });
    auto client = on.client();

    BOOST_TEST(client.say("40/,").heard() == connected);
    BOOST_TEST(client.say(R"(42["x",1])").heard() == R"(42["y",2])");
    BOOST_TEST(client.say(R"(42/,["x",2])").heard() == R"(42["y",3])");
    BOOST_TEST(client.say("40").heard() == "<end>");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_15_C15_a_client_that_goes_while_the_middleware_decides_never_connects, Codec, codecs
)
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
        BOOST_TEST(client.say("40").heard() == "");
        BOOST_TEST(on.log.take() == "asked");
        if (is_polite)
            client.say("41");
        else
            client.peer().cut();
        on.world.run();
        answer.notify();
        BOOST_TEST(client.heard() == (is_polite ? "" : "<end>"));
        BOOST_TEST(on.log.take() == "answered, join: the connection is closed");
        BOOST_TEST(on.io.main().socket_count() == 0U);
        BOOST_TEST(on.io.main().room_size("room") == 0U);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_16_the_connection_handlers_come_between_the_reply_and_the_first_event, Codec, codecs
)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        socket.emit("welcome");
        socket.on("x", [&] { on.log("x"); });
        on.log("connection");
    });
    auto client = on.client();

    BOOST_TEST(client.say("40").heard() == connected + "\n" + R"(42["welcome"])");
    client.say(R"(42["x"])");
    on.world.run();
    BOOST_TEST(on.log.take() == "connection\nx");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    SIO_17_auth_is_of_the_namespace_and_the_query_of_the_connection, Codec, codecs
)
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
    BOOST_TEST(
        on.log.take() == R"(/ {"who":1} loopback)"
                         "\n"
                         R"(/a {"who":2} loopback)"
    );
    auto other = on.client();
    other.say("40");
    on.world.run();
    BOOST_TEST(on.log.take() == "/ null loopback");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(SIO_18_each_socket_is_in_the_room_of_its_id, Codec, codecs)
{
    server_case<Codec> on;
    on.io.on_connection([&](basic_socket<Codec> socket) {
        const std::vector<std::string> rooms = socket.rooms();
        BOOST_TEST(rooms == std::vector<std::string>{std::string{socket.id()}});
    });
    auto a = on.joined();
    auto b = on.joined();

    on.io.to(b.sid()).emit("to b");
    BOOST_TEST(b.heard() == R"(42["to b"])");
    BOOST_TEST(a.heard() == "");
}

BOOST_AUTO_TEST_SUITE_END()
