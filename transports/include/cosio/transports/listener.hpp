// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/http_front.hpp>
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
    /// Not empty: a Unix socket of that path, and no port. A socket file that nobody listens at any more is
    /// replaced; another file is an error. It is removed at the end. Two processes that start at the same moment
    /// with one path are not kept apart.
    std::string unix_path = {};
    unsigned unix_permissions = 0600;  ///< who may connect: 0660 lets in the group of the process
    int backlog = 4'096;
    http_options http = {};
    std::optional<tls_context> tls = {};  ///< set: https and wss, nothing else
};

/// Accepts connections and serves HTTP, long-polling and WebSocket on them. A server may have several.
/// Lifetime: hosts and shards outlive it. With several shards it is destroyed while they do not run.
class listener
{
public:
    /// Throws std::system_error, with one line that names address and port, or path, if it cannot listen, and
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
        : listener{
              shards, std::vector<engine_host*>{&http_front::host_of(server)}, std::move(options)
          }
    {}

    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    /// 0 for a Unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// How often each limit of HTTP was reached. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept;

    /// Stops accepting; connections that wait for a request end. Sessions live on. Thread: any.
    void close() noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace cosio
