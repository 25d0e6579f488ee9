// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/http_connector.hpp>
#include <cosio/transports/network_dialer.hpp>

#include <string_view>

namespace cosio {

/// Links to the server of a server_url over TCP, TLS or a Unix socket, and through `options.proxy`:
///
///     json_manager manager{home, make_network_connector(home, "http://localhost:3000")};
///
/// Errors: throws std::invalid_argument with one line that says what is wrong with the URL or an option.
[[nodiscard]] std::unique_ptr<connector> make_network_connector(
    shard& home,
    std::string_view url,
    const client_options& options = {},
    network_options network = {}
);

}  // namespace cosio
