// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "dial_attempt.hpp"

#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <memory>
#include <utility>

namespace cosio::test {

/// A network of memory between clients and one HTTP server, which may be down.
struct memory_network
{
    shard* home;
    http_server* server;
    bool down = false;
    memory_stream_options streams = {};
    bool silent = false;  ///< who dials waits
    unsigned dialed = 0;
};

/// Streams to the server of a memory_network. Lifetime: the network outlives it.
class memory_dialer final : public stream_dialer
{
public:
    explicit memory_dialer(memory_network& network) noexcept : network_{&network} {}

    std::unique_ptr<attempt> dial(dialed done) override
    {
        ++network_->dialed;
        auto begun = std::make_unique<dial_attempt>(std::move(done));
        if (network_->silent)
            return begun;
        network_->home->post([network = network_, state = begun->state] {
            const dialed told = std::exchange(*state, nullptr);
            if (!told)
                return;
            if (network->down) {
                told(link_failure{.why = engine::errc::connection_reset});
                return;
            }
            auto [near, far] = make_memory_streams(*network->home, network->streams);
            network->server->serve(std::move(far));
            told(std::move(near));
        });
        return begun;
    }

private:
    memory_network* network_;
};

}  // namespace cosio::test
