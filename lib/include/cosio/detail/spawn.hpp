// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/socket_state.hpp>
#include <cosio/engine/peer.hpp>

#include <boost/asio/co_spawn.hpp>

#include <string>

namespace cosio::detail {

template <class T>
inline constexpr bool is_coroutine = false;
template <class Executor>
inline constexpr bool is_coroutine<asio::awaitable<void, Executor>> = true;

/// A coroutine that runs for a socket.
struct running_handler
{
    socket_ptr socket;
    engine::peer_ptr link;  // null if the socket was over when it began
    bool in_order;          // later events of the socket wait for it
};

/// Counts a coroutine handler of `socket` as running.
[[nodiscard]] running_handler begin_handler(socket_ptr socket, bool in_order) noexcept;

/// Counts it as ended, and reports what it threw.
void end_handler(
    const running_handler& which, std::string_view event, const std::exception_ptr& thrown
) noexcept;

/// A handler begins to wait for its peer: until end_wait() it does not count as running. Null if nothing
/// is to be counted: the socket has ended, or this is another thread.
[[nodiscard]] engine::peer_ptr begin_wait(const socket_ptr& socket) noexcept;
void end_wait(const engine::peer_ptr& link) noexcept;

/// Runs a handler's coroutine up to its first suspension, and on from there on the socket's shard.
/// `handler` owns the lambda whose captures the coroutine uses; it is kept until the end.
template <class Owner, class Awaitable>
void spawn_handler(
    const socket_ptr& socket,
    std::string_view event,
    Owner handler,
    Awaitable coroutine,
    bool in_order
)
{
    asio::co_spawn(
        socket->home().executor(),
        std::move(coroutine),
        [running = begin_handler(socket, in_order),
         handler = std::move(handler),
         name = std::string{event}](const std::exception_ptr& thrown) {
            end_handler(running, name, thrown);
        }
    );
}

}  // namespace cosio::detail
