// SPDX-License-Identifier: BSL-1.0
#include <cosio/engine/transport_choice.hpp>

#include <algorithm>

namespace cosio::engine {

result<transport_kind> transport_choice::begin()
{
    is_probing_ = false;
    left_ = config_->transports;
    if (left_.empty())
        return errc::no_transports;
    const bool remembered = config_->remember_upgrade && websocket_worked_;
    current_ = remembered && is_left(transport_kind::websocket) ? transport_kind::websocket
                                                                : left_.front();
    return current_;
}

result<transport_kind> transport_choice::handle_failure(error_code why)
{
    if (current_ == transport_kind::websocket)
        websocket_worked_ = false;
    std::erase(left_, current_);
    if (!config_->try_all_transports || left_.empty())
        return why;
    current_ = left_.front();
    return current_;
}

std::optional<transport_kind> transport_choice::handle_open(const open_data& open)
{
    if (current_ == transport_kind::websocket)
        websocket_worked_ = true;
    // What has failed a moment ago is not probed; nor does anything but polling upgrade.
    const bool upgrades = current_ == transport_kind::polling && config_->upgrade &&
                          open.upgrades_to_websocket && is_left(transport_kind::websocket);
    is_probing_ = upgrades;
    if (!upgrades)
        return std::nullopt;
    return transport_kind::websocket;
}

void transport_choice::handle_upgrade() noexcept
{
    is_probing_ = false;
    current_ = transport_kind::websocket;
    websocket_worked_ = true;
}

error_code transport_choice::handle_upgrade_error() noexcept
{
    is_probing_ = false;
    websocket_worked_ = false;
    return errc::probe_error;
}

bool transport_choice::is_left(transport_kind kind) const noexcept
{
    return std::ranges::find(left_, kind) != left_.end();
}

}  // namespace cosio::engine
