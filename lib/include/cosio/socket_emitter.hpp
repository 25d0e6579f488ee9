// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/socket_emit.hpp>

namespace cosio {

/// How an event goes to one socket: built by chaining, used by emit() and emit_with_ack(). Reusable.
/// Thread: any.
template <codec Codec>
class socket_emitter
{
public:
    explicit socket_emitter(detail::socket_ptr to) noexcept : to_{std::move(to)} {}

    /// Dropped if it cannot leave at once (VOL-1); who waits for its answer is told `timeout` then.
    [[nodiscard]] socket_emitter volatile_() const
    {
        socket_emitter changed = *this;
        changed.how_.flags.is_volatile = true;
        changed.how_.flags.recoverable = false;
        return changed;
    }

    /// Replaces the event of that name and key that still waits to be sent, in its place: of a ticker or a cursor
    /// a slow client gets the last word only. As volatile_() it is not kept for connection state recovery. An
    /// acknowledgement of what was replaced does not come.
    /// Cost: one more block of recycled memory, and a look at what waits with a key.
    [[nodiscard]] socket_emitter latest(std::string_view key = {}) const
    {
        socket_emitter changed = *this;
        changed.how_.latest.emplace(key);
        changed.how_.flags.recoverable = false;
        return changed;
    }

    /// False: the transport sends it as it is, even if compression was agreed on (WS-15).
    [[nodiscard]] socket_emitter compress(bool compress) const
    {
        socket_emitter changed = *this;
        changed.how_.flags.compress = compress;
        return changed;
    }

    /// How long an answer may take; without it as long as `ack_timeout` says.
    [[nodiscard]] socket_emitter timeout(duration limit) const
    {
        socket_emitter changed = *this;
        changed.how_.timeout = limit;
        return changed;
    }

    /// As the socket's own emit().
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        return detail::emit_to_socket<Codec>(to_, how_, event, args...);
    }

    template <class... Args>
    send_status send(const Args&... args) const
    {
        return emit("message", args...);
    }

    /// As the socket's own emit_with_ack(), with the timeout of this chain.
    template <class... Reply, class... Args>
    [[nodiscard]] auto emit_with_ack(std::string_view event, Args... args) const
    {
        return detail::emit_with_ack_to<Codec, Reply...>(to_, how_, event, std::move(args)...);
    }

private:
    detail::socket_ptr to_;
    detail::emit_settings how_;
};

}  // namespace cosio
