// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/server_url.hpp>
#include <cosio/transports/stream_dialer.hpp>
#include <cosio/transports/tls_client.hpp>

#include <map>
#include <optional>

namespace cosio {

/// Of which kind the addresses are that a name is looked up for.
enum class address_family : std::uint8_t
{
    any,
    v4,
    v6
};

/// What connections of one transport have otherwise. What is unset is as for all.
struct network_override
{
    std::optional<proxy_url> proxy = {};
    std::optional<tls_client_options> tls = {};
    std::optional<address_family> family = {};
    std::optional<std::string> local_address = {};
};

struct network_options
{
    std::optional<proxy_url> proxy = {
    };  ///< a tunnel through it, for whatever is not a Unix socket
    tls_client_options tls = {};  ///< of https and wss
    /// After so long the next address of a name is tried too (RFC 8305); at once if one fails.
    duration address_delay = std::chrono::milliseconds{250};
    std::size_t max_addresses = 64;  ///< of a name; others are not tried
    address_family family =
        address_family::any;  ///< an address in the URL is dialed whatever it is
    /// An address of this machine that connections come from; names are looked up for its family. Empty: any.
    std::string local_address = {};
    /// `transport_options[engine::transport_kind::websocket].tls` replaces tls there: for make_network_connector().
    std::map<engine::transport_kind, network_override> transport_options = {};
};

/// Dials the server of a URL over TCP or a Unix socket, through a proxy, and over TLS. Asio looks names up on a thread of
/// its own; nothing of this library runs there.
/// Errors: throws std::invalid_argument for a wrong option, with one line; what goes wrong later is told with one line
/// that names host and cause.
[[nodiscard]] std::unique_ptr<stream_dialer> make_network_dialer(
    shard& home, server_url where, network_options options = {}
);

}  // namespace cosio
