// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/binary.hpp>
#include <cosio/engine/server.hpp>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

// Engine.IO alone: connections that carry text and bytes, over long-polling and WebSocket, without Socket.IO.

namespace cosio {

/// One connection of an engine_server. A handle: it may outlive the connection, and then does nothing.
/// Thread: the connection's shard.
class engine_socket
{
public:
    struct state;

    explicit engine_socket(std::shared_ptr<state> of) noexcept : state_{std::move(of)} {}

    /// The id of the session. A secret: who knows it can speak for the client. Empty after the end.
    [[nodiscard]] std::string_view id() const noexcept;

    /// "polling" or "websocket"; empty after the end.
    [[nodiscard]] std::string_view transport_name() const noexcept;

    [[nodiscard]] bool is_open() const noexcept;

    /// Where it lives.
    [[nodiscard]] shard& home() const noexcept;

    /// Sends one message of UTF-8.
    send_status send(std::string_view text) const;

    /// Sends one message of bytes. Copies of a `binary` share them.
    send_status send(const binary& bytes) const;

    /// Ends it; what was sent is written first.
    void close() const;

    /// Called with each message of text; the view is valid during the call. One function: the last one counts.
    /// What a handler throws is logged, and ends the connection.
    const engine_socket& on_text(std::function<void(std::string_view)> handler) const;

    /// Called with each message of bytes.
    const engine_socket& on_binary(std::function<void(binary)> handler) const;

    /// Called when it has moved from long-polling to WebSocket.
    const engine_socket& on_upgrade(std::function<void()> handler) const;

    /// Called once, at the end, also if the server closes; not if it is destroyed.
    const engine_socket& on_close(std::function<void(close_reason)> handler) const;

    friend bool operator==(const engine_socket&, const engine_socket&) noexcept = default;

private:
    std::shared_ptr<state> state_;
};

/// A server of bare Engine.IO: to be given to a listener or an http_front, beside Socket.IO's or alone.
/// Lifetime: the shards outlive it. Destroying it ends its connections without a word; close() it first for that.
/// With several shards it is destroyed while they do not run.
class engine_server
{
public:
    /// `request` is the handshake's. Lifetime: during the call.
    using connection_handler = std::function<void(engine_socket, const http_request& request)>;

    /// The path is "/engine.io/" unless `options` say otherwise. Throws std::invalid_argument if an option is wrong.
    explicit engine_server(shard& home, engine_options options = default_options())
        : engine_server{std::array{&home}, std::move(options)}
    {}

    explicit engine_server(
        std::span<shard* const> shards, engine_options options = default_options()
    );

    engine_server(const engine_server&) = delete;
    engine_server& operator=(const engine_server&) = delete;

    /// Called with each new connection, on its shard; each shard has its own copy. Before anybody connects.
    void on_connection(const connection_handler& handler);

    /// Adds a middleware of HTTP behind those of the options, also while the server runs. Thread: any.
    void use_http(const http_middleware& middleware);

    /// Every connection ends with "server shutting down"; new ones are refused. Thread: any.
    void close();

    /// Connections on all shards. Thread: any.
    [[nodiscard]] std::size_t connection_count() const noexcept;

    /// What a listener is given.
    [[nodiscard]] engine::server& engine() noexcept { return *parts_.front()->engine; }

    [[nodiscard]] static engine_options default_options();

private:
    struct part
    {
        connection_handler connect;
        std::unique_ptr<engine::server> engine;
    };

    template <class F>
    void on_shards(F action);

    std::vector<std::shared_ptr<part>> parts_;  // by shard
};

}  // namespace cosio
