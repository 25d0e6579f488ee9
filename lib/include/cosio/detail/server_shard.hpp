// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/namespace_state.hpp>
#include <cosio/drain.hpp>
#include <cosio/engine/drainer.hpp>

#include <map>

namespace cosio::detail {

class server_state;

/// What a Socket.IO server has on one of its shards. Thread: the shard.
class server_shard
{
public:
    server_shard(
        shard& home, server_state& server, const server_options& options, limits_ptr limits
    );
    ~server_shard();
    server_shard(const server_shard&) = delete;
    server_shard& operator=(const server_shard&) = delete;

    [[nodiscard]] shard& home() noexcept { return *home_; }

    [[nodiscard]] engine::server& engine() noexcept { return engine_; }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    [[nodiscard]] packet_decoder& decoder() noexcept { return *decoder_; }

    /// Clients may join it from now on.
    void add(namespace_state& nsp);

    /// Nobody joins it any more. Does nothing if another one has its name by now.
    void remove(namespace_state& nsp) noexcept;

    [[nodiscard]] namespace_state* find(std::string_view name) noexcept;

    /// Refuses new sessions and ends those that there are; `done` is told how many were cut off.
    void drain(const drain_options& options, std::function<void(std::size_t)> done);

    /// The whole server. Lifetime: longer than this.
    [[nodiscard]] server_state& server() noexcept { return *server_; }

private:
    [[nodiscard]] std::unique_ptr<engine::peer_handler> make_multiplexer(
        engine::peer& session, const http_request& request
    );

    shard* home_;
    server_state* server_;
    limits_ptr limits_;
    std::unique_ptr<packet_decoder> decoder_;
    std::map<std::string_view, boost::intrusive_ptr<namespace_state>> namespaces_;  // their names
    engine::server engine_;
    std::unique_ptr<engine::drainer> drainer_;
};

/// The multiplexer of one client of a server: it lets sockets into namespaces.
[[nodiscard]] std::unique_ptr<engine::peer_handler> make_server_multiplexer(
    engine::peer& link, server_shard& server, connection_request_ptr request
);

}  // namespace cosio::detail
