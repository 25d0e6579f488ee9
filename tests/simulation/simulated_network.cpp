// SPDX-License-Identifier: BSL-1.0
// What a simulated world does to those who live in it: docs/simulation.md.
#include "support/codec_cases.hpp"

#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>
#include <cosio/transports/simulated_proxy.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::string_view host_name = "chat";

/// A host that echoes, and a client over WebSocket that tells what comes.
struct echo_case
{
    explicit echo_case(std::uint64_t seed = 1, unsigned shards = 1) : world{seed, shards} {}

    static client_options over_websocket()
    {
        client_options options;
        options.transports = {engine::transport_kind::websocket};
        options.randomization_factor = 0;
        return options;
    }

    void connect()
    {
        manager.emplace(
            world.home(), network.connect_to("http://chat", over_websocket()), over_websocket()
        );
        socket = manager->socket();
        socket.on_connect([this] { said("connect"); });
        socket.on_disconnect([this](close_reason why) { said("{}", to_string(why)); });
        socket.on("echo", [this](std::string text) { said("echo {}", text); });
        world.run();
    }

    simulation world;
    simulated_network network{world};
    simulated_host<json> host{world, network, std::string{host_name}, {}, [](json_server& io) {
                                  io.on("echo", [](std::string text, json_socket from) {
                                      from.emit("echo", text);
                                  });
                              }};
    std::optional<json_manager> manager;
    json_client_socket socket;
    journal said;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(simulated_networks)

BOOST_AUTO_TEST_CASE(latency_counts_for_each_way)
{
    echo_case on;
    on.network.quality.latency = 100ms;
    on.connect();
    on.world.run_for(1s);
    CHECK(on.said.take() == "connect");
    on.socket.emit("echo", "a");
    on.world.run_for(199ms);
    CHECK(on.said.take() == "");
    on.world.run_for(1ms);
    CHECK(on.said.take() == "echo a");
}

BOOST_AUTO_TEST_CASE(what_was_under_way_arrives_after_a_cut)
{
    echo_case on;
    on.connect();
    CHECK(on.said.take() == "connect");
    on.network.cut(host_name);
    CHECK(on.network.is_cut(host_name));
    on.socket.emit("echo", "a");
    on.socket.emit("echo", "b");
    on.world.run_for(10s);
    CHECK(on.said.take() == "");
    on.network.heal(host_name);
    on.world.run();
    CHECK(on.said.take() == "echo a\necho b");
}

BOOST_AUTO_TEST_CASE(a_long_cut_is_the_end_of_a_connection)
{
    echo_case on;
    on.connect();
    on.network.cut(host_name);
    on.world.run_for(51s);  // and 5 s for a goodbye that nobody hears
    CHECK(on.said.take() == "connect\nping timeout");
    CHECK(on.host.server().clients_count() == 0U);
    on.network.heal(host_name);
    on.world.run_for(1min);
    CHECK(on.said.take() == "connect");
}

BOOST_AUTO_TEST_CASE(Z02_a_half_open_connection_can_be_reset_later)
{
    echo_case on;
    on.connect();
    on.network.fail(host_name, link_fault::stall);
    on.network.fail(host_name, link_fault::close);  // the end does not pass either
    on.socket.emit("echo", "a");
    on.world.run_for(10s);
    CHECK(on.said.take() == "connect");
    on.network.fail(host_name, link_fault::reset);
    on.world.run();
    CHECK(on.said.take() == "transport close");
    CHECK(on.network.failures == 3U);
    on.network.fail(host_name, link_fault::reset);
    CHECK(on.network.failures == 3U);  // there is nothing left to fail
}

BOOST_AUTO_TEST_CASE(what_closes_during_a_cut_ends_when_the_network_heals)
{
    echo_case on;
    on.connect();
    on.network.cut(host_name);
    on.host.server().emit("echo", "a");
    on.world.run();
    on.network.fail(host_name, link_fault::close);
    on.world.run_for(1s);
    CHECK(on.said.take() == "connect");
    on.network.heal(host_name);
    on.world.run();
    CHECK(on.said.take() == "echo a\ntransport close");
}

BOOST_AUTO_TEST_CASE(nothing_passes_a_cut_on_a_link_that_is_deaf_in_one_direction)
{
    echo_case on;
    on.connect();
    constexpr link_direction up = link_direction::up;
    on.network.fail_at_byte(host_name, up, on.network.bytes(host_name, up), link_fault::deaf);
    on.socket.emit("echo", "a");
    on.host.server().emit("echo", "b");
    on.world.run();
    CHECK(on.said.take() == "connect\necho b");
    on.network.cut(host_name);
    on.host.server().emit("echo", "c");
    on.world.run_for(1s);
    CHECK(on.said.take() == "");
    on.network.heal(host_name);
    on.world.run();
    CHECK(on.said.take() == "echo c");
}

/// A client that lives on that shard, over WebSocket, and what it says.
struct someone
{
    someone(simulated_network& network, shard& home, std::string_view url)
        : manager{home, network.connect_to(url, options, home), options}, socket{manager.socket()}
    {
        socket.on_connect([this] { said("connect"); });
        socket.on_disconnect([this](close_reason why) { said("{}", to_string(why)); });
        socket.on("echo", [this](std::string text) { said("echo {}", text); });
    }

