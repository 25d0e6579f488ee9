// SPDX-License-Identifier: BSL-1.0
// The connection below a socket, as the application sees it.
#include "socketio_http.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

/// A server whose one client long-polls.
struct polled_case : http_case<json>
{
    explicit polled_case(server_options options = {}) : http_case<json>{std::move(options)}
    {
        far = io.main().sockets().at(0);
    }

    void note_drained(std::string_view who)
    {
        asio::co_spawn(world.home().executor(), wait(far, who), asio::detached);
        world.run();
    }

    task<> wait(json_socket socket, std::string_view who)
    {
        auto waiting = socket.drained();
        const error_code ec = co_await std::move(waiting);
        log("{} {}", who, ec ? ec.message() : "drained");
    }

    polling_client<json> client{*this};
    json_socket far;
};

server_options counting()
{
    server_options options;
    options.engine.count_traffic = true;
    return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(facade_connection)

BOOST_AUTO_TEST_CASE(UP_9_an_upgrade_is_told_before_the_first_event_from_the_new_transport)
{
    polled_case on;
    CHECK(on.far.conn().transport_name() == "polling");
    on.far.conn().on_upgrade([&](std::string_view name) { on.log("upgrade {}", name); });
    on.far.on("x", [&] { on.log("x over {}", on.far.conn().transport_name()); });
    raw_websocket link{on.world, on.http, on.client.websocket_target()};
    link.text("2probe");
    link.text("5");
    link.text("42[\"x\"]");
    CHECK(link.take() == std::vector<std::string>{"3probe"});
    CHECK(on.log.take() == "upgrade websocket\nx over websocket");
}

BOOST_AUTO_TEST_CASE(the_round_trip_is_measured_from_ping_to_pong)
{
    polled_case on;
    CHECK(on.far.conn().round_trip_time() == 0ns);
    on.client.begin_poll();
    on.world.run_for(25s);
    CHECK(on.client.end_poll() == "2");
    on.world.run_for(120ms);
    CHECK(on.client.post("3") == "ok");
    CHECK(on.far.conn().round_trip_time() == 120ms);
}

BOOST_AUTO_TEST_CASE(WS_15_HTTP_18_what_an_emit_says_about_compression_reaches_the_transport)
{
    polled_case on;
    const std::string text(5000, 'x');
    const auto coding_of = [&](auto emit) {
        on.act(emit);
        raw_client client{on.world, on.http};
        std::string target = on.client.websocket_target();
        const std::string_view websocket = "transport=websocket";
        target.replace(target.find(websocket), websocket.size(), "transport=polling");
        return client.ask("GET", target, {}, "Accept-Encoding: gzip\r\n")["content-encoding"];
    };
    CHECK(coding_of([&] { on.far.emit("x", text); }) == "gzip");
    CHECK(coding_of([&] { on.far.compress(false).emit("x", text); }) == "(none)");
    CHECK(coding_of([&] { on.far.compress(true).emit("x", text); }) == "gzip");
    CHECK(coding_of([&] { on.io.compress(false).emit("x", text); }) == "(none)");
    CHECK(coding_of([&] { on.io.to("nobody").to(on.far.id()).emit("x", text); }) == "gzip");
}

BOOST_AUTO_TEST_CASE(what_waits_is_told)
{
    polled_case on;
    const engine_connection conn = on.far.conn();
    CHECK(conn.pending_packets() == 0U);
    CHECK(!conn.writable());
    on.act([&] { on.far.emit("x", 1); });
    CHECK(conn.pending_packets() == 1U);
    CHECK(conn.pending_bytes() == std::string_view{"42[\"x\",1]"}.size());
    CHECK(on.client.poll() == "42[\"x\",1]");
    CHECK(conn.pending_packets() == 0U);
    CHECK(conn.pending_bytes() == 0U);
    on.client.begin_poll();
    on.world.run();
    CHECK(conn.writable());
}

BOOST_AUTO_TEST_CASE(drained_waits_until_the_client_has_taken_all)
{
    polled_case on;
    on.note_drained("nothing waits:");
    CHECK(on.log.take() == "nothing waits: drained");
    on.act([&] {
        on.far.emit("x");
        on.far.emit("y");
    });
    on.note_drained("two wait:");
    CHECK(on.log.take() == "");
    CHECK(
        on.client.poll() == "42[\"x\"]\x1e"
                            "42[\"y\"]"
    );
    CHECK(on.log.take() == "two wait: drained");
}

BOOST_AUTO_TEST_CASE(drained_waits_for_what_leaves_after_an_upgrade)
{
    polled_case on;
    raw_websocket link{on.world, on.http, on.client.websocket_target()};
    link.text("2probe");
    on.act([&] { on.far.emit("x"); });
    on.note_drained("one waits:");
    CHECK(on.log.take() == "");
    link.text("5");
    CHECK((link.take() == std::vector<std::string>{"3probe", "42[\"x\"]"}));
    CHECK(on.log.take() == "one waits: drained");
}

BOOST_AUTO_TEST_CASE(drained_ends_with_the_socket)
{
    polled_case on;
    on.act([&] { on.far.emit("x"); });
    on.note_drained("client goes:");
    CHECK(on.client.post("41") == "ok");
    CHECK(on.log.take() == "client goes: the connection is closed");
    on.note_drained("gone:");
    CHECK(on.log.take() == "gone: the connection is closed");
    CHECK(on.far.conn().transport_name() == "");
    CHECK(on.far.conn().pending_packets() == 0U);
    CHECK(on.far.conn().id() == "");
}

BOOST_AUTO_TEST_CASE(each_drain_is_told)
{
    polled_case on;
    int left = 3;
    on.far.conn().on_drain([&] {
        on.log("drain");
        if (--left > 0)
            on.far.emit("more", left);
    });
    on.act([&] { on.far.emit("x"); });
    CHECK(on.log.take() == "");
    CHECK(on.client.poll() == "42[\"x\"]");
    CHECK(on.log.take() == "drain");
    CHECK(on.client.poll() == "42[\"more\",2]");
    CHECK(on.client.poll() == "42[\"more\",1]");
    CHECK(on.log.take() == "drain\ndrain");
}

BOOST_AUTO_TEST_CASE(traffic_is_counted_if_it_was_asked_for)
{
    polled_case on{counting()};
    const engine::traffic before = on.far.conn().traffic();
    CHECK(on.client.post("42[\"x\"]") == "ok");
    on.act([&] { on.far.emit("yes", 1); });
    const engine::traffic after = on.far.conn().traffic();
    CHECK(after.packets_in == before.packets_in + 1);
    CHECK(after.bytes_in == before.bytes_in + std::string_view{"2[\"x\"]"}.size());
    CHECK(after.packets_out == before.packets_out + 1);
    CHECK(after.bytes_out == before.bytes_out + std::string_view{"42[\"yes\",1]"}.size());

    polled_case not_counted;
    CHECK((not_counted.far.conn().traffic() == engine::traffic{}));
}

TYPED_CASE(connections_are_counted_whatever_they_have_joined, Codec, codecs)
{
    server_case<Codec> on;
    CHECK(on.io.clients_count() == 0U);
    auto in_none = on.client();
    auto in_both = on.joined();
    static_cast<void>(on.io.of("/b"));
    in_both.join("/b");
    CHECK(on.io.clients_count() == 2U);
    in_both.peer().cut();
    on.world.run();
    CHECK(on.io.clients_count() == 1U);
    in_none.peer().cut();
    on.world.run();
    CHECK(on.io.clients_count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
