// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine_host.hpp>
#include <cosio/transports/byte_stream.hpp>
#include <cosio/transports/http_exchange.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace cosio {

class client_bundles;

/// Answers requests that are not Engine.IO's; nullopt means 404. Called on the connection's shard.
using http_handler = std::function<std::optional<http_response>(const http_request&)>;

/// Takes a connection over: its stream, and what has come behind the request. Nothing has been answered.
using upgrade_taker = std::function<void(std::unique_ptr<byte_stream>, std::string received)>;

struct http_options
{
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_headers = 100;
    std::size_t max_target_bytes = 8 * 1024;
    duration header_timeout =
        std::chrono::seconds{10};  ///< from connecting, or a later request's first byte
    duration keep_alive_timeout = std::chrono::seconds{5};  ///< between two requests
    duration body_grace = std::chrono::seconds{5};  ///< then a body must come at min_body_rate
    std::size_t min_body_bytes_per_second = 1'024;
    duration write_timeout =
        std::chrono::seconds{20};  ///< for a peer that takes nothing of an answer
    std::size_t max_websocket_fragments = 1'024;
    /// Not yet upgraded, or saying goodbye; then new ones are closed at once.
    std::size_t max_connections = 100'000;
    duration linger = std::chrono::seconds{2};
    http_handler handler = {};

    /// Asked before the hosts; nullopt means: go on. For files below a host's path, as `/socket.io/socket.io.js`.
    /// A POST below a host's path is shown without its body if that has not come with the head; who answers it
    /// then ends the connection. Not asked about WebSocket handshakes.
    http_handler before = {};

    /// Browser bundles of the JavaScript client, below each host's path as `/socket.io/socket.io.js`; asked for
    /// by client_bundles::load(). None by default.
    std::shared_ptr<const client_bundles> serve_client = {};

    /// Asked about requests with an Upgrade field that are not Engine.IO's. An empty function means: not mine; then
    /// a WebSocket handshake gets 404 and the end, anything else goes to `handler` as if there was no such field.
    std::function<upgrade_taker(const http_request&)> upgrade_handler = {};
    logger log = {};
};

/// Throws std::invalid_argument with one line that names the first wrong option.
void validate(const http_options& options);

/// HTTP/1.1 over any byte stream: routes Engine.IO requests to their hosts and the rest to the handler.
/// Lifetime: outlives its connections; the hosts outlive it. Thread: the shard. Several shards: one
/// http_server on each, which are told of each other.
class http_server
{
public:
    http_server(shard& home, std::vector<engine_host*> hosts, http_options options);
    ~http_server();
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;

    /// Where its connections live.
    [[nodiscard]] shard& home() noexcept;

    /// Makes `parts`, each on a shard of its own, one server: `max_connections` counts for all, and a
    /// connection moves to the shard of the session that it asks for. Precondition: none serves yet.
    static void unite(std::span<http_server* const> parts);

    /// Serves one connection until it ends or is upgraded. `received`: what was read from it already.
    void serve(std::unique_ptr<byte_stream> stream, std::string received = {});

    /// As serve(), for a stream that is on this server's shard already. Thread: any.
    void serve_later(std::unique_ptr<byte_stream> stream, std::string received = {});

    /// Answers one request of another server: see http_front::answer(). Thread: any.
    http_ticket answer(http_request request, std::shared_ptr<http_answer_sink> to);

    /// Ends the connections that wait for a request; those with one under way end after it. Thread: any.
    void close() noexcept;

    /// How often each limit of HTTP was reached, on all shards. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept;

    /// On all shards. Thread: any.
    [[nodiscard]] std::size_t connection_count() const noexcept;

    struct state;

private:
    std::shared_ptr<state> state_;
};

}  // namespace cosio
