// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/spawn.hpp>

namespace cosio::detail {

engine::peer_ptr begin_handler(const socket_ptr& socket) noexcept
{
    if (!socket->owner())
        return nullptr;
    engine::peer_ptr link{&socket->owner()->link()};
    link->handler_started();
    return link;
}

engine::peer_ptr begin_wait(const socket_ptr& socket) noexcept
{
    if (!socket->home().is_current() || !socket->owner())
        return nullptr;
    engine::peer_ptr link{&socket->owner()->link()};
    link->handler_ended();
    return link;
}

void end_wait(const engine::peer_ptr& link) noexcept
{
    if (link)
        link->handler_started();
}

void end_handler(
    const engine::peer_ptr& link,
    const socket_ptr& socket,
    std::string_view event,
    const std::exception_ptr& thrown
) noexcept
{
    if (link)
        link->handler_ended();
    if (!thrown)
        return;
    report_exception(*socket, event, thrown);
    socket->disconnect(false);
}

}  // namespace cosio::detail
