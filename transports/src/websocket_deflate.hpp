// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "wire/deflate.hpp"

#include <cosio/engine/session.hpp>
#include <cosio/outbox.hpp>
#include <cosio/shard.hpp>

namespace cosio {

class deflate_contexts;

/// permessage-deflate of one WebSocket. What keeps nothing between messages belongs to the shard, so it
/// costs this object alone; contexts are made when the first message needs them.
class websocket_deflate
{
public:
    /// Lifetime: the io_context of `home` outlives its use.
    websocket_deflate(shard& home, engine::role side, const deflate_options& agreed);
    ~websocket_deflate();

    [[nodiscard]] wire::inflater& inflater() noexcept;

    /// Exchanges those of the first `frames` that pay for their compressed form. Without context that is
    /// shared with all who send the same packet.
    void compress(outbox& pending, std::size_t frames);

    /// The compressed payload of `packet`, or empty if it is to be sent as it is.
    /// Lifetime: until something else is compressed on the shard.
    [[nodiscard]] bytes_view compress(const frame& packet);

private:
    [[nodiscard]] frame_ref deflated(const frame& packet);

    deflate_contexts* shared_;
    std::unique_ptr<wire::inflater> inflater_;  // with context
    std::unique_ptr<wire::deflater> deflater_;  // with context
    std::size_t threshold_;
    std::uint8_t window_bits_;  // of what is sent
    std::uint8_t level_;
    std::uint8_t memory_level_;
};

}  // namespace cosio
