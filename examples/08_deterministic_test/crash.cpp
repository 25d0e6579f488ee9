// SPDX-License-Identifier: BSL-1.0
// Orders that must not be lost: the server is killed at each step of the conversation in turn, and comes again; the
// client sends each order until it is confirmed. Some hundred whole lives of a server in a second. Run it.
#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <set>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

struct result
{
    std::uint64_t steps;
    std::size_t orders;
    std::size_t deliveries;
};

/// Five orders, and a crash at that step.
result order_with_crash_at(std::optional<std::uint64_t> step)
{
    sio::simulation world{1};
    sio::simulated_network network{world};
    std::set<int> orders;  // what the shop keeps on its disk
    std::size_t deliveries = 0;
    sio::simulated_host<sio::json>
        shop{world, network, "shop", {}, [&](sio::json_server& io) {
                 io.on("order", [&](int number, sio::ack<> confirm) {
                     orders.insert(number);  // an order may come twice: the number says which it is
                     ++deliveries;
                     confirm();
                 });
             }};
    if (step)
        network.at_step(*step, [&] { shop.crash_for(3s); });

    sio::client_options options;
    options.retries = 10;
    options.ack_timeout = 5s;
    sio::json_manager customer{world.home(), network.connect_to("http://shop", options), options};
    const sio::json_client_socket socket = customer.socket();
    int confirmed = 0;
    for (int number = 1; number <= 5; ++number)
        socket.emit("order", number, [&](sio::result<void> answer) {
            confirmed += answer ? 1 : 0;
        });
    const bool all = world.run_until([&] { return confirmed == 5; });
    return {network.steps, all ? orders.size() : 0, deliveries};
}

}  // namespace

int main()
{
    const std::uint64_t steps = order_with_crash_at(std::nullopt).steps;
    std::size_t repeated = 0;
    for (std::uint64_t step = 0; step < steps; ++step) {
        const result one = order_with_crash_at(step);
        if (one.orders != 5) {
            std::puts(fmt::format("crash at step {}: {} orders arrived", step, one.orders).c_str());
            return 1;
        }
        repeated += one.deliveries - one.orders;
    }
    std::puts(
        fmt::format(
            "{} crashes: no order was lost, {} came again and were known already", steps, repeated
        )
            .c_str()
    );
    return 0;
}
