// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/connector.hpp>
#include <cosio/server_url.hpp>
#include <cosio/transports/stream_dialer.hpp>

#include <map>

namespace cosio {

/// Who opens the streams of one transport, instead of the dialer of all.
using transport_dialers = std::map<engine::transport_kind, std::unique_ptr<stream_dialer>>;

/// Links over HTTP, long-polling and WebSocket, on streams that `dialer` opens. Lifetime: outlives its links.
[[nodiscard]] std::unique_ptr<connector> make_http_connector(
    shard& home,
    const server_url& where,
    std::unique_ptr<stream_dialer> dialer,
    const client_options& options,
    transport_dialers of_one = {}
);

}  // namespace cosio
