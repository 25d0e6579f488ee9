// SPDX-License-Identifier: BSL-1.0
// Z08: a server is away for a while, and all of its clients come back.
#include "support/all_ways.hpp"
#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>

#include <fmt/format.h>

#include <deque>
#include <map>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t crowd = 1'000;
constexpr duration tick = 100ms;

struct storm
{
    explicit storm(client_options of_all) : options{std::move(of_all)}
    {
        network.quality.latency = 10ms;
        for (std::size_t i = 0; i < crowd; ++i)
            add(all_ways[i % all_ways.size()]);
        world.run_for(options.reconnection_stable_after);
        REQUIRE(connected() == crowd);
        begun = 0;
    }

    void add(const transport_list& transports)
    {
        client_options mine = options;
        mine.transports = transports;
        managers.emplace_back(world.home(), network.connect_to("http://chat", mine), mine);
        json_manager& one = managers.back();
        sockets.push_back(one.socket());
        one.on_reconnect_attempt([this](std::uint64_t) { ++attempts[world.now() / tick]; });
        one.on_reconnect([this](std::uint64_t) { ++returned; });
        one.on_reconnect_failed([this] { ++gave_up; });
    }

    [[nodiscard]] std::size_t connected() const
    {
        const auto is_connected = [](const json_client_socket& one) { return one.connected(); };
        return static_cast<std::size_t>(std::ranges::count_if(sockets, is_connected));
    }

    /// The most that tried at once.
    [[nodiscard]] std::size_t most_in_a_tick() const
    {
        std::size_t most = 0;
        for (const auto& [when, count] : attempts)
            most = std::max(most, count);
        return most;
    }

    client_options options;
    std::map<duration::rep, std::size_t> attempts;  // by the tick in which they were made
    std::size_t returned = 0;
    std::size_t gave_up = 0;
    std::size_t begun = 0;         // sockets that the server has let in
    std::map<int, int> delivered;  // how often it heard what each client had to say
    simulation world;
    simulated_network network{world};
    simulated_host<json> host{world, network, "chat", {}, [this](json_server& io) {
                                  io.on_connection([this](json_socket) { ++begun; });
                                  io.on("said", [this](int who) { ++delivered[who]; });
                              }};
    std::deque<json_manager> managers;
    std::vector<json_client_socket> sockets;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reconnect_storm)

BOOST_AUTO_TEST_CASE(Z08_a_thousand_clients_come_back_in_time_and_not_at_once)
{
    storm on{{}};
    constexpr duration absent = 8s;
    on.host.crash_for(absent);
    on.world.run_for(1s);
    CHECK(on.connected() == 0);
    for (std::size_t i = 0; i < crowd; ++i)
        on.sockets[i].emit("said", i);
    on.world.run_for(absent - 1s + on.options.reconnection_delay_max);
    on.world.run_for(1s);  // for the handshake
    CHECK(on.connected() == crowd);
    CHECK(on.returned == crowd);
    CHECK(on.begun == crowd);
    CHECK(on.gave_up == 0);
    CHECK(on.host.server().clients_count() == crowd);
    CHECK(on.delivered.size() == crowd);
    for (const auto& [who, times] : on.delivered)
        CHECK(times == 1, who);
    // The first attempts are spread over a second, later ones over more.
    CHECK(on.most_in_a_tick() < crowd / 6);
}

BOOST_AUTO_TEST_CASE(Z08_without_a_random_part_of_the_delays_all_come_at_once)
{
    client_options options;
    options.randomization_factor = 0;
    storm on{options};
    on.host.crash_for(2s);
    on.world.run_for(10s);
    CHECK(on.connected() == crowd);
    CHECK(on.most_in_a_tick() == crowd);
}

BOOST_AUTO_TEST_CASE(Z08_who_may_try_twice_gives_up_and_says_so)
{
    client_options options;
    options.reconnection_attempts = 2;
    storm on{options};
    on.host.crash_for(1h);
    on.world.run_for(1min);
    CHECK(on.gave_up == crowd);
    CHECK(on.connected() == 0);
    on.world.run_for(1h);
    CHECK(on.returned == 0);
}

BOOST_AUTO_TEST_SUITE_END()
