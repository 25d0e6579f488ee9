// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/http_server.hpp>
#include <cosio/transports/tls.hpp>

#include <array>
#include <memory>
#include <optional>
#include <span>
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
/// Lifetime: hosts and shards outlive it. With several shards it is destroyed while they do not run.
class listener
{
public:
    /// Throws std::system_error, with one line that names address and port, if it cannot listen, and
    /// std::invalid_argument if an option is wrong.
    listener(shard& home, std::vector<engine_host*> hosts, listener_options options)
        : listener{std::array{&home}, std::move(hosts), std::move(options)}
    {}

    /// Connections are dealt out to the shards in turn; the first one accepts them. Each host must have a
    /// part on every shard.
    listener(
        std::span<shard* const> shards, std::vector<engine_host*> hosts, listener_options options
    );

    /// For a server that has an engine(): basic_server and engine::server.
    template <class Server>
    listener(shard& home, Server& server, listener_options options)
        : listener{std::array{&home}, server, std::move(options)}
    {}

    template <class Server>
    listener(std::span<shard* const> shards, Server& server, listener_options options)
        : listener{shards, std::vector<engine_host*>{&host_of(server)}, std::move(options)}
    {}

    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;

    /// How often each limit of HTTP was reached. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept;

    /// Stops accepting; connections that wait for a request end. Sessions live on. Thread: any.
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
