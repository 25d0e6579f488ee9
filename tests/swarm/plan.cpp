// SPDX-License-Identifier: BSL-1.0
#include "plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <random>

namespace cosio::test {
namespace {

using engine::transport_kind;

class drawing
{
public:
    explicit drawing(std::uint64_t seed) : random_{seed} {}

    [[nodiscard]] std::uint64_t below(std::uint64_t end)
    {
        return std::uniform_int_distribution<std::uint64_t>{0, end - 1}(random_);
    }

    [[nodiscard]] bool one_in(std::uint64_t count) { return below(count) == 0; }

    [[nodiscard]] duration ms_below(std::uint64_t end)
    {
        return std::chrono::milliseconds{static_cast<std::int64_t>(below(end))};
    }

private:
    std::mt19937_64 random_;
};

std::vector<transport_kind> draw_transports(drawing& from)
{
    switch (from.below(4)) {
    case 0: return {transport_kind::polling};
    case 1: return {transport_kind::websocket};
    default: return {transport_kind::polling, transport_kind::websocket};
    }
}

/// Each kind as often as it weighs; a run has about half of the kinds that are faults, others the other half.
std::vector<operation_kind> draw_kinds(drawing& from, const plan& of)
{
    using enum operation_kind;
    std::vector<operation_kind> all;
    const auto often = [&](operation_kind what, std::size_t weight) {
        all.resize(all.size() + weight, what);
    };
    often(talk, 12);
    often(keep, 6);
    often(say_volatile, 3);
    often(leave, 2);
    often(come, 2);
    often(come_again, 2);
    often(greet_one, 6);
    often(greet_volatile, 2);
    often(tell_all, 4);
    often(tell_room, 6);
    often(tell_rooms, 3);
    often(tell_others, 2);
    often(ask_server_to_ask, 3);
    often(ask_all, 4);
    often(join, 5);
    often(leave_room, 3);
    often(empty_room, 2);
    for (const auto& [what, weight] : {
             std::pair{close_or_open, 2},
             std::pair{ask_server_to_throw, 2},
             std::pair{throw_in_client, 2},
             std::pair{throw_in_connection, 1},
             std::pair{throw_in_middleware, 1},
             std::pair{end_namespace, 1},
             std::pair{ask_server_to_end_me, 1},
             std::pair{end_one, 1},
             std::pair{end_connection, 2},
             std::pair{end_room, 1},
             std::pair{fail_all, 3},
             std::pair{fail_soon, 5},
             std::pair{cut_or_heal, 3},
             std::pair{black_hole, 2},
             std::pair{limit_descriptors, 2},
             std::pair{crash, 1},
             std::pair{shut_down, 1},
             std::pair{freeze, 1},
             std::pair{shift_wall_clock, 1},
         })
        if (from.one_in(2))
            often(what, static_cast<std::size_t>(weight));
    if (of.small_queues)
        for (const operation_kind what : {flood, ask_server_to_flood_me, flood_all})
            often(what, 2);
    if (of.recovery) {
        often(claim, 3);
        // What is kept for a recovery grows old while the process is suspended.
        std::erase(all, freeze);
    }
    return all;
}

client_plan draw_client(drawing& from, std::size_t number)
{
    client_plan one{
        .number = number,
        .transports = draw_transports(from),
        .namespaces = {"/"},
        .retries = from.one_in(4),
        .through_proxy = from.one_in(4)
    };
    if (from.one_in(2))
        one.namespaces.push_back("/chat");
    if (from.one_in(3))
        one.namespaces.push_back(fmt::format("/room-{}", from.below(2)));
    return one;
}

std::string describe(const proxy_behaviour& proxy)
{
    return fmt::format(
        "a proxy that takes {} ms{}{}{}",
        proxy.delay / std::chrono::milliseconds{1},
        proxy.reuses_connections ? "" : ", dials for each request",
        proxy.refuses_upgrades ? ", refuses upgrades" : "",
        proxy.loses_upgrades ? ", loses upgrades" : ""
    );
}

}  // namespace

std::string_view to_string(operation_kind what) noexcept
{
    using enum operation_kind;
    switch (what) {
    case talk: return "talk";
    case keep: return "keep";
    case say_volatile: return "say_volatile";
    case flood: return "flood";
    case claim: return "claim";
    case leave: return "leave";
    case come: return "come";
    case come_again: return "come_again";
    case close_or_open: return "close_or_open";
    case ask_server_to_throw: return "ask_server_to_throw";
    case throw_in_client: return "throw_in_client";
    case ask_server_to_ask: return "ask_server_to_ask";
    case ask_server_to_end_me: return "ask_server_to_end_me";
    case greet_one: return "greet_one";
    case greet_volatile: return "greet_volatile";
    case ask_server_to_flood_me: return "ask_server_to_flood_me";
    case flood_all: return "flood_all";
    case tell_all: return "tell_all";
    case tell_room: return "tell_room";
    case tell_rooms: return "tell_rooms";
    case tell_others: return "tell_others";
    case ask_all: return "ask_all";
    case join: return "join";
    case leave_room: return "leave_room";
    case empty_room: return "empty_room";
    case end_namespace: return "end_namespace";
    case end_one: return "end_one";
    case end_connection: return "end_connection";
    case end_room: return "end_room";
    case fail_all: return "fail_all";
    case fail_soon: return "fail_soon";
    case cut_or_heal: return "cut_or_heal";
    case black_hole: return "black_hole";
    case limit_descriptors: return "limit_descriptors";
    case crash: return "crash";
    case shut_down: return "shut_down";
    case freeze: return "freeze";
    case throw_in_connection: return "throw_in_connection";
    case throw_in_middleware: return "throw_in_middleware";
    case shift_wall_clock: return "shift_wall_clock";
    }
    return "";
}

plan draw_plan(std::uint64_t seed)
{
    drawing from{seed};
    plan one{
        .seed = seed,
        .msgpack = from.one_in(2),
        .shards = from.one_in(3) ? 2U + static_cast<unsigned>(from.below(2)) : 1U,
        .recovery = from.one_in(2),
        .cleanup_of_namespaces = from.one_in(2),
        .small_queues = from.one_in(4),
        .short_log = from.one_in(4),
        .quality = {},
        .proxy = {},
        .clients = {},
        .operations = {}
    };
    if (from.one_in(2))
        one.quality.latency = from.ms_below(100);
    if (from.one_in(2))
        one.quality.jitter = from.ms_below(50);
    if (from.one_in(3))
        one.quality.max_piece = 1 + from.below(50);
    if (one.small_queues)
        one.quality.capacity_bytes = 1'024 + from.below(8'192);
    one.proxy = {
        .delay = from.one_in(2) ? from.ms_below(300) : duration::zero(),
        .retries_polls = false,  // it may lose an answer, and what that bore
        .reuses_connections = from.one_in(2),
        .refuses_upgrades = from.one_in(4),
        .loses_upgrades = from.one_in(4)
    };
    const std::size_t clients = 1 + from.below(4);
    for (std::size_t i = 0; i < clients; ++i) {
        client_plan& made = one.clients.emplace_back(draw_client(from, i));
        // Who knows WebSocket only never comes through a proxy that lets none pass.
        const bool polls = made.transports.front() == transport_kind::polling;
        if (!polls && (one.proxy.refuses_upgrades || one.proxy.loses_upgrades))
            made.through_proxy = false;
    }
    const std::vector<operation_kind> kinds = draw_kinds(from, one);
    const std::size_t count = 10 + from.below(30);
    for (std::size_t i = 0; i < count; ++i)
        one.operations.push_back({
            .what = kinds[from.below(kinds.size())],
            .client = from.below(clients),
            .a = from.below(1'000'000),
            .b = from.below(1'000'000),
            .then = from.one_in(5) ? from.ms_below(5'000) : from.ms_below(200),
        });
    return one;
}

plan in_peace(plan what)
{
    using enum operation_kind;
    what.quality = {};
    what.proxy = {};
    what.small_queues = false;
    what.short_log = false;
    what.shards = 1;  // of several the one that comes first depends on who reads first
    std::erase_if(what.operations, [](const operation& one) {
        constexpr std::array depends{
            say_volatile, greet_volatile, flood, ask_server_to_flood_me, flood_all, claim
        };
        return one.what >= fail_all || std::ranges::find(depends, one.what) != depends.end();
    });
    return what;
}

std::string describe(const plan& what)
{
    std::string all = fmt::format(
        "seed {}: {}, {} shard{}{}{}{}{}, latency {} ms, jitter {} ms{}\n",
        what.seed,
        what.msgpack ? "msgpack" : "json",
        what.shards,
        what.shards == 1 ? "" : "s",
        what.recovery ? ", recovery" : "",
        what.recovery && what.short_log ? " from a short log" : "",
        what.small_queues ? ", small queues" : "",
        what.cleanup_of_namespaces ? ", namespaces end with their last socket" : "",
        what.quality.latency / std::chrono::milliseconds{1},
        what.quality.jitter / std::chrono::milliseconds{1},
        what.quality.max_piece > 50 ? ""
                                    : fmt::format(", pieces of {} at most", what.quality.max_piece)
    );
    for (const client_plan& one : what.clients) {
        std::vector<std::string_view> ways;
        for (const transport_kind way : one.transports)
            ways.push_back(engine::to_string(way));
        all += fmt::format(
            "client {}: {}, in {}{}{}\n",
            one.number,
            fmt::join(ways, " then "),
            fmt::join(one.namespaces, " and "),
            one.retries ? ", with retries" : "",
            one.through_proxy ? ", through " + describe(what.proxy) : ""
        );
    }
    for (std::size_t i = 0; i < what.operations.size(); ++i) {
        const operation& one = what.operations[i];
        all += fmt::format(
            "{:4}  {} of {} ({}, {}), then {} ms\n",
            i,
            to_string(one.what),
            one.client,
            one.a,
            one.b,
            one.then / std::chrono::milliseconds{1}
        );
    }
    return all;
}

}  // namespace cosio::test
