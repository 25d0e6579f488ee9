// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/spawn.hpp>

namespace cosio::detail {

running_handler begin_handler(socket_ptr socket, bool in_order) noexcept
{
    engine::peer_ptr link;
    if (socket->owner()) {
        link.reset(&socket->owner()->link());
        link->handler_started();
    }
    if (in_order)
        socket->handler_began();
    return {std::move(socket), std::move(link), in_order};
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
    const running_handler& which, std::string_view event, const std::exception_ptr& thrown
) noexcept
{
    if (which.link)
        which.link->handler_ended();
    if (thrown) {
        report_exception(*which.socket, event, thrown);
        if (!guard(*which.socket, event, [&] { which.socket->disconnect(false); }))
            which.socket->close_connection();
    }
    if (which.in_order)
        which.socket->handler_ended();
}

}  // namespace cosio::detail
