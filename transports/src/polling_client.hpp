// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http_client.hpp"

#include <cosio/connector.hpp>
#include <cosio/engine/payload.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace cosio {

/// What the requests of one session are like, and who looks at the heads of their answers.
class polling_requests
{
public:
    virtual ~polling_requests() = default;

    /// A whole GET; `sid` is empty for the handshake.
    [[nodiscard]] virtual std::string get(std::string_view sid) = 0;

    /// A whole POST.
    [[nodiscard]] virtual std::string post(std::string_view sid, std::string_view body) = 0;

    virtual void look_at(const http_response& answer) = 0;
};

struct polling_client_config
{
    wire::http1_limits answers = {};
    std::size_t max_packets_per_post = engine::unlimited_packets;
    std::optional<duration> request_timeout = {};  ///< of the handshake and of a POST; unset: none
};

/// Opens a session over long-polling: one connection for its GETs, one for its POSTs (features.md 3.2).
/// Lifetime: `dialer` outlives the link.
[[nodiscard]] std::unique_ptr<attempt> open_polling(
    shard& home,
    stream_dialer& dialer,
    std::unique_ptr<polling_requests> requests,
    const polling_client_config& config,
    connector::connected done
);

}  // namespace cosio
