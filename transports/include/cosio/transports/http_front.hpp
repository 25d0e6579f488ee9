// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/http_exchange.hpp>
#include <cosio/transports/http_server.hpp>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cosio {

/// The HTTP side of a server on all its shards, for connections and requests that other servers have accepted:
/// adopt() takes a connection over, answer() answers one request. A `listener` is one of these with a socket.
/// Lifetime: hosts and shards outlive it. With several shards it is destroyed while they do not run.
class http_front
{
public:
    /// Each host must have a part on every shard. Throws std::invalid_argument if an option is wrong.
    http_front(
        std::span<shard* const> shards, std::vector<engine_host*> hosts, http_options options = {}
    );

    http_front(shard& home, std::vector<engine_host*> hosts, http_options options = {})
        : http_front{std::array{&home}, std::move(hosts), std::move(options)}
    {}

    /// For a server that has an engine(): basic_server, engine_server; or is one: engine::server.
    template <class Server>
    http_front(shard& home, Server& server, http_options options = {})
        : http_front{std::array{&home}, server, std::move(options)}
    {}

    template <class Server>
    http_front(std::span<shard* const> shards, Server& server, http_options options = {})
        : http_front{shards, std::vector<engine_host*>{&host_of(server)}, std::move(options)}
    {}

    ~http_front();
    http_front(const http_front&) = delete;
    http_front& operator=(const http_front&) = delete;

    /// True if a request to `target`, path and query, is one of a host's. Thread: any.
    [[nodiscard]] bool serves(std::string_view target) const noexcept;

    /// Where the next connection is to live: the shards have their turns. Thread: any.
    [[nodiscard]] shard& next_shard() noexcept;

    /// The shard of that io_context, or null. Thread: any.
    [[nodiscard]] shard* shard_of(const asio::execution_context& context) noexcept;

    /// Serves a connection from which `received` was read already, as if it had come to a listener: what follows
    /// on it too, and the WebSocket that it becomes. Precondition: `stream` belongs to `where`, one of the shards.
    /// Thread: any.
    void adopt(shard& where, std::unique_ptr<byte_stream> stream, std::string received = {});

    /// The same after somebody has read a whole request from it, and behind that `received`. It is looked at as if
    /// it had come here: limits count, and what cannot be one is answered with 400.
    void adopt(
        shard& where,
        std::unique_ptr<byte_stream> stream,
        const http_request& request,
        std::string_view received = {}
    );

    /// The same after the head alone: the body, if `head` announces one, begins in `received`.
    void adopt_head(
        shard& where,
        std::unique_ptr<byte_stream> stream,
        const http_request& head,
        std::string_view received = {}
    );

    /// Answers one request of a server that keeps its connections, whatever that is made of: at once, or, for
    /// long-polling, when there is something to say. `to` is told on a shard, once, unless it abandons its ticket.
    /// A WebSocket handshake is accepted if `to` takes it, and is told so; else it is refused. Thread: any.
    http_ticket answer(http_request request, std::shared_ptr<http_answer_sink> to);

    /// As above, for who takes no WebSocket: `to` is called as to(http_response).
    template <class F>
        requires std::is_invocable_v<F&, http_response>
    http_ticket answer(http_request request, F to)
    {
        return answer(
            std::move(request),
            std::shared_ptr<http_answer_sink>{
                std::make_shared<detail::answer_function<F>>(std::move(to))
            }
        );
    }

    /// Ends the connections that wait for a request; those with one under way end after it. Thread: any.
    void close() noexcept;

    /// How often each limit of HTTP was reached, on all shards. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept;

    /// Connections and requests of answer(), on all shards. Thread: any.
    [[nodiscard]] std::size_t connection_count() const noexcept;

    /// The engine_host of a server of whatever kind.
    template <class Server>
    [[nodiscard]] static engine_host& host_of(Server& server)
    {
        if constexpr (requires { server.engine(); })
            return server.engine();
        else
            return server;
    }

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace cosio
