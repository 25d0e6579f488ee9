// SPDX-License-Identifier: BSL-1.0
// Limits of server_options, set to something else than their defaults: at the limit and one beyond.
#include "socketio_http.hpp"
#include "support/alloc_counter.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr duration instant{1};

}  // namespace

BOOST_AUTO_TEST_SUITE(socketio_limits)

TYPED_CASE(namespace_idle_timeout_counts_from_leaving_the_last_namespace, Codec, codecs)
{
    server_options options;
    options.namespace_idle_timeout = 7s;
    server_case<Codec> on{options};
    static_cast<void>(on.io.of("/a"));
    auto client = on.joined();
    client.join("/a");
    CHECK(client.say("41").heard() == "");
    on.world.run_for(10s);
    CHECK(client.say("41/a,").heard() == "");
    on.world.run_for(7s - instant);
    CHECK(client.heard() == "");
    on.world.run_for(instant);
    CHECK(client.heard() == "<end>");
}

TYPED_CASE(namespace_idle_timeout_ends_with_joining_again, Codec, codecs)
{
    server_options options;
    options.namespace_idle_timeout = 7s;
    server_case<Codec> on{options};
    auto client = on.joined();
    client.say("41");
    on.world.run_for(7s - instant);
    client.join();
    on.world.run_for(10s);
    CHECK(client.heard() == "");
    client.say("41");
    on.world.run_for(7s - instant);
    CHECK(client.heard() == "");
    on.world.run_for(instant);
    CHECK(client.heard() == "<end>");
}

TYPED_CASE(namespace_idle_timeout_counts_when_the_server_disconnects_too, Codec, codecs)
{
    server_options options;
    options.namespace_idle_timeout = 7s;
    server_case<Codec> on{options};
    on.io.on("bye", [](basic_socket<Codec> socket) { socket.disconnect(); });
    auto client = on.joined();
    CHECK(client.say(R"(42["bye"])").heard() == "41");
    on.world.run_for(7s - instant);
    CHECK(client.heard() == "");
    on.world.run_for(instant);
    CHECK(client.heard() == "<end>");
}

TYPED_CASE(max_namespaces_per_client_are_joined_and_the_next_ends_the_connection, Codec, codecs)
{
    server_options options;
    options.max_namespaces_per_client = 2;
    server_case<Codec> on{options};
    for (const char* nsp : {"/", "/a", "/b"})
        on.watch(nsp);
    auto client = on.joined();
    auto neighbour = on.joined();
    client.join("/a");
    client.say("41/a,");
    client.join("/b");  // a namespace that was left counts no more
    on.log.clear();

    CHECK(client.say("40/a,").heard() == "<end>");
    CHECK(on.log.take() == "disconnect / forced close\ndisconnect /b forced close");
    neighbour.join("/a");
    neighbour.say("41");
    neighbour.join("/b");
}

TYPED_CASE(
    max_namespaces_per_client_counts_what_is_still_decided_and_what_was_refused, Codec, codecs
)
{
    server_options options;
    options.max_namespaces_per_client = 2;
    server_case<Codec> on{options};
    detail::wakeup never{on.world.home().executor()};
    on.io.of("/slow").use([&](basic_socket<Codec>) -> task<verdict> {
        co_await never.wait();
        co_return accept();
    });
    auto waiting = on.joined();
    CHECK(waiting.say("40/slow,").heard() == "");
    CHECK(waiting.say("40/nope,").heard() == "<end>");

    auto refused = on.joined();
    CHECK(refused.say("40/nope,").heard() == R"(44/nope,{"message":"Invalid namespace"})");
    CHECK(refused.say("40/nope,").heard() == "<end>");
    never.notify();
}

