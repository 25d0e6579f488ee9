// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/protocol/connection.hpp>

#include <initializer_list>

namespace cosio::protocol::test {

using namespace std::chrono_literals;
using engine::role;

inline constexpr connection_config config{
    .connect_timeout = 45s,
    .namespace_idle_timeout = 30s,
    .attachment_timeout = 10s,
    .max_namespaces_per_client = 64
};
inline constexpr connection_config three{.max_namespaces_per_client = 3};
inline constexpr time_point start{1'000s};

inline const actions nothing;

template <class Action>
actions list(const Action& one)
{
    return {action{one}};
}

inline actions breaks(protocol::errc why)
{
    return list(violation{why});
}

inline packet_header packet(packet_type type, std::string_view nsp = "/")
{
    return {.type = type, .nsp = nsp};
}

inline packet_header connect(std::string_view nsp = "/")
{
    return packet(packet_type::connect, nsp);
}

inline packet_header disconnect(std::string_view nsp = "/")
{
    return packet(packet_type::disconnect, nsp);
}

inline packet_header event(std::string_view nsp = "/")
{
    return packet(packet_type::event, nsp);
}

inline packet_header ack(std::string_view nsp, std::uint64_t id)
{
    return {.type = packet_type::ack, .nsp = nsp, .id = id};
}

inline connection server()
{
    return {config, role::server, start};
}

inline connection client()
{
    return {config, role::client, start};
}

/// Joins the namespaces in the order given: slots 0, 1, ...
inline connection server_in(std::initializer_list<std::string_view> names)
{
    connection c = server();
    slot next = 0;
    for (const std::string_view nsp : names) {
        CHECK(c.handle_packet(connect(nsp), start) == list(join{next}));
        c.accept(next++);
    }
    return c;
}

inline connection client_in(std::initializer_list<std::string_view> names)
{
    connection c = client();
    slot next = 0;
    for (const std::string_view nsp : names) {
        CHECK(c.connect(nsp).value() == next);
        CHECK(c.handle_packet(connect(nsp), start) == list(joined{next}));
        ++next;
    }
    return c;
}

}  // namespace cosio::protocol::test
