// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/namespace_state.hpp>
#include <cosio/engine/server.hpp>

#include <map>

namespace cosio::detail {

/// What a Socket.IO server has on one of its shards. Thread: the shard.
class server_shard
{
public:
    server_shard(shard& home, const server_options& options, limits_ptr limits);
    ~server_shard();
    server_shard(const server_shard&) = delete;
    server_shard& operator=(const server_shard&) = delete;

    [[nodiscard]] shard& home() noexcept { return *home_; }

    [[nodiscard]] engine::server& engine() noexcept { return engine_; }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    [[nodiscard]] packet_decoder& decoder() noexcept { return *decoder_; }

    /// Clients may join it from now on.
    void add(namespace_state& nsp);

    [[nodiscard]] namespace_state* find(std::string_view name) noexcept;

private:
    [[nodiscard]] std::unique_ptr<engine::peer_handler> make_multiplexer(
        engine::peer& session, const http_request& request
    );

    shard* home_;
    limits_ptr limits_;
    std::unique_ptr<packet_decoder> decoder_;
    std::map<std::string_view, boost::intrusive_ptr<namespace_state>> namespaces_;  // their names
    engine::server engine_;
};

}  // namespace cosio::detail
