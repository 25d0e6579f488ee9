// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/any_value.hpp>
#include <cosio/detail/emit.hpp>
#include <cosio/detail/reply_sink.hpp>
#include <cosio/detail/socket_state.hpp>

namespace cosio {

/// The last parameter of a handler that answers its event: call it once with the reply.
/// Only the first call sends (EV-8); without an asking peer, or after its end, nothing is sent.
/// Move it into a coroutine or callback to answer later. Thread: any.
template <class... Reply>
class ack
{
public:
    using encoder = result<protocol::encoded_packet> (*)(
        const protocol::packet_header&, const protocol::packet_limits&, const Reply&...
    );

    ack() noexcept = default;

    ack(detail::socket_ptr socket, std::optional<std::uint64_t> id, encoder encode) noexcept
        : socket_{id ? std::move(socket) : nullptr}, id_{id.value_or(0)}, encode_{encode}
    {}

    /// The answer to a server-side event.
    ack(detail::reply_sink_ptr sink, encoder encode) noexcept
        : sink_{std::move(sink)}, encode_{encode}
    {}

    ack(ack&&) noexcept = default;
    ack& operator=(ack&&) noexcept = default;

    void operator()(const Reply&... reply) const
    {
        if (const detail::reply_sink_ptr sink = std::exchange(sink_, nullptr))
            sink->answer(
                encode_({.type = protocol::packet_type::ack, .id = 0}, sink->limits(), reply...)
            );
        const detail::socket_ptr socket = std::exchange(socket_, nullptr);
        if (!socket || !socket->connected())
            return;
        const protocol::packet_header header{
            .type = protocol::packet_type::ack, .nsp = socket->nsp_name(), .id = id_
        };
        auto packet = encode_(header, socket->limits().packet, reply...);
        if (packet)
            static_cast<void>(socket->send(std::move(*packet), {}));
        else
            static_cast<void>(socket->refuse_emit("acknowledgement", packet.error()));
    }

    /// True while a reply would be sent.
    [[nodiscard]] bool wanted() const noexcept
    {
        return sink_ || (socket_ && socket_->connected());
    }

private:
    mutable detail::socket_ptr socket_;
    mutable detail::reply_sink_ptr sink_;
    std::uint64_t id_ = 0;
    encoder encode_ = nullptr;
};

}  // namespace cosio