TYPED_CASE(max_namespace_bytes_S29_a_name_that_is_too_long_is_never_echoed, Codec, codecs)
{
    server_options options;
    options.packet.max_namespace_bytes = 8;
    server_case<Codec> on{options};
    on.watch("/1234567");
    for (const char* packet : {
             "40/12345678,",
             R"(40/12345678,{"token":1})",
             R"(42/12345678,["x"])",
             "41/12345678,",
             "43/12345678,1[]",
         }) {
        BOOST_TEST_CONTEXT(packet)
        {
            auto client = on.joined();
            CHECK(client.say("40/123456,").heard().starts_with("44/123456,"));
            CHECK(client.say("40/7654321,").heard().starts_with("44/7654321,"));
            client.join("/1234567");
            CHECK(client.say(packet).heard() == "<end>");
            CHECK(on.log.take() == "connection /1234567\ndisconnect /1234567 forced close");
        }
    }
    auto client = on.joined();
    const std::string long_name = "40/" + std::string(50'000, 'n') + ",";
    CHECK(client.say(long_name).heard() == "<end>");
    BOOST_CHECK_THROW(static_cast<void>(on.io.of("/12345678")), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(BIN_9_attachments_of_an_incomplete_packet_are_freed_with_its_connection)
{
    server_options options;
    options.attachment_timeout = 3s;
    server_case<json> on{options};
    const std::string packet = R"(453-["x",{"_placeholder":true,"num":0},{"_placeholder":true,)"
                               R"("num":1},{"_placeholder":true,"num":2}])";
    const std::string part(300'000, 'p');
    static_cast<void>(on.joined());  // what is allocated once
    on.world.run();
    for (const bool is_cut : {true, false}) {
        const std::size_t before = heap().live_bytes;
        auto client = on.joined();
        CHECK(client.say(packet, {part, part}).heard() == "");
        CHECK(heap().live_bytes > before + 600'000);
        if (is_cut)
            client.peer().cut();
        else
            on.world.run_for(3s);
        on.world.run();
        CHECK(heap().live_bytes < before + 20'000);
    }
}

TYPED_CASE(max_send_queue_bytes_is_what_may_wait, Codec, codecs)
{
    // Measured on the wire: what one packet counts.
    const std::string large(400, 'x');
    server_case<Codec> measured;
    auto one = measured.joined();
    measured.io.emit("x", large);
    measured.world.run();
    const auto packets = one.peer().take();
    REQUIRE(packets.size() == 1U);
    const std::size_t size = packets.front().data.size();

    for (const std::size_t beyond : {0U, 1U}) {
        server_options options;
        options.engine.max_send_queue_bytes = 3 * size - beyond;
        server_case<Codec> on{options};
        on.watch();
        auto slow = on.joined();
        auto good = on.joined();
        on.log.clear();
        slow.peer().stop_reading();
        for (int i = 0; i < 1'024; ++i)  // as many as the link itself takes
            on.io.emit("x");
        on.world.run();
        static_cast<void>(good.heard());

        for (int i = 0; i < 2; ++i)
            on.io.emit("x", large);
        on.world.run();
        CHECK(on.log.take() == "");
        on.io.emit("x", large);
        on.world.run();
        CHECK(on.log.take() == (beyond == 0 ? "" : "disconnect / transport error"));
        CHECK(std::ranges::count(good.heard(), '\n') == 2);
        if (beyond != 0)
            continue;
        on.io.emit("x");
        on.world.run();
        CHECK(on.log.take() == "disconnect / transport error");
    }
}

TYPED_CASE(R12_a_client_that_polls_no_more_is_closed_at_the_limit_and_nobody_else, Codec, codecs)
{
    for (const bool by_bytes : {false, true}) {
        server_options options;
        if (by_bytes)
            options.engine.max_send_queue_bytes = 10'000;
        else
            options.engine.max_send_queue_packets = 10;
        http_case<Codec> on{options};
        on.watch();
        polling_client<Codec> slow{on};
        polling_client<Codec> good{on};
        auto neighbour = on.joined();
        raw_websocket other{on.world, on.http, websocket_target};
        if constexpr (std::is_same_v<Codec, json>)
            other.text("40");
        else
            other.binary(to_msgpack("40"));
        static_cast<void>(other.take());
        on.log.clear();

        // Just below 1000 bytes each, so ten of them fit and eleven do not.
        const std::string large(950, 'x');
        for (int i = 1; i <= 20; ++i) {
            good.begin_poll();
            on.io.emit("x", large);
            on.world.run();
            CHECK(good.end_poll().size() > 950U);
            CHECK(other.take().size() == 1U);
            CHECK(neighbour.heard().size() > 950U);
            CHECK(on.log.take() == (i == 11 ? "disconnect / transport error" : ""));
        }
        CHECK(on.io.main().socket_count() == 3U);
        // What waited was dropped; the next GET is told that the session is over.
        CHECK(slow.poll() == "1");
        CHECK(slow.poll() == "400");
    }
}

TYPED_CASE(R12_a_million_packets_for_a_client_that_never_polls_again, Codec, codecs)
{
    server_options options;
    options.engine.close_timeout = 3s;
    http_case<Codec> on{options};
    on.watch();
    polling_client<Codec> slow{on};
    const auto socket = on.io.main().sockets().front();
    auto good = on.joined();
    on.log.clear();
    std::size_t sent = 0;
    for (int turn = 0; turn < 1'000; ++turn)
        on.act([&] {
            for (int i = 0; i < 1'000; ++i)
                sent += socket.emit("x") != send_status::closed;
        });
    CHECK(sent == options.engine.max_send_queue_packets);
    CHECK(on.log.take() == "disconnect / transport error");
    on.io.emit("x");
    CHECK(good.heard() == R"(42["x"])");
    on.world.run_for(3s);
    CHECK(slow.poll() == "400");
}

TYPED_CASE(ORD_3_who_joins_the_room_that_is_being_told_hears_it_at_most_once, Codec, codecs)
{
    // The first client reads nothing: the broadcast fills its queue and ends it, and so its handler
    // runs in the midst of the broadcast.
    for (const bool was_in_another_room : {false, true}) {
        server_options options;
        options.engine.max_send_queue_packets = 4;
        server_case<Codec> on{options};
        std::vector<std::unique_ptr<wire_client<Codec>>> clients;
        for (int i = 0; i < 5; ++i) {
            clients.push_back(std::make_unique<wire_client<Codec>>(on.world, on.io));
            clients.back()->join();
        }
        const auto sockets = on.io.main().sockets();
        on.world.home().post([&] {
            for (std::size_t i = 0; i < 3; ++i)
                static_cast<void>(sockets[i].join("room"));
            for (std::size_t i = 3; was_in_another_room && i < 5; ++i)
                static_cast<void>(sockets[i].join("other"));
            sockets[1].on_disconnect([&](close_reason) {
                on.log("ended");
                for (std::size_t i = 2; i < 5; ++i) {
                    sockets[i].leave("room");
                    static_cast<void>(sockets[i].join("room"));
                    static_cast<void>(sockets[i].join("late"));
                }
            });
        });
        on.world.run();
        clients[1]->peer().stop_reading();
        for (int i = 0; i < 1'024 + 4; ++i)
            on.io.to(sockets[1].id()).emit("fill");
        on.world.run();

        on.world.home().post([&] { on.io.to("room").to("other").to("late").emit("x"); });
        on.world.run();
        CHECK(on.log.take() == "ended");
        const std::string x = R"(42["x"])";
        CHECK(clients[0]->heard() == x);
        CHECK(clients[2]->heard() == x);
        for (std::size_t i = 3; i < 5; ++i) {
            const std::string heard = clients[i]->heard();
            if (was_in_another_room)
                CHECK(heard == x);
            else
                CHECK((heard == "" || heard == x));
        }
        on.io.to("room").emit("y");
        for (const std::size_t i : {0U, 2U, 3U, 4U})
            CHECK(clients[i]->heard() == R"(42["y"])");
    }
}

BOOST_AUTO_TEST_SUITE_END()
