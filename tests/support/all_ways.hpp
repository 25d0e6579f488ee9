// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>

#include <vector>

namespace cosio::test {

/// The transports of a client, in the order in which it tries them.
using transport_list = std::vector<engine::transport_kind>;

/// Long-polling, WebSocket, and the upgrade from one to the other.
inline const std::vector<transport_list> all_ways = {
    {engine::transport_kind::polling},
    {engine::transport_kind::websocket},
    {engine::transport_kind::polling, engine::transport_kind::websocket},
};

}  // namespace cosio::test
