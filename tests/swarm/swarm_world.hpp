// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "claimants.hpp"
#include "client_side.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "server_side.hpp"
#include "swarm_options.hpp"

#include <cosio/transports/simulated_host.hpp>
#include <cosio/transports/simulated_proxy.hpp>

namespace cosio::test {

/// A server and its clients, and taps wherever they are told or tell something. What the applications may rely on is
/// checked by the oracles; what a plan does to them is program.cpp's business.
template <class Codec>
class swarm_world
{
public:
    explicit swarm_world(const plan& of)
        : book{world, wire_codec_of<Codec>, of.recovery},
          world{of.seed, of.shards},
          server{
              book,
              of.recovery,
              of.shards > 1,
              [this](const std::string& name, const std::string& socket, std::uint64_t number) {
                  clients.kept_was_heard(name, socket, number);
              }
          },
          host{
              world,
              network,
              std::string{chat},
              server_options_of(of, book),
              [this](basic_server<Codec>& io) { server.prepare(io); }
          },
          proxy{world, network, "proxy", std::string{chat}, of.proxy}
    {
        network.quality = of.quality;
        network.wrap(chat, [this](std::unique_ptr<byte_stream> stream) {
            return book.wire.wrap(std::move(stream));
        });
        host.also_named("calm");
        for (const client_plan& one : of.clients)
            clients.add(network, of, one);
        if (of.shards > 1)
            book.reach(milestone::several_shards);
    }

    void crash_for(duration absent)
    {
        book.disturbed_at = world.now();
        host.crash_for(absent);
        server.crashes();
    }

    /// Everything is over: nothing is left (I24, I25).
    void check_nothing_is_left()
    {
        book.questions.check_all_ended();
        if (network.streams() != 0)
            book.breaks(fmt::format("{} streams are left", network.streams()));
        if (host.is_up() && host.server().clients_count() != 0)
            book.breaks("sessions are left");
        if (host.is_up() && host.connection_count() != 0)
            book.breaks("connections are left");
        if (!server.is_empty())
            book.breaks("sockets of the server are left");
        for (shard* const one : world.shards())
            if (!one->time().timers().empty())
                book.breaks("timers are left");
    }

    ledger book;  // first: the others write to it until they end
    simulation world;
    simulated_network network{world};
    server_side<Codec> server;
    simulated_host<Codec> host;
    simulated_proxy proxy;
    client_side<Codec> clients{book};
    claimants<Codec> others{book};
};

}  // namespace cosio::test
