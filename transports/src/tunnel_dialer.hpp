// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/server_url.hpp>
#include <cosio/transports/stream_dialer.hpp>

namespace cosio {

/// Streams through tunnels to `authority` that `proxy` opens; `below` dials the proxy.
[[nodiscard]] std::unique_ptr<stream_dialer> make_tunnel_dialer(
    shard& home, std::unique_ptr<stream_dialer> below, proxy_url proxy, std::string authority
);

}  // namespace cosio
