// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/http_server.hpp>
#include <cosio/transports/tls.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cosio {

struct listener_options
{
    std::string address = "::";  ///< numeric; "::" takes IPv4 too
    std::uint16_t port = 0;      ///< 0: the system chooses, see listener::port()
    int backlog = 4'096;
    http_options http = {};
    std::optional<tls_context> tls = {};  ///< set: https and wss, nothing else
};

/// Accepts TCP connections and serves HTTP, long-polling and WebSocket on them.
/// Lifetime: hosts and shard outlive it.
class listener
{
public:
    /// Throws std::system_error, with one line that names address and port, if it cannot listen, and
    /// std::invalid_argument if an option is wrong.
    listener(shard& home, std::vector<engine_host*> hosts, listener_options options);

    /// For a server that has an engine(): basic_server and engine::server.
    template <class Server>
    listener(shard& home, Server& server, listener_options options)
        : listener{home, std::vector<engine_host*>{&host_of(server)}, std::move(options)}
    {}

    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;

    /// Stops accepting; connections that wait for a request end. Sessions live on.
    void close() noexcept;

private:
    template <class Server>
    [[nodiscard]] static engine_host& host_of(Server& server)
    {
        if constexpr (requires { server.engine(); })
            return server.engine();
        else
            return server;
    }

    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace cosio
