// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/emit.hpp>
#include <cosio/detail/namespace_state.hpp>

namespace cosio {

/// Whom an event goes to: built by chaining, used by emit(). Reusable; refers to its namespace.
template <codec Codec>
class broadcast_operator
{
public:
    explicit broadcast_operator(
        detail::namespace_state& nsp, detail::socket_ptr sender = nullptr
    ) noexcept
        : nsp_{&nsp}, sender_{std::move(sender)}
    {}

    /// Adds a room; the audience is the union of all rooms, each socket once (ORD-2).
    [[nodiscard]] broadcast_operator to(std::string_view room) const&
    {
        broadcast_operator wider = *this;
        return std::move(wider).to(room);
    }

    [[nodiscard]] broadcast_operator to(std::string_view room) &&
    {
        who_.rooms.emplace_back(room);
        return std::move(*this);
    }

    /// The same as to().
    [[nodiscard]] broadcast_operator in(std::string_view room) const { return to(room); }

    /// Leaves out the members of a room; wins over to().
    [[nodiscard]] broadcast_operator except(std::string_view room) const
    {
        broadcast_operator narrower = *this;
        narrower.who_.except.emplace_back(room);
        return narrower;
    }

    /// Sockets whose link is not writable now do not get the event (VOL-1).
    [[nodiscard]] broadcast_operator volatile_() const
    {
        broadcast_operator changed = *this;
        changed.flags_.is_volatile = true;
        return changed;
    }

    /// Sends the event to the audience. Encoded once, the frames are shared by all.
    /// Cost: one allocation, and a pointer per socket. Thread: any.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        auto packet = detail::encode_event<Codec>(
            nsp_->name(), std::nullopt, nsp_->limits().packet, event, args...
        );
        if (!packet) {
            nsp_->limits().log(
                log_level::warning,
                "{}: emit \"{}\": {}",
                nsp_->name(),
                event,
                packet.error().message()
            );
            return send_status::rejected;
        }
        return nsp_->broadcast(std::move(*packet), who_, flags_, sender_.get());
    }

private:
    detail::namespace_state* nsp_;
    detail::socket_ptr sender_;
    audience who_;
    detail::emit_flags flags_;
};

}  // namespace cosio
