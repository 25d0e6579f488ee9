// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/emit.hpp>
#include <cosio/detail/namespace_group.hpp>

namespace cosio {

template <codec Codec>
class basic_socket;

/// Whom an event goes to, on all shards: built by chaining, used by emit() and the calls below it.
/// Reusable; refers to its namespace. Thread: any.
template <codec Codec>
class broadcast_operator
{
public:
    explicit broadcast_operator(
        detail::namespace_group& nsp, detail::socket_ptr sender = nullptr
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
    /// Cost: one block of the thread's recycled memory, a pointer per socket, and one post for each other shard.
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
        detail::emit_flags flags = flags_;
        flags.recoverable = !flags.is_volatile;
        return nsp_->broadcast(std::move(*packet), who_, flags, sender_.get());
    }

    /// The sockets of the audience, shard by shard. Their handles may be used on any thread as
    /// basic_socket says. Completes where the caller lives.
    [[nodiscard]] task<std::vector<basic_socket<Codec>>> fetch_sockets() const
    {
        return fetch(boost::intrusive_ptr{nsp_}, who_, sender_);
    }

    /// All of the audience join, leave a room, or are disconnected; on other shards soon.
    void sockets_join(std::string_view room) const
    {
        nsp_->on_each_socket(who_, sender_, [name = std::string{room}](const auto& socket) {
            static_cast<void>(socket->nsp()->join(*socket, name));
        });
    }

    void sockets_leave(std::string_view room) const
    {
        nsp_->on_each_socket(who_, sender_, [name = std::string{room}](const auto& socket) {
            socket->nsp()->leave(*socket, name);
        });
    }

    void disconnect_sockets(bool close_connection = false) const
    {
        nsp_->on_each_socket(who_, sender_, [close_connection](const auto& socket) {
            socket->disconnect(close_connection);
        });
    }

private:
    static task<std::vector<basic_socket<Codec>>> fetch(
        boost::intrusive_ptr<detail::namespace_group> nsp, audience who, detail::socket_ptr sender
    )
    {
        auto parts =
            detail::namespace_group::fetch(std::move(nsp), std::move(who), std::move(sender));
        const std::vector<detail::socket_ptr> found = co_await std::move(parts);
        std::vector<basic_socket<Codec>> handles;
        handles.reserve(found.size());
        for (const detail::socket_ptr& socket : found)
            handles.emplace_back(socket);
        co_return handles;
    }

    detail::namespace_group* nsp_;
    detail::socket_ptr sender_;
    audience who_;
    detail::emit_flags flags_;
};

}  // namespace cosio
