// SPDX-License-Identifier: BSL-1.0
#include "websocket_deflate.hpp"

#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <vector>

namespace cosio {

/// Of one io_context, hence of one thread: buffers for all, contexts for those who keep none.
class deflate_contexts final : public asio::execution_context::service
{
public:
    using key_type = deflate_contexts;
    static inline asio::execution_context::id id;

    explicit deflate_contexts(asio::execution_context& owner) : service{owner} {}

    wire::deflater& deflater(unsigned window_bits, unsigned level, unsigned memory_level)
    {
        const auto found = std::ranges::find_if(deflaters_, [&](const entry& one) {
            return one.window_bits == window_bits && one.level == level &&
                   one.memory_level == memory_level;
        });
        if (found != deflaters_.end())
            return found->codec;
        return deflaters_
            .emplace_back(
                window_bits,
                level,
                memory_level,
                wire::deflater{
                    deflated,
                    window_bits,
                    static_cast<int>(level),
                    static_cast<int>(memory_level),
                    false
                }
            )
            .codec;
    }

    // A handler that reads an inflated packet may send others meanwhile: two buffers.
    wire::deflate_buffer inflated;
    wire::deflate_buffer deflated;
    wire::inflater inflater{inflated, 15, false};  // reads narrower windows too

private:
    struct entry
    {
        unsigned window_bits;
        unsigned level;
        unsigned memory_level;
        wire::deflater codec;
    };

    void shutdown() override {}

    std::vector<entry> deflaters_;  // one for each window that was agreed on
};

websocket_deflate::websocket_deflate(shard& home, engine::role side, const deflate_options& agreed)
    : shared_{&asio::use_service<deflate_contexts>(
          static_cast<asio::execution_context&>(home.context())
      )},
      threshold_{agreed.threshold_bytes},
      window_bits_{
          side == engine::role::server ? agreed.server_max_window_bits
                                       : agreed.client_max_window_bits
      },
      level_{agreed.level},
      memory_level_{agreed.memory_level}
{
    const bool serves = side == engine::role::server;
    const bool inflates_with_context =
        serves ? !agreed.client_no_context_takeover : !agreed.server_no_context_takeover;
    const bool deflates_with_context =
        serves ? !agreed.server_no_context_takeover : !agreed.client_no_context_takeover;
    if (inflates_with_context)
        inflater_ = std::make_unique<wire::inflater>(
            shared_->inflated,
            serves ? agreed.client_max_window_bits : agreed.server_max_window_bits,
            true
        );
    if (deflates_with_context)
        deflater_ = std::make_unique<wire::deflater>(
            shared_->deflated, window_bits_, level_, memory_level_, true
        );
}

websocket_deflate::~websocket_deflate() = default;

wire::inflater& websocket_deflate::inflater() noexcept
{
    return inflater_ ? *inflater_ : shared_->inflater;
}

void websocket_deflate::compress(outbox& pending, std::size_t frames)
{
    frames = std::min(frames, pending.size());
    for (std::size_t i = pending.mid_frame() ? 1 : 0; i < frames; ++i) {
        const frame& packet = *pending[i];
        if (packet.size() < threshold_ || packet.is_deflated() || !packet.may_compress())
            continue;
        if (frame_ref smaller = deflated(packet))
            pending.replace(i, std::move(smaller));
    }
}

frame_ref websocket_deflate::deflated(const frame& packet)
{
    const auto make = [&] {
        const bytes_view payload = compress(packet);
        frame_builder form{packet.kind(), payload.size()};
        form.append(payload);
        shared_->deflated.release();
        return form.finish_deflated(window_bits_);
    };
    return deflater_ ? make() : packet.deflated(window_bits_, make);
}

bytes_view websocket_deflate::compress(const frame& packet)
{
    if (packet.size() < threshold_ || !packet.may_compress())
        return {};
    // With context all of it must be sent, for the other end's window follows.
    if (deflater_)
        return deflater_->deflate(packet.payload());
    const bytes_view payload =
        shared_->deflater(window_bits_, level_, memory_level_).deflate(packet.payload());
    return payload.size() < packet.size() ? payload : bytes_view{};
}

}  // namespace cosio
