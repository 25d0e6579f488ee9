// SPDX-License-Identifier: BSL-1.0
// reliability.md 4: each fault at each step of a conversation between a client and a server of ours.
#include "faulty_world.hpp"

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

BOOST_AUTO_TEST_SUITE_END()
