// SPDX-License-Identifier: BSL-1.0
// reliability.md 4: each fault at each step of a conversation between a client and a server of ours.
#include "faulty_world.hpp"

#include <cosio/transports/simulated_proxy.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

std::string named(const transport_list& transports)
{
    return transports.size() == 2 ? "upgrade" : std::string{engine::to_string(transports.front())};
}

/// Connects, talks, and says goodbye.
void converse(faulty_world& on)
{
    on.client->open();
    on.world.run_for(3s);
    on.check_it_heals();
    on.check_it_ends();
}

std::string lines(const complaints& all)
{
    return fmt::format("{}", fmt::join(all, "\n"));
}

/// How much there is to be broken.
struct extent
{
    std::uint64_t steps;
    std::array<std::uint64_t, 2> bytes;
};

extent measure(const transport_list& transports)
{
    faulty_world on{1, transports};
    converse(on);
    CHECK(lines(on.broken) == "");
    CHECK(on.sockets.empty());
    CHECK(on.up.heard() == 4);
    CHECK(on.down.heard() == 5);
    CHECK(on.questions.answers() == 3);
    return {
        on.network.steps,
        {on.network.bytes(chat_host, link_direction::up),
         on.network.bytes(chat_host, link_direction::down)}
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_faults)

BOOST_AUTO_TEST_CASE(Z01_Z02_connections_fail_at_each_step)
{
    for (const transport_list& transports : all_ways) {
        const std::uint64_t steps = measure(transports).steps;
        for (const link_fault how : all_link_faults)
            for (std::uint64_t step = 0; step < steps; ++step) {
                faulty_world on{step, transports};
                on.network.at_step(step, [&] { on.network.fail_all(how); });
                converse(on);
                CHECK(
                    lines(on.broken) == "",
                    named(transports) << ' ' << to_string(how) << " at step " << step
                );
            }
    }
}

BOOST_AUTO_TEST_CASE(Z01_Z02_connections_fail_at_each_byte)
{
    // Numbers that are prime to each other: over the faults and transports each byte has its turn.
    constexpr std::uint64_t stride = 13;
    std::uint64_t first = 0;
    for (const transport_list& transports : all_ways) {
        const extent all = measure(transports);
        for (const link_direction which : {link_direction::up, link_direction::down})
            for (const link_fault how : all_link_faults) {
                const std::uint64_t bytes = all.bytes[static_cast<std::size_t>(which)];
                for (std::uint64_t byte = first++ % stride; byte < bytes; byte += stride) {
                    faulty_world on{byte, transports};
                    on.network.fail_at_byte(chat_host, which, byte, how);
                    converse(on);
                    CHECK(
                        lines(on.broken) == "",
                        named(transports) << ' ' << to_string(how) << " at byte " << byte
                                          << (which == link_direction::up ? " up" : " down")
                    );
                }
            }
    }
}

BOOST_AUTO_TEST_CASE(Z03_the_server_is_killed_and_started_again_at_each_step)
{
    for (const transport_list& transports : all_ways) {
        const std::uint64_t steps = measure(transports).steps;
        for (const duration absent : {0s, 7s})
            for (std::uint64_t step = 0; step < steps; ++step) {
                faulty_world on{step, transports};
                on.network.at_step(step, [&] { on.kill_server(absent); });
                converse(on);
                CHECK(
                    lines(on.broken) == "",
                    named(transports)
                        << " killed at step " << step << " for " << absent / 1s << " s"
                );
            }
    }
}

/// Events of a client that upgrades through a proxy whose connection to the server is reset at that byte: what the
/// server hears, "|" for each of the client's lives; and how many bytes it has sent.
std::pair<std::string, std::uint64_t> hear_over_a_proxy(std::optional<std::uint64_t> byte)
{
    simulation world;
    simulated_network network{world};
    network.quality.latency = 5ms;
    std::string heard;
    simulated_host<json> host{world, network, "chat", {}, [&](json_server& io) {
                                  io.on_connection([&](const json_socket& socket) {
                                      heard += '|';
                                      socket.on("up", [&, socket](int number) {
                                          heard += fmt::format(" {}", number);
                                          socket.emit("go on");
                                      });
                                  });
                              }};
    const proxy_behaviour each_request_alone{.reuses_connections = false};
    const simulated_proxy proxy{world, network, "proxy", "chat", each_request_alone};
    if (byte)
        network.fail_at_byte("chat", link_direction::down, *byte, link_fault::reset);
    json_manager client{world.home(), network.connect_to("http://proxy", {}), {}};
    const json_client_socket socket = client.socket();
    int last = 0;
    socket.on_connect([&] {
        for (int i = 0; i < 3; ++i)
            socket.emit("up", ++last);
    });
    socket.on("go on", [&] {
        if (last < 20)
            socket.emit("up", ++last);
    });
    world.run_for(10s);
    return {heard, network.bytes("chat", link_direction::down)};
}

/// In one life each number follows the one before.
bool has_gap(std::string_view heard)
{
    int before = 0;
    while (!heard.empty()) {
        if (heard.front() == '|') {
            before = 0;
            heard.remove_prefix(1);
            continue;
        }
        const std::size_t end = heard.find_first_of(" |", 1);
        const int number = std::stoi(std::string{heard.substr(1, end - 1)});
        if (before != 0 && number != before + 1)
            return true;
        before = number;
        heard.remove_prefix(std::min(end, heard.size()));
    }
    return false;
}

BOOST_AUTO_TEST_CASE(I04_an_upload_that_fails_during_an_upgrade_is_no_gap)
{
    const auto [all, bytes] = hear_over_a_proxy(std::nullopt);
    CHECK(all == "| 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20");
    for (std::uint64_t byte = 0; byte < bytes; byte += 3) {
        const std::string heard = hear_over_a_proxy(byte).first;
        CHECK(!has_gap(heard), "reset at byte " << byte << ": " << heard);
    }
}

BOOST_AUTO_TEST_SUITE_END()
