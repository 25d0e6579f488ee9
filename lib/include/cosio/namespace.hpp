// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/socket.hpp>

namespace cosio {

/// A namespace of a server. A reference to it: copy it, keep it while the server lives.
/// Thread: any; a handler that is added off a running shard counts there from its next turn on.
template <codec Codec>
class basic_namespace
{
public:
    using socket_type = basic_socket<Codec>;

    explicit basic_namespace(detail::namespace_group& state) noexcept : state_{&state} {}

    [[nodiscard]] const std::string& name() const noexcept { return state_->name(); }

    /// Decides who may connect, in the order of registration: `verdict f(socket)`, or a coroutine
    /// `task<verdict> f(socket)`. The socket is not connected yet; read its shake(). Those are asked that were
    /// registered when the socket came.
    template <class F>
    const basic_namespace& use(F middleware) const
    {
        using returned = std::invoke_result_t<F&, socket_type>;
        static_assert(
            std::is_same_v<returned, verdict> || !detail::takes_references<F>,
            "a coroutine middleware takes the socket by value"
        );
        state_->on_each_shard([middleware =
                                   std::move(middleware)](detail::namespace_state& part) mutable {
            // Shared with the calls under way: it may destroy its server, or register another one.
            auto shared = std::make_shared<F>(std::move(middleware));
            if constexpr (std::is_same_v<returned, verdict>)
                part.middlewares.push_back({.now = [shared](const detail::socket_ptr& socket) {
                    return (*shared)(socket_type{socket});
                }});
            else
                part.middlewares.push_back(
                    {.later = [shared](const detail::socket_ptr& socket) -> task<verdict> {
                        return (*shared)(socket_type{socket});
                    }}
                );
        });
        return *this;
    }

    /// Called for each socket that has connected, before its first event (SIO-16).
    template <class F>
    const basic_namespace& on_connection(F handler) const
    {
        static_assert(
            std::is_void_v<std::invoke_result_t<F&, socket_type>> || !detail::takes_references<F>,
            "a coroutine handler takes the socket by value"
        );
        state_->on_each_shard([handler =
                                   std::move(handler)](detail::namespace_state& part) mutable {
            // Shared with its coroutines, which may outlive the server.
            auto shared = std::make_shared<F>(std::move(handler));
            part.connection_handlers.push_back([shared](const detail::socket_ptr& socket) {
                using returned = std::invoke_result_t<F&, socket_type>;
                if constexpr (std::is_void_v<returned>) {
                    (*shared)(socket_type{socket});
                } else {
                    detail::spawn_handler(
                        socket, "connection", shared, (*shared)(socket_type{socket})
                    );
                }
            });
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
            part.events.add(name, detail::make_handler<Codec>(std::move(handler), false));
        });
        return *this;
    }

    /// Sends an event to every socket of the namespace.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        return all().emit(event, args...);
    }

    [[nodiscard]] broadcast_operator<Codec> to(std::string_view room) const
    {
        return all().to(room);
    }

    [[nodiscard]] broadcast_operator<Codec> in(std::string_view room) const
    {
        return all().to(room);
    }

    [[nodiscard]] broadcast_operator<Codec> except(std::string_view room) const
    {
        return all().except(room);
    }

    [[nodiscard]] broadcast_operator<Codec> volatile_() const { return all().volatile_(); }

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

    /// The connected sockets of all shards.
    [[nodiscard]] task<std::vector<socket_type>> fetch_sockets() const
    {
        return all().fetch_sockets();
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
    detail::namespace_group* state_;
};

}  // namespace cosio
