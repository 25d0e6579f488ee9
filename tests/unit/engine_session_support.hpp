// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/engine/session.hpp>

#include <array>
#include <functional>
#include <vector>

namespace cosio::engine::test {

using namespace std::chrono_literals;

inline constexpr session_config config{};  // 25 s, 20 s, 10 s
inline constexpr session_config no_upgrades{.allow_upgrades = false};
inline constexpr time_point start{1'000s};

template <class... Action>
actions list(const Action&... items)
{
    return {action{items}...};
}

inline const actions nothing;

inline packet_view text(packet_type type, std::string_view data = {})
{
    return {.type = type, .kind = frame_kind::text, .data = as_bytes(data)};
}

inline packet_view blob(std::string_view data)
{
    return {.type = packet_type::message, .kind = frame_kind::binary, .data = as_bytes(data)};
}

inline const packet_view ping = text(packet_type::ping);
inline const packet_view pong = text(packet_type::pong);
inline const packet_view probe_ping = text(packet_type::ping, "probe");
inline const packet_view probe_pong = text(packet_type::pong, "probe");
inline const packet_view upgrade = text(packet_type::upgrade);

inline actions delivers(std::string_view data, frame_kind kind = frame_kind::text)
{
    return list(deliver{kind, as_bytes(data)});
}

inline actions ends(close_reason reason)
{
    return list(shut_down{reason});
}

inline session server(transport_kind link = transport_kind::polling)
{
    return {config, role::server, link, start};
}

inline session opening_client(transport_kind link = transport_kind::polling)
{
    return {config, role::client, link, start};
}

inline session client(transport_kind link = transport_kind::polling)
{
    session s = opening_client(link);
    CHECK(s.handle_packet(text(packet_type::open, "{}"), start) == list(opened{"{}"}));
    return s;
}

inline session probing_server()
{
    session s = server();
    CHECK(s.handle_candidate(start) == nothing);
    return s;
}

inline session probed_server()
{
    session s = probing_server();
    CHECK(s.handle_probe(probe_ping, start) == list(answer_probe{}));
    return s;
}

inline session probing_client()
{
    session s = client();
    CHECK(s.handle_candidate(start) == list(send_probe{}));
    return s;
}

inline session probed_client()
{
    session s = probing_client();
    CHECK(s.handle_probe(probe_pong, start) == list(pause_link{}));
    return s;
}

inline session awaiting_pong()
{
    session s = server();
    CHECK(s.handle_deadline(start + 25s) == list(transmit{packet_type::ping}));
    return s;
}

/// A deadline, without the polls that it releases: that is a matter of its own (UP-3).
inline actions fire(session& s, time_point when)
{
    const actions fired = s.handle_deadline(when);
    return fired == list(release_poll{}) ? s.handle_deadline(when) : fired;
}

/// A server whose PING fell due at 25 s, in the middle of an upgrade that may last until 30 s.
inline session holding_ping()
{
    session s = server();
    CHECK(s.handle_candidate(start + 20s) == nothing);
    CHECK(s.handle_probe(probe_ping, start + 20s) == list(answer_probe{}));
    CHECK(fire(s, start + 25s) == nothing);
    return s;
}

/// As a driver does it: a deadline that has come is handled before what arrives.
inline actions arrive(session& s, const packet_view& packet, time_point when)
{
    if (s.deadline() && *s.deadline() <= when)
        if (const actions fired = fire(s, when); !fired.empty())
            return fired;
    return s.handle_packet(packet, when);
}

struct scene
{
    const char* name;
    std::function<session()> make;
};

inline const std::vector<scene> open_servers{
    {"polling", [] { return server(); }},
    {"websocket", [] { return server(transport_kind::websocket); }},
    {"loopback", [] { return server(transport_kind::loopback); }},
    {"awaiting a PONG", awaiting_pong},
    {"probing", probing_server},
    {"probed", probed_server},
    {"holding a PING", holding_ping},
};

inline const std::vector<scene> open_clients{
    {"polling", [] { return client(); }},
    {"websocket", [] { return client(transport_kind::websocket); }},
    {"probing", probing_client},
    {"probed", probed_client},
};

inline constexpr std::array every_type{
    packet_type::open,
    packet_type::close,
    packet_type::ping,
    packet_type::pong,
    packet_type::message,
    packet_type::upgrade,
    packet_type::noop,
};

inline void check_closed(session& s)
{
    CHECK(s.is_closed());
    CHECK(!s.is_open());
    CHECK(!s.upgrading());
    CHECK(!s.can_upgrade());
    CHECK(!s.deadline().has_value());
    for (packet_type type : every_type) {
        CHECK(s.handle_packet(text(type), start + 1h) == nothing);
        CHECK(s.handle_probe(text(type, "probe"), start + 1h) == nothing);
    }
    CHECK(s.handle_deadline(start + 1h) == nothing);
    CHECK(s.handle_link_end({}) == nothing);
    CHECK(s.handle_candidate(start + 1h) == list(drop_candidate{}));
    CHECK(s.handle_candidate_end(start + 1h) == nothing);
    CHECK(s.handle_link_paused(start + 1h) == nothing);
    CHECK(s.close(close_reason::forced_close) == nothing);
}

}  // namespace cosio::engine::test
