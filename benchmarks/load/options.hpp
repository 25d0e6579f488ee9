// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace cosio::load {

enum class mode : std::uint8_t
{
    echo,        ///< event `echo`, answered by event `echo`
    ack,         ///< event `ack`, answered by its acknowledgement
    broadcast,   ///< one sender, everybody receives
    polling,     ///< echo over HTTP long-polling
    connect,     ///< open, upgrade, join, leave, close
    membership,  ///< join and leave one more room
    idle,        ///< hold clients and look at the server's memory
};

enum class codec : std::uint8_t
{
    json,
    msgpack,
};

[[nodiscard]] std::string_view to_string(mode value) noexcept;
[[nodiscard]] std::string_view to_string(codec value) noexcept;

struct server_url
{
    std::string host;  ///< without the brackets of an IPv6 address
    std::uint16_t port = 80;
    bool tls = false;

    /// As the Host header wants it.
    [[nodiscard]] std::string authority() const;

    /// With the scheme.
    [[nodiscard]] std::string origin() const;

    bool operator==(const server_url&) const = default;
};

/// Accepts `http://host[:port][/]` and https; nullopt for all else.
[[nodiscard]] std::optional<server_url> parse_url(std::string_view text);

struct options
{
    mode what = mode::echo;
    server_url url;
    std::string path = "/socket.io/";
    std::string
        authorities;  ///< PEM file to verify the server's certificate with; empty: nobody looks
    unsigned clients = 200;
    unsigned depth = 1;
    double rate = 0;  ///< messages per second in all, whatever the answers do; 0: closed loop
    unsigned rooms =
        0;  ///< broadcast: groups of clients, 0: everybody; else the pool of memberships
    unsigned memberships = 0;   ///< rooms that each client joins at the start
    bool disconnect = false;    ///< membership: end by disconnecting
    unsigned connect_rate = 0;  ///< connections per second; 0: as fast as the server accepts
    double seconds = 5;
    double warmup_seconds = 1;
    std::size_t payload_bytes = 64;
    codec encoding = codec::json;
    int pid = 0;       ///< 0: the server's process is not measured
    std::string json;  ///< empty: table; `-`: JSON on standard output; else a file
    bool progress = true;

    /// Clients come and go: `depth` of them at a time.
    [[nodiscard]] bool cycles_connections() const noexcept
    {
        return what == mode::connect || (what == mode::membership && disconnect);
    }
};

/// What to print and to exit with instead of running: help or a complaint.
struct early_exit
{
    int status = 0;
    std::string text;
};

[[nodiscard]] std::variant<options, early_exit> parse_options(int argc, const char* const* argv);

}  // namespace cosio::load
