// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/transports/simulated_proxy.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a seed draws, as data: so that parts of it can be dropped while it still fails.

namespace cosio::test {

enum class operation_kind
{
    // of a client
    talk,
    keep,
    say_volatile,
    flood,
    claim,
    leave,
    come,
    come_again,
    close_or_open,
    ask_server_to_throw,
    throw_in_client,
    ask_server_to_flood_me,
    ask_server_to_ask,
    ask_server_to_end_me,
    // of the server
    greet_one,
    greet_volatile,
    flood_all,
    tell_all,
    tell_room,
    tell_rooms,
    tell_others,
    ask_all,
    join,
    leave_room,
    empty_room,
    end_namespace,
    end_one,
    end_connection,
    end_room,
    // of the world
    fail_all,
    fail_soon,
    cut_or_heal,
    black_hole,
    limit_descriptors,
    crash,
    shut_down,
    freeze,
    throw_in_connection,
    throw_in_middleware,
    shift_wall_clock,
};

[[nodiscard]] std::string_view to_string(operation_kind what) noexcept;

/// One step of a program, and how long it is waited afterwards.
struct operation
{
    operation_kind what;
    std::size_t client;  // by its place in the plan as it was drawn
    std::uint64_t a;
    std::uint64_t b;
    duration then;
};

struct client_plan
{
    std::size_t number;
    std::vector<engine::transport_kind> transports;
    std::vector<std::string> namespaces;
    bool retries;
    bool through_proxy;
};

struct plan
{
    std::uint64_t seed;
    bool msgpack;
    unsigned shards;
    bool recovery;
    bool cleanup_of_namespaces;
    bool small_queues;  // of both sides, and the network takes little
    bool short_log;     // of what may be recovered
    link_quality quality;
    proxy_behaviour proxy;
    std::vector<client_plan> clients;
    std::vector<operation> operations;
};

[[nodiscard]] plan draw_plan(std::uint64_t seed);

/// The same clients and operations, and nothing that depends on time or size: what is heard then does not depend on how
/// the network cuts what it passes (I32).
[[nodiscard]] plan in_peace(plan what);

/// For people: its world, its clients, its operations by number.
[[nodiscard]] std::string describe(const plan& what);

}  // namespace cosio::test
