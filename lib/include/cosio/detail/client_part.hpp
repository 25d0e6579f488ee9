// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/client_outgoing.hpp>
#include <cosio/protocol/recovery_point.hpp>
#include <cosio/task.hpp>

#include <boost/json/value.hpp>

#include <atomic>
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
    /// What is emitted goes through it; null without a manager, that would connect again.
    std::unique_ptr<client_outgoing> out;
    std::weak_ptr<manager_state> manager = {};
    std::atomic<bool> active = true;  ///< connected, or to be, as soon as there is a connection
    std::atomic<bool> over = false;   ///< the shard may be gone
    bool recovered = false;
};

}  // namespace cosio::detail
