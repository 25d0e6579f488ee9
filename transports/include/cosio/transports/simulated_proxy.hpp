// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/simulated_network.hpp>

#include <memory>
#include <string>

namespace cosio {

/// How an HTTP proxy treats what passes. The pieces in which it passes on are those of the network's quality.
struct proxy_behaviour
{
    duration delay = {};  ///< of each request and of each answer, before it is passed on whole
    bool retries_polls =
        false;  ///< a GET whose connection is lost before its answer is asked again, once
    bool reuses_connections = true;  ///< to the server; else each request has its own
    bool refuses_upgrades = false;   ///< answers 502 to WebSocket handshakes (U15)
    bool loses_upgrades = false;     ///< passes them on, and never the answer (A46)
};

/// A reverse proxy in a simulated world: who dials `name` reaches the host `to` through it.
/// Lifetime: the network outlives it. Destroying it closes the connections of its clients.
class simulated_proxy
{
public:
    simulated_proxy(
        simulation& world,
        simulated_network& network,
        std::string name,
        const std::string& to,
        const proxy_behaviour& behaviour = {}
    );
    ~simulated_proxy();
    simulated_proxy(const simulated_proxy&) = delete;
    simulated_proxy& operator=(const simulated_proxy&) = delete;

    /// GETs that were asked again.
    [[nodiscard]] std::size_t retried() const noexcept;

private:
    struct state;
    simulated_network* network_;
    std::string name_;
    std::shared_ptr<state> state_;
};

}  // namespace cosio
