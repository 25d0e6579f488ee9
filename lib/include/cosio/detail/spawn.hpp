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

/// Counts a coroutine handler of `socket` as running; the peer it belongs to, or null.
[[nodiscard]] engine::peer_ptr begin_handler(const socket_ptr& socket) noexcept;

/// Counts it as ended, and reports what it threw.
void end_handler(
    const engine::peer_ptr& link,
    const socket_ptr& socket,
    std::string_view event,
    const std::exception_ptr& thrown
) noexcept;

/// A handler begins to wait for its peer: until end_wait() it does not count as running. Null if nothing
/// is to be counted: the socket has ended, or this is another thread.
[[nodiscard]] engine::peer_ptr begin_wait(const socket_ptr& socket) noexcept;
void end_wait(const engine::peer_ptr& link) noexcept;

/// Runs a handler's coroutine up to its first suspension, and on from there on the socket's shard.
/// `handler` owns the lambda whose captures the coroutine uses; it is kept until the end.
template <class Owner, class Awaitable>
void spawn_handler(
    const socket_ptr& socket, std::string_view event, Owner handler, Awaitable coroutine
)
{
    asio::co_spawn(
        socket->home().executor(),
        std::move(coroutine),
        [socket,
         handler = std::move(handler),
         link = begin_handler(socket),
         name = std::string{event}](const std::exception_ptr& thrown) {
            end_handler(link, socket, name, thrown);
        }
    );
}

}  // namespace cosio::detail
