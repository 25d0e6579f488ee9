// SPDX-License-Identifier: BSL-1.0
// A counter with a bug that one run in some dozens shows: it counts a click again that comes again. Seeds are gone through
// until one shows it, and what that seed does is made smaller as long as it still does. Run it; COSIO_SEED=7 runs that seed alone.
#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/transports/seed_search.hpp>
#include <cosio/transports/simulated_host.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <random>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

enum class step
{
    click,
    wait,
    lose_connection,
};

constexpr const char* names[] = {"click", "wait", "lose the connection"};

std::vector<step> draw(std::uint64_t seed)
{
    std::mt19937_64 random{seed};
    std::vector<step> steps(20);
    for (step& one : steps)
        one = static_cast<step>(random() % 3);
    return steps;
}

/// What is wrong afterwards; empty: nothing.
std::string run(std::uint64_t seed, const std::vector<step>& steps)
{
    sio::simulation world{seed};
    sio::simulated_network network{world};
    network.quality.latency = 20ms;
    network.quality.jitter = 20ms;
    int counted = 0;
    sio::simulated_host<sio::json> host{world, network, "counter", {}, [&](sio::json_server& io) {
                                            io.on("click", [&](sio::ack<> done) {
                                                ++counted;
                                                done();
                                            });
                                        }};
    sio::client_options options;
    options.retries = 10;  // at least once: that is what the counter forgets
    sio::json_manager client{world.home(), network.connect_to("http://counter", options), options};
    const sio::json_client_socket button = client.socket();
    int clicks = 0;
    int confirmed = 0;
    for (const step one : steps) {
        if (one == step::click) {
            ++clicks;
            button.emit("click", [&](sio::result<void>) { ++confirmed; });
        } else if (one == step::lose_connection) {
            network.fail("counter", sio::link_fault::reset);
        }
        world.run_for(one == step::wait ? 500ms : 10ms);
    }
    world.run_until([&] { return confirmed == clicks; });
    return counted == clicks ? "" : fmt::format("{} clicks were counted as {}", clicks, counted);
}

}  // namespace

int main()
{
    const auto found =
        sio::find_failing_seed(sio::seed_range::from_environment(1'000), [](std::uint64_t seed) {
            return run(seed, draw(seed));
        });
    if (!found) {
        std::puts("no seed shows it");
        return 1;
    }
    std::puts(fmt::format("COSIO_SEED={}: {}", found->seed, found->why).c_str());
    const std::vector<step> smallest = sio::minimise(draw(found->seed), [&](const auto& steps) {
        return !run(found->seed, steps).empty();
    });
    std::puts(fmt::format("{} of 20 steps are enough:", smallest.size()).c_str());
    for (const step one : smallest)
        std::puts(fmt::format("  {}", names[static_cast<std::size_t>(one)]).c_str());
    return smallest.size() < 20 ? 0 : 1;
}
