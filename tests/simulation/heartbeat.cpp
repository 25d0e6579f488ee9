// SPDX-License-Identifier: BSL-1.0
// The heartbeat in virtual time: 45 seconds to find a dead peer, ten hours with a living one.
#include "facade_support.hpp"

using namespace cosio;
using namespace cosio::test;

BOOST_AUTO_TEST_SUITE(heartbeat)

TYPED_CASE(E09_the_server_drops_a_client_that_stops_answering_pings, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.joined();
    on.log.clear();
    client.peer().stop_reading();

    on.world.run_for(25s + 20s);
    // A PONG would have been in time until now.
    CHECK(on.log.take() == "");
    on.world.run_for(1ns);

    CHECK(on.log.take() == "disconnect / ping timeout");
    CHECK(on.world.now() == 45s + 1ns);
    CHECK(on.io.main().socket_count() == 0U);
    client.peer().resume_reading();
    CHECK(client.heard() == "2\n<end>");
}

TYPED_CASE(Z10_a_server_that_was_asleep_gives_clients_ping_timeout_once_more, Codec, codecs)
{
    for (const bool alive : {true, false}) {
        server_case<Codec> on;
        on.watch();
        auto client = on.joined();
        on.log.clear();
        client.peer().stop_reading();
        on.world.run_for(25s);  // the PING is on its way
        on.world.freeze(60s);
        CHECK(on.log.take() == "");
        if (alive) {
            client.peer().resume_reading();
            client.peer().send_text("3");
        }
        on.world.run_for(20s);
        CHECK(on.log.take() == "");
        on.world.run_for(1ns);
        CHECK(on.log.take() == (alive ? "" : "disconnect / ping timeout"));
    }
}

TYPED_CASE(HB_2_a_client_drops_a_server_that_sends_no_ping, Codec, codecs)
{
    simulation world;
    journal log;
    auto [far, near] = make_loopback_pair(world.home());
    packet_peer server{world, std::move(far)};
    server.send_text(
        R"(0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})"
    );
    basic_client<Codec> client{world.home(), std::move(near)};
    const auto socket = client.socket();
    socket.on_disconnect([&](close_reason reason) { log("{}", to_string(reason)); });
    world.run();
    const std::string reply = R"(40{"sid":"12345678901234567890"})";
    wire<Codec>::send(server, reply, {});
    world.run();
    CHECK(socket.id() == "12345678901234567890");

    world.run_for(40s);
    server.send_text("2");
    world.run_for(44s);
    wire<Codec>::send(server, R"(42["other traffic does not count"])", {});
    world.run_for(1s);
    CHECK(client.is_open());
    CHECK(log.take() == "");
    world.run_for(1ns);
    CHECK(log.take() == "ping timeout");
    CHECK(!client.is_open());
    CHECK(server.ended());
    const auto sent = server.take();
    REQUIRE(sent.size() == 2U);
    CHECK(sent[1].data == "3");
}

TYPED_CASE(a_client_gives_up_on_a_server_that_does_not_greet, Codec, codecs)
{
    simulation world;
    auto [far, near] = make_loopback_pair(world.home());
    packet_peer server{world, std::move(far)};
    client_options options;
    options.handshake_timeout = 5s;
    basic_client<Codec> client{world.home(), std::move(near), options};
    static_cast<void>(client.socket());
    world.run_for(5s);
    CHECK(!server.ended());
    world.run_for(1ns);
    CHECK(server.ended());
    CHECK(server.take().empty());
}

TYPED_CASE(E09_a_pong_at_the_last_moment_is_in_time, Codec, codecs)
{
    server_case<Codec> on;
    auto client = on.joined();
    for (int round = 0; round < 3; ++round) {
        on.world.run_for(25s);
        CHECK(client.heard() == "2");
        on.world.run_for(20s);
        client.peer().send_text("3");
        CHECK(client.heard() == "");
    }
    on.world.run_for(25s + 20s);
    CHECK(client.heard() == "2");
    on.world.run_for(1ms);
    client.peer().send_text("3");
    CHECK(client.heard() == "<end>");
}

TYPED_CASE(HB_3_E11_other_data_is_no_pong, Codec, codecs)
{
    server_case<Codec> on;
    on.watch();
    auto client = on.joined();
    on.log.clear();
    for (int second = 0; second < 46; ++second) {
        client.say(R"(42["x"])");
        on.world.run_for(1s);
    }
    CHECK(on.log.take() == "disconnect / ping timeout");
}

TYPED_CASE(A41_a_flood_of_pongs_neither_moves_nor_multiplies_the_heartbeat, Codec, codecs)
{
    server_case<Codec> on;
    auto client = on.joined();
    on.world.run_for(10s);
    for (int i = 0; i < 1'000; ++i)
        client.peer().send_text("3");
    on.world.run_for(15s);
    for (int i = 0; i < 1'000; ++i)
        client.peer().send_text("3");
    CHECK(client.heard() == "2");
    on.world.run_for(25s);
    CHECK(client.heard() == "2");
}

TYPED_CASE(a_healthy_pair_lives_ten_hours, Codec, codecs)
{
    pair_case<Codec> on;
    on.watch();
    on.client.watch();
    on.connect();
    on.log.clear();
    on.world.run_for(10h);
    CHECK(on.log.take() == "");
    CHECK(on.near.connected());
    CHECK(on.world.now() == 10h);
    on.io.on("x", [](ack<int> reply) { reply(1); });
    on.near.emit("x", [&](result<int> answer) { on.log("{}", text_of(answer)); });
    CHECK(on.told() == "1");
}

TYPED_CASE(the_options_of_the_server_set_the_rhythm_of_both, Codec, codecs)
{
    server_options options;
    options.engine.ping_interval = 300ms;
    options.engine.ping_timeout = 200ms;
    server_case<Codec> on{options};
    auto watcher = on.joined();
    CHECK(watcher.open().find(R"("pingInterval":300,"pingTimeout":200)") != std::string::npos);
    client_case<Codec> client{on.world, on.io, on.log, "client"};
    const auto socket = client.watch();
    on.world.run_for(300ms);
    CHECK(watcher.heard() == "2");
    on.world.run_for(200ms + 1ns);
    CHECK(watcher.heard() == "<end>");
    on.world.run_for(1h);
    CHECK(socket.connected());
}

BOOST_AUTO_TEST_SUITE_END()
