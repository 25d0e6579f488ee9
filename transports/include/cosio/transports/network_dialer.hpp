// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/server_url.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <optional>

namespace cosio {

struct network_options
{
    std::optional<proxy_url> proxy = {
    };  ///< a tunnel through it, for whatever is not a Unix socket
};

/// Dials the server of a URL over TCP or a Unix socket, and through a proxy. A name's addresses are tried one after
/// the other. Asio looks names up on a thread of its own; nothing of this library runs there.
/// Errors: throws std::invalid_argument for https, which clients do not speak yet.
[[nodiscard]] std::unique_ptr<stream_dialer> make_network_dialer(
    shard& home, server_url where, network_options options = {}
);

}  // namespace cosio
