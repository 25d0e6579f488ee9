// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cosio {

/// Where a server is, as users write it:
///   https://chat.example/admin?token=x      the namespace /admin, and a query for every request
///   http://[::1]:3000                       an IPv6 address stands in brackets
///   http+unix://%2Frun%2Fchat.sock/admin    a Unix socket, its path percent-encoded as the host
/// `ws` is `http`, `wss` is `https`: which transport is used, the options say.
struct server_url
{
    bool secure = false;      ///< over TLS
    std::string host = {};    ///< name or address, without brackets; of a Unix socket "localhost"
    std::uint16_t port = 80;  ///< by default 80, or 443 over TLS
    std::string unix_path = {};  ///< of a Unix socket; else empty
    std::string nsp = "/";       ///< the path of the URL, as it is
    std::string query = {};      ///< without `?`, as it is

    /// Errors: throws std::invalid_argument with one line that says what is wrong.
    [[nodiscard]] static server_url parse(std::string_view text);

    /// What the Host field says: the port only if it is not the usual one.
    [[nodiscard]] std::string host_field() const;

    /// Host and port, as a proxy wants to be told.
    [[nodiscard]] std::string authority() const;

    bool operator==(const server_url&) const = default;
};

/// A proxy that opens tunnels: http://user:password@proxy.example:3128, name and password percent-encoded.
struct proxy_url
{
    std::string host = {};
    std::uint16_t port = 80;
    std::string user = {};  ///< empty: it does not ask
    std::string password = {};

    /// Errors: throws std::invalid_argument with one line that says what is wrong.
    [[nodiscard]] static proxy_url parse(std::string_view text);

    bool operator==(const proxy_url&) const = default;
};

}  // namespace cosio
