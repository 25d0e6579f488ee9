// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/close_reason.hpp>
#include <cosio/detail/action_list.hpp>
#include <cosio/engine/packet.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace cosio::engine {

/// Which side of the protocol a machine plays.
enum class role : std::uint8_t
{
    server,
    client,
};

enum class transport_kind : std::uint8_t
{
    polling,
    websocket,
    loopback,  ///< in-process, or any link that never upgrades
};

[[nodiscard]] constexpr std::string_view to_string(transport_kind kind) noexcept
{
    switch (kind) {
    case transport_kind::polling: return "polling";
    case transport_kind::websocket: return "websocket";
    case transport_kind::loopback: return "loopback";
    }
    return "";
}

/// Send a control packet on the current link.
struct transmit
{
    packet_type type;

    bool operator==(const transmit&) const = default;
};

/// Give one message to the layer above.
struct deliver
{
    frame_kind kind;
    bytes_view payload;

    bool operator==(const deliver& other) const noexcept
    {
        return kind == other.kind && std::ranges::equal(payload, other.payload);
    }
};

/// Client: the OPEN packet has come; `json` is its data.
struct opened
{
    std::string_view json;

    bool operator==(const opened&) const = default;
};

/// Client: send "2probe" on the candidate link.
struct send_probe
{
    bool operator==(const send_probe&) const = default;
};

/// Server: send "3probe" on the candidate link and release a pending poll.
struct answer_probe
{
    bool operator==(const answer_probe&) const = default;
};

/// Server, while a client may still have to hear the answer of its probe: a poll that came meanwhile is released.
struct release_poll
{
    bool operator==(const release_poll&) const = default;
};

/// Client: let the current link finish what is under way, then report handle_link_paused().
struct pause_link
{
    bool operator==(const pause_link&) const = default;
};

/// The candidate is the link from now on (client: send "5" on it first); the old link is discarded.
struct adopt_candidate
{
    bool operator==(const adopt_candidate&) const = default;
};

/// Close the candidate; the session lives on on its link.
struct drop_candidate
{
    bool operator==(const drop_candidate&) const = default;
};

/// What waits to be sent is thrown away: nobody takes it.
struct discard_output
{
    bool operator==(const discard_output&) const = default;
};

/// The session has ended.
struct shut_down
{
    close_reason reason;

    bool operator==(const shut_down&) const = default;
};

using action = std::variant<
    transmit,
    deliver,
    opened,
    send_probe,
    answer_probe,
    release_poll,
    pause_link,
    adopt_candidate,
    drop_candidate,
    discard_output,
    shut_down>;

/// What a driver must do, in order.
using actions = detail::action_list<action, 3>;

}  // namespace cosio::engine

template <>
struct fmt::formatter<cosio::engine::action> : fmt::formatter<std::string_view>
{
    fmt::format_context::iterator format(
        const cosio::engine::action& value, fmt::format_context& context
    ) const;
};
