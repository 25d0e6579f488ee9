// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/connector.hpp>
#include <cosio/server_url.hpp>
#include <cosio/transports/stream_dialer.hpp>

namespace cosio {

/// Links over HTTP, long-polling and WebSocket, on streams that `dialer` opens. Lifetime: outlives its links.
[[nodiscard]] std::unique_ptr<connector> make_http_connector(
    shard& home,
    const server_url& where,
    std::unique_ptr<stream_dialer> dialer,
    const client_options& options
);

}  // namespace cosio
