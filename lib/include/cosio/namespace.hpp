// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_calls.hpp>
#include <cosio/detail/namespace_handlers.hpp>
#include <cosio/detail/server_side_emit.hpp>

namespace cosio {

/// A namespace of a server. A reference to it: copy it, keep it; after its server nothing is sent.
/// Thread: any; a handler that is added off a running shard counts there from its next turn on.
template <codec Codec>
class basic_namespace : public broadcast_calls<Codec, basic_namespace<Codec>>
{
public:
    using socket_type = basic_socket<Codec>;

    explicit basic_namespace(detail::namespace_group& state) noexcept : state_{&state} {}

    [[nodiscard]] bool operator==(const basic_namespace& other) const noexcept
    {
        return state_ == other.state_;
    }

    [[nodiscard]] const std::string& name() const noexcept { return state_->name(); }

    /// Decides who may connect, in the order of registration: `verdict f(socket)`, or a coroutine
    /// `task<verdict> f(socket)`. The socket is not connected yet; read its shake(). Those are asked that were
    /// registered when the socket came.
    template <class F>
    const basic_namespace& use(F middleware) const
    {
        state_->on_each_shard([middleware =
                                   std::move(middleware)](detail::namespace_state& part) mutable {
            detail::add_middleware<Codec>(part, std::move(middleware));
        });
        return *this;
    }

    /// Called for each socket that has connected, before its first event (SIO-16).
    template <class F>
    const basic_namespace& on_connection(F handler) const
    {
        state_->on_each_shard([handler =
                                   std::move(handler)](detail::namespace_state& part) mutable {
            detail::add_connection_handler<Codec>(part, std::move(handler));
        });
        return *this;
    }

    /// A handler that all sockets of the namespace share: it costs nothing per socket. It usually takes
    /// the socket as its first parameter. Called after the socket's own handlers of that event.
    template <class F>
    const basic_namespace& on(std::string_view event, F&& handler) const
    {
        state_->on_each_shard([name = std::string{event},
                               handler = std::forward<F>(handler)](detail::namespace_state& part
                              ) mutable {
            detail::add_event_handler<Codec>(part, name, std::move(handler));
        });
        return *this;
    }

    /// How many coroutine handlers each socket of the namespace may have under way before its next event waits;
    /// 0: as the options say.
    const basic_namespace& set_handlers_at_once(std::uint16_t count) const
    {
        state_->on_each_shard([count](detail::namespace_state& part) {
            part.handlers_at_once = count;
        });
        return *this;
    }

    /// What becomes of rooms, on each shard: `handler(const room_event&)`. Registered in mid-flight it hears
    /// only of what comes.
    template <class F>
    const basic_namespace& on_room_event(F handler) const
    {
        state_->on_each_shard([handler = std::move(handler)](detail::namespace_state& part
                              ) mutable { part.room_listeners.emplace_back(std::move(handler)); });
        return *this;
    }

    /// Sends an event to the other shards of this server, where handlers of on_server_side() hear it; no
    /// client does. Off all shards: to all of them. A last argument that is a callback taking
    /// `broadcast_replies<...>` is called once with their answers, on the shard that asked, or on the first.
    template <class... Args>
    send_status server_side_emit(std::string_view event, const Args&... args) const
    {
        return detail::server_side_emit<Codec>(*state_, event, args...);
    }

    /// As server_side_emit(); completes with the answers of all shards that have a handler.
    template <class... Reply, class... Args>
    [[nodiscard]] task<broadcast_replies<Reply...>> server_side_emit_with_ack(
        duration timeout, std::string_view event, const Args&... args
    ) const
    {
        return detail::gather_server_side<Codec, Reply...>(
            state_, timeout, std::string{event}, std::tuple{detail::own(args)...}
        );
    }

    /// Hears what server_side_emit() sends on other shards: parameters as those of on(), but no socket.
    template <class F>
    const basic_namespace& on_server_side(std::string_view event, F handler) const
    {
        state_->on_each_shard([name = std::string{event},
                               handler =
                                   std::move(handler)](detail::namespace_state& part) mutable {
            if (!part.server_events.decoder)
                part.server_events.decoder = Codec::make_decoder(part.limits().packet);
            part.server_events.entries.push_back(
                {name, std::make_shared<detail::typed_server_handler<Codec, F>>(std::move(handler))}
            );
        });
        return *this;
    }

    /// The connected sockets of the caller's shard (of the first one, off all shards), or those in any of
    /// `rooms`, each once. All shards: fetch_sockets().
    [[nodiscard]] std::vector<socket_type> sockets(std::vector<std::string> rooms = {}) const
    {
        std::vector<socket_type> found;
        for (const detail::socket_ptr& socket :
             state_->local().select_sockets({.rooms = std::move(rooms)}, nullptr))
            found.emplace_back(socket);
        return found;
    }

    /// The rooms that have members on any shard, in alphabetical order; not those of the sockets' own ids.
    [[nodiscard]] task<std::vector<std::string>> all_rooms() const
    {
        return detail::namespace_group::all_rooms(state_);
    }

    /// On all shards. Thread: any.
    [[nodiscard]] std::size_t socket_count() const noexcept { return state_->size(); }

    /// Members of a room on the caller's shard (on the first one, off all shards).
    [[nodiscard]] std::size_t room_size(std::string_view room) const noexcept
    {
        return state_->local().rooms.count(room);
    }

    /// Everybody in the namespace.
    [[nodiscard]] broadcast_operator<Codec> all() const
    {
        return broadcast_operator<Codec>{*state_};
    }

private:
    boost::intrusive_ptr<detail::namespace_group> state_;
};

}  // namespace cosio
