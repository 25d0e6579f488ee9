// SPDX-License-Identifier: BSL-1.0
#include "waiting_room.hpp"

namespace cosio {

asio::execution_context::id waiting_room::id;

waiting_room& waiting_room::of(asio::io_context& context)
{
    return asio::use_service<waiting_room>(static_cast<asio::execution_context&>(context));
}

bool waiting_room::enter(waiting_guest& guest) noexcept
{
    if (!closed_ && !guest.is_linked())
        guests_.push_back(guest);
    return !closed_;
}

void waiting_room::shutdown() noexcept
{
    closed_ = true;
    while (!guests_.empty()) {
        waiting_guest& one = guests_.front();
        guests_.pop_front();
        one.on_shutdown();
    }
}

}  // namespace cosio
