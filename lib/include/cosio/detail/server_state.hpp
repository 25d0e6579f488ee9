// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/namespace_state.hpp>
#include <cosio/engine/server.hpp>

#include <map>

namespace cosio::detail {

/// A Socket.IO server without its codec's types: compiled once. Thread: its shard.
class server_state
{
public:
    server_state(shard& home, server_options options, const codec_functions& codec);
    ~server_state();

    [[nodiscard]] shard& home() noexcept { return *home_; }

    [[nodiscard]] engine::server& engine() noexcept { return engine_; }

    [[nodiscard]] const server_options& options() const noexcept { return options_; }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    [[nodiscard]] const codec_functions& codec() const noexcept { return *codec_; }

    [[nodiscard]] packet_decoder& decoder() noexcept { return *decoder_; }

    /// The namespace of that name, created if need be. Throws std::invalid_argument for a bad name.
    [[nodiscard]] namespace_state& of(std::string_view name);

    [[nodiscard]] namespace_state* find(std::string_view name) noexcept;

    /// Every socket ends with "server shutting down", new sessions are refused.
    void close();

private:
    [[nodiscard]] std::unique_ptr<engine::peer_handler> make_multiplexer(
        engine::peer& session, const http_request& request
    );

    shard* home_;
    server_options options_;
    limits_ptr limits_;
    const codec_functions* codec_;
    std::unique_ptr<packet_decoder> decoder_;
    std::map<std::string, boost::intrusive_ptr<namespace_state>, std::less<>> namespaces_;
    engine::server engine_;
};

}  // namespace cosio::detail