    client_options options = echo_case::over_websocket();
    json_manager manager;
    json_client_socket socket;
    journal said;
};

BOOST_AUTO_TEST_CASE(several_servers_and_clients_live_in_one_world_each_on_a_shard_of_its_own)
{
    simulation world{1, 4};
    simulated_network network{world};
    const std::span<shard* const> shards = world.shards();
    const auto echo = [](json_server& io) {
        io.on("echo", [](std::string text, json_socket from) { from.emit("echo", text); });
    };
    simulated_host<json> first{world, network, "first", {}, echo, {}, shards.subspan(1, 1)};
    simulated_host<json> second{world, network, "second", {}, echo, {}, shards.subspan(2, 1)};
    someone ada{network, world.home(), "http://first"};
    someone bob{network, *shards[3], "http://second"};
    world.run();
    CHECK(ada.said.take() == "connect");
    CHECK(bob.said.take() == "connect");
    CHECK(first.server().clients_count() == 1U);
    CHECK(second.server().clients_count() == 1U);

    second.suspend(10s);
    ada.socket.emit("echo", "a");
    shards[3]->post([&] { bob.socket.emit("echo", "b"); });
    world.run_for(9s);
    CHECK(ada.said.take() == "echo a");
    CHECK(bob.said.take() == "");
    world.run_for(1s);
    CHECK(bob.said.take() == "echo b");

    first.crash_for(500ms);
    world.run_for(400ms);
    CHECK(ada.said.take() == "transport close");
    world.run_for(1s);
    CHECK(ada.said.take() == "connect");
    CHECK(bob.said.take() == "");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_suspended_for_too_long_is_given_up_by_its_clients_alone)
{
    simulation world{1, 2};
    simulated_network network{world};
    const std::span<shard* const> all = world.shards();
    simulated_host<json> chat{world, network, "chat", {}, nullptr, {}, all.subspan(1)};
    someone ada{network, world.home(), "http://chat"};
    world.run();
    chat.suspend(1min);
    world.run_for(45s);
    CHECK(ada.said.take() == "connect");
    world.run_for(1ms);
    CHECK(ada.said.take() == "ping timeout");
    world.run_for(15s);
    CHECK(ada.said.take() == "connect");
    CHECK(chat.server().clients_count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_crash_ends_connections_and_another_life_takes_them)
{
    echo_case on;
    on.connect();
    on.host.crash_for(500ms);
    CHECK(!on.host.is_up());
    on.world.run_for(400ms);
    CHECK(on.said.take() == "connect\ntransport close");
    on.world.run_for(1s);
    CHECK(on.host.is_up());
    CHECK(on.said.take() == "connect");
}

BOOST_AUTO_TEST_CASE(Z16_without_a_descriptor_a_connection_waits)
{
    echo_case on;
    on.network.limit_descriptors(host_name, 1);
    on.connect();
    CHECK(on.said.take() == "connect");
    json_manager second{
        on.world.home(),
        on.network.connect_to("http://chat", echo_case::over_websocket()),
        echo_case::over_websocket()
    };
    const json_client_socket waits = second.socket();
    on.world.run();
    CHECK(on.network.waiting(host_name) == 1U);
    CHECK(!waits.connected());
    on.manager->close();
    on.world.run();
    CHECK(on.network.waiting(host_name) == 0U);
    CHECK(waits.connected());
}

BOOST_AUTO_TEST_CASE(a_dial_that_nobody_hears_ends_by_the_clients_patience)
{
    echo_case on;
    on.network.cut_dials(host_name, true);
    on.connect();
    on.world.run_for(19s);
    CHECK(on.said.take() == "");
    on.network.cut_dials(host_name, false);
    on.world.run_for(3s);  // 20 s for the handshake, 1 s until the next one
    CHECK(on.said.take() == "connect");
}

/// What a client that begins with `first` says of itself through such a proxy, after a minute.
std::string through(const proxy_behaviour& how, engine::transport_kind first)
{
    echo_case on;
    const simulated_proxy proxy{on.world, on.network, "proxy", std::string{host_name}, how};
    client_options options;
    options.transports = {first};
    if (first == engine::transport_kind::polling)
        options.transports.push_back(engine::transport_kind::websocket);
    json_manager client{on.world.home(), on.network.connect_to("http://proxy", options), options};
    const json_client_socket socket = client.socket();
    int echoes = 0;
    socket.on("echo", [&](std::string) { ++echoes; });
    socket.on_connect([&] { socket.emit("echo", std::string(100'000, 'x')); });
    on.world.run_for(1min);
    return fmt::format("{} {}", socket.conn().transport_name(), echoes);
}

BOOST_AUTO_TEST_CASE(a_proxy_passes_requests_and_upgrades)
{
    using enum engine::transport_kind;
    CHECK(through({}, polling) == "websocket 1");
    CHECK(through({}, websocket) == "websocket 1");
    CHECK(through({.delay = 50ms}, polling) == "websocket 1");
    CHECK(through({.reuses_connections = false}, polling) == "websocket 1");
}

BOOST_AUTO_TEST_CASE(U15_a_proxy_that_lets_no_upgrade_pass)
{
    using enum engine::transport_kind;
    CHECK(through({.refuses_upgrades = true}, polling) == "polling 1");
    CHECK(through({.loses_upgrades = true}, polling) == "polling 1");
}

BOOST_AUTO_TEST_CASE(Z05_a_proxy_asks_for_a_poll_again)
{
    echo_case on;
    const proxy_behaviour how{.retries_polls = true, .refuses_upgrades = true};
    const simulated_proxy proxy{on.world, on.network, "proxy", std::string{host_name}, how};
    client_options options;
    options.transports = {engine::transport_kind::polling};
    json_manager client{on.world.home(), on.network.connect_to("http://proxy", options), options};
    const json_client_socket socket = client.socket();
    socket.on_disconnect([&](close_reason why) { on.said("{}", to_string(why)); });
    on.world.run_for(1s);
    CHECK(socket.connected());
    on.network.fail(host_name, link_fault::reset);
    on.world.run();
    CHECK(proxy.retried() == 1U);
    CHECK(
        on.said.take() == "transport error"
    );  // the session has ended with its poll: 400 for the second one
    on.world.run_for(1min);
    CHECK(socket.connected());
}

/// The two ends of one connection.
struct ends
{
    explicit ends(simulated_network& network)
    {
        network.listen(host_name, [this](std::unique_ptr<byte_stream> end, shard&) {
            far = std::move(end);
        });
        dialing = network.dialer(host_name)->dial([this](stream_dialer::outcome made) {
            near = std::move(*made);
        });
    }

    std::size_t write(std::string_view text) const
    {
        error_code ec;
        const bytes_view bytes = as_bytes(text);
        return near->try_write({&bytes, 1}, ec);
    }

    std::size_t read() const
    {
        error_code ec;
        std::array<std::byte, 8> into;
        return far->try_read(into, ec);
    }

    std::unique_ptr<attempt> dialing;
    std::unique_ptr<byte_stream> near;
    std::unique_ptr<byte_stream> far;
};

BOOST_AUTO_TEST_CASE(who_writes_waits_until_something_was_read)
{
    simulation world;
    simulated_network network{world};
    network.quality.capacity_bytes = 3;
    const ends of{network};
    world.run();
    CHECK(of.write("hello") == 3U);
    CHECK(of.write("lo") == 0U);
    CHECK(network.unread() == 3U);
    CHECK(of.read() == 3U);
    CHECK(network.unread() == 0U);
    CHECK(of.write("lo") == 2U);
}

BOOST_AUTO_TEST_CASE(Z03_a_slow_link_takes_its_time)
{
    simulation world;
    simulated_network network{world};
    network.quality = {.latency = 100ms, .max_piece = 4, .bytes_per_second = 4};
    const ends of{network};
    world.run_for(100ms);
    CHECK(of.write("hello") == 5U);
    std::size_t heard = 0;
    const auto heard_after = [&](duration span) {
        world.run_for(span);
        return heard += of.read();
    };
    CHECK(heard_after(349ms) == 0U);
    CHECK(heard_after(1s) < 5U);
    CHECK(heard_after(1ms) == 5U);
    CHECK(of.write("again") == 5U);
    CHECK(of.write("!") == 1U);
    CHECK(heard_after(1'599ms) < 11U);
    CHECK(heard_after(1ms) == 11U);
}

BOOST_AUTO_TEST_CASE(a_host_is_given_its_streams_wrapped)
{
    simulation world;
    simulated_network network{world};
    network.wrap(host_name, [](std::unique_ptr<byte_stream> stream) {
        stream->close();
        return stream;
    });
    const ends of{network};
    world.run();
    CHECK(of.write("hello") == 0U);
}

BOOST_AUTO_TEST_CASE(each_step_can_be_met)
{
    const auto steps_until = [](std::optional<std::uint64_t> fail) {
        echo_case on;
        if (fail)
            on.network.at_step(*fail, [&] { on.network.fail(host_name, link_fault::reset); });
        on.connect();
        return std::pair{on.network.steps, on.network.failures};
    };
    const std::uint64_t all = steps_until(std::nullopt).first;
    CHECK(all > 5U);
    for (std::uint64_t step = 0; step < all; ++step)
        CHECK(steps_until(step).second == 1U, step);
}

BOOST_AUTO_TEST_CASE(the_same_seed_does_the_same)
{
    const auto hash = [](std::uint64_t seed, unsigned shards, duration shift) {
        echo_case on{seed, shards};
        on.network.quality = {.latency = 10ms, .jitter = 10ms, .max_piece = 7};
        on.connect();
        on.world.shift_wall_clock(shift);
        on.socket.emit("echo", "a");
        on.world.run_for(1min);
        CHECK(on.world.trace().lines() > 50U);
        return on.world.trace().hash();
    };
    for (const unsigned shards : {1U, 3U}) {
        CHECK(hash(1, shards, 0s) == hash(1, shards, 0s));
        CHECK(hash(1, shards, 0s) != hash(2, shards, 0s));
        CHECK(hash(1, shards, 0s) == hash(1, shards, -1h));
    }
}

BOOST_AUTO_TEST_CASE(a_trace_can_be_read)
{
    simulation world;
    world.note("before", "is not kept");
    const std::uint64_t before = world.trace().hash();
    world.trace().keep(2);
    world.note("Ada", "says a");
    world.run_for(1500ms);
    world.note("Ada", "says b");
    world.trace().note_bytes(world.now(), "link", "12345");
    CHECK(
        world.trace().text() == "    1.500000 s  Ada               says b\n"
                                "    1.500000 s  link              5 bytes\n"
    );
    CHECK(world.trace().lines() == 4U);
    CHECK(world.trace().hash() != before);
}

BOOST_AUTO_TEST_CASE(after_a_freeze_everything_is_late)
{
    simulation world;

    struct timer final : timer_node
    {
        explicit timer(simulation& of) noexcept : world{&of} {}

        void on_deadline(time_point now) override { fired = now.time_since_epoch(); }

        simulation* world;
        duration fired = {};
    };

    timer one{world};
    world.home().time().arm(one, world.home().now() + 1s);
    world.freeze(10s);
    CHECK((one.fired == 10s));
    CHECK((world.now() == 10s));
}

BOOST_AUTO_TEST_SUITE_END()
