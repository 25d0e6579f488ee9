// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace cosio {

/// Why a connection or socket ended. The strings are Socket.IO's own; JavaScript code compares them.
enum class close_reason : std::uint8_t
{
    transport_close,      ///< the link ended
    transport_error,      ///< the link failed, or the peer broke its rules
    ping_timeout,         ///< no heartbeat in time
    parse_error,          ///< the peer sent what is not Engine.IO
    forced_close,         ///< closed by us after a violation of Socket.IO
    forced_server_close,  ///< closed by us while no link could be written to
    server_shutting_down,
    client_namespace_disconnect,  ///< server side: the client left the namespace
    server_namespace_disconnect,  ///< server side: our disconnect()
    io_server_disconnect,         ///< client side: the server ended the socket
    io_client_disconnect,         ///< client side: our disconnect()
};

[[nodiscard]] constexpr std::string_view to_string(close_reason reason) noexcept
{
    switch (reason) {
    case close_reason::transport_close: return "transport close";
    case close_reason::transport_error: return "transport error";
    case close_reason::ping_timeout: return "ping timeout";
    case close_reason::parse_error: return "parse error";
    case close_reason::forced_close: return "forced close";
    case close_reason::forced_server_close: return "forced server close";
    case close_reason::server_shutting_down: return "server shutting down";
    case close_reason::client_namespace_disconnect: return "client namespace disconnect";
    case close_reason::server_namespace_disconnect: return "server namespace disconnect";
    case close_reason::io_server_disconnect: return "io server disconnect";
    case close_reason::io_client_disconnect: return "io client disconnect";
    }
    return "transport close";
}

}  // namespace cosio
