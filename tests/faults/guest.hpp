// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "wire_client.hpp"

namespace cosio::test {

/// Where a conversation may break off.
enum class step : std::uint8_t
{
    connected,
    request_line,
    headers,
    body,
    handshake_sent,
    opened,
    polled,
    connect_sent,
    middleware_awaits,
    joined,
    event_sent,
    handler_awaits,
    ack_pending,
    binary_sent,
    attachment_sent,
    probe_sent,
    upgrade_sent,
    close_sent,
};

/// How it breaks off.
enum class fault : std::uint8_t
{
    reset,       ///< RST
    fin,         ///< FIN, and nobody reads any more
    half_close,  ///< FIN, and still reading
    silence,     ///< nothing any more
};

enum class way : std::uint8_t
{
    polling,
    websocket,
    upgrade,
};

[[nodiscard]] std::string_view to_string(step value);
[[nodiscard]] std::string_view to_string(fault value);

/// A client that goes as far as a step, and no further.
class guest
{
public:
    guest(real_world& on, way by, step last);

    void suffer(fault what);

private:
    void begin();
    void open();
    void open_polling();
    void poll();
    void go_on(step last);
    void probe(step last);
    void say(std::string_view packet);
    void say_binary(std::string_view bytes);
    void hear(std::string_view text);

    real_world* on_;
    way by_;
    std::vector<wire_client>
        links_;  // WebSocket, or the GETs and then the POSTs, and then the probe
    string sid_;
};

}  // namespace cosio::test
