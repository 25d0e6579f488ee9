// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/detail/client_multiplexer.hpp>
#include <cosio/detail/codec_functions.hpp>
#include <cosio/detail/socket_state.hpp>
#include <cosio/engine/peer.hpp>

#include <map>

namespace cosio::detail {

/// A Socket.IO client over one link, without its codec's types. Thread: its shard.
class client_state final : private client_owner
{
public:
    client_state(
        shard& home,
        std::unique_ptr<transport> link,
        client_options options,
        const codec_functions& codec
    );
    ~client_state() override;

    /// The socket of a namespace; CONNECT goes out as soon as the engine is open.
    [[nodiscard]] socket_ptr socket(std::string_view nsp, boost::json::value auth);

    void close();

    [[nodiscard]] bool is_open() const noexcept { return open_; }

private:
    void on_engine_open(std::string_view json) override;
    void on_ended(close_reason reason, error_code why) noexcept override;

    shard* home_;
    client_options options_;
    limits_ptr limits_;
    engine::peer_config peer_config_;
    std::unique_ptr<packet_decoder> decoder_;
    engine::peer_ptr peer_;
    client_multiplexer* multiplexer_ = nullptr;
    std::map<std::string, socket_ptr, std::less<>> sockets_;
    bool open_ = false;
};

}  // namespace cosio::detail
