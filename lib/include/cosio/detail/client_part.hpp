// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/protocol/recovery_point.hpp>
#include <cosio/task.hpp>

#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cosio::detail {

class manager_state;

/// What only the sockets of clients have.
struct client_part
{
    explicit client_part(std::string_view name) : nsp{name} {}

    std::string nsp;
    protocol::recovery_point point;
    /// Asked for each CONNECT; empty: what the handshake says.
    std::function<task<boost::json::value>()> auth;
    bool has_manager = false;  ///< which connects it again
    std::weak_ptr<manager_state> manager = {};
    bool active = true;  ///< connected, or to be, as soon as there is a connection
    bool recovered = false;
};

}  // namespace cosio::detail
