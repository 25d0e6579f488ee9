// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/peer.hpp>

#include <utility>

// What is called by a peer and may throw.

namespace cosio::engine {

/// What is thrown by the layer above, or for want of memory, ends this session and no other.
template <class Step>
void peer::guarded(Step&& step) noexcept
{
    try {
        step();
    } catch (...) {
        const peer_ptr keep{this};
        if (owner_)
            owner_->on_handler_threw(*this, std::current_exception());
        try {
            close(close_reason::forced_close);
        } catch (...) {  // its timers find it closed
        }
    }
}

template <class Call>
void peer::tell_handler(Call&& call)
{
    if (handler_)
        guarded([&] { call(*handler_); });
}

}  // namespace cosio::engine
