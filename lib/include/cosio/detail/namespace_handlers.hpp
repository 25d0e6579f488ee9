// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/socket.hpp>

// From what users register to what one shard's part of a namespace keeps.

namespace cosio::detail {

template <codec Codec, class F>
void add_middleware(namespace_state& part, F middleware)
{
    using socket_type = basic_socket<Codec>;
    using returned = std::invoke_result_t<F&, socket_type>;
    static_assert(
        std::is_same_v<returned, verdict> || !takes_references<F>,
        "a coroutine middleware takes the socket by value"
    );
    // Shared with the calls under way: it may destroy its server, or register another one.
    auto shared = std::make_shared<F>(std::move(middleware));
    if constexpr (std::is_same_v<returned, verdict>)
        part.middlewares.push_back({.now = [shared](const socket_ptr& socket) {
            return (*shared)(socket_type{socket});
        }});
    else
        part.middlewares.push_back({.later = [shared](const socket_ptr& socket) -> task<verdict> {
            return (*shared)(socket_type{socket});
        }});
}

template <codec Codec, class F>
void add_connection_handler(namespace_state& part, F handler)
{
    using socket_type = basic_socket<Codec>;
    using returned = std::invoke_result_t<F&, socket_type>;
    static_assert(
        std::is_void_v<returned> || !takes_references<F>,
        "a coroutine handler takes the socket by value"
    );
    // Shared with its coroutines, which may outlive the server.
    auto shared = std::make_shared<F>(std::move(handler));
    part.connection_handlers.push_back([shared](const socket_ptr& socket) {
        if constexpr (std::is_void_v<returned>)
            (*shared)(socket_type{socket});
        else
            spawn_handler(socket, "connection", shared, (*shared)(socket_type{socket}), false);
    });
}

template <codec Codec, class F>
void add_event_handler(namespace_state& part, std::string_view event, F handler)
{
    part.events.add(event, make_handler<Codec>(std::move(handler), false));
}

}  // namespace cosio::detail
