// SPDX-License-Identifier: BSL-1.0
// The machines alone: what one packet, one timer, one room costs before any IO.
#include <cosio/engine/session.hpp>
#include <cosio/protocol/connection.hpp>
#include <cosio/room_index.hpp>
#include <cosio/timer_queue.hpp>

#include <benchmark/benchmark.h>
#include <deque>
#include <string>
#include <vector>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr time_point epoch{};

void session_message(benchmark::State& state)
{
    const engine::session_config config;
    engine::session session{config, engine::role::server, engine::transport_kind::websocket, epoch};
    const engine::packet_view message{.data = as_bytes(R"(2["news","hello"])")};
    for (auto _ : state) {
        const engine::actions list = session.handle_packet(message, epoch);
        if (list.empty())
            state.SkipWithError("the message is missing");
        benchmark::DoNotOptimize(list.begin());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void session_heartbeat(benchmark::State& state)
{
    const engine::session_config config;
    engine::session session{config, engine::role::server, engine::transport_kind::websocket, epoch};
    const engine::packet_view pong{.type = engine::packet_type::pong};
    time_point now = epoch;
    for (auto _ : state) {
        now = *session.deadline();
        benchmark::DoNotOptimize(session.handle_deadline(now).begin());
        benchmark::DoNotOptimize(session.handle_packet(pong, now).begin());
        if (session.is_closed())
            state.SkipWithError("the session has ended");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

class counter final : public timer_node
{
public:
    std::size_t fired = 0;

private:
    void on_deadline(time_point) override { ++fired; }
};

/// Deadlines that are spread as those of many connections are.
time_point spread(std::size_t index, std::size_t count)
{
    return epoch +
           25s * static_cast<std::int64_t>(index * 7919 % count) / static_cast<std::int64_t>(count);
}

void timer_rearm(benchmark::State& state)
{
    const auto count = static_cast<std::size_t>(state.range());
    timer_queue queue;
    std::deque<counter> nodes(count);
    for (std::size_t i = 0; i < count; ++i)
        queue.arm(nodes[i], spread(i, count));
    std::size_t next = 0;
    for (auto _ : state) {
        queue.arm(nodes[next], spread(next + 1, count) + 25s);
        next = (next + 1) % count;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// All nodes are armed and fire, in steps of a second.
void timer_arm_and_advance(benchmark::State& state)
{
    const auto count = static_cast<std::size_t>(state.range());
    timer_queue queue;
    std::deque<counter> nodes(count);
    for (auto _ : state) {
        for (std::size_t i = 0; i < count; ++i)
            queue.arm(nodes[i], spread(i, count));
        std::size_t fired = 0;
        for (duration at{}; at <= 25s; at += 1s)
            fired += queue.advance(epoch + at);
        if (fired != count)
            state.SkipWithError("a timer did not fire");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range());
}

void timer_advance_nothing_due(benchmark::State& state)
{
    timer_queue queue;
    std::deque<counter> nodes(10'000);
    for (std::size_t i = 0; i < nodes.size(); ++i)
        queue.arm(nodes[i], spread(i, nodes.size()) + 1h);
    for (auto _ : state)
        benchmark::DoNotOptimize(queue.advance(epoch));
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// A socket joins and leaves a room that has members already.
void room_join_leave(benchmark::State& state)
{
    const auto members = static_cast<socket_slot>(state.range());
    room_index index;
    for (socket_slot socket = 0; socket < members; ++socket)
        index.join(socket, "a room of usual length");
    for (auto _ : state) {
        index.join(members, "a room of usual length");
        index.leave(members, "a room of usual length");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// The room is made and dies each time.
void room_of_one(benchmark::State& state)
{
    room_index index;
    for (auto _ : state) {
        index.join(0, "a room of usual length");
        index.leave(0, "a room of usual length");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void room_disconnect(benchmark::State& state)
{
    const auto count = static_cast<std::size_t>(state.range());
    std::vector<std::string> rooms;
    for (std::size_t i = 0; i < count; ++i)
        rooms.push_back("room number " + std::to_string(i));
    room_index index;
    for (const std::string& room : rooms)
        for (socket_slot socket = 1; socket < 100; ++socket)
            index.join(socket, room);
    for (auto _ : state) {
        for (const std::string& room : rooms)
            index.join(0, room);
        index.erase(0);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range());
}

/// An event for one of several joined namespaces, the last one joined.
void connection_event(benchmark::State& state)
{
    const protocol::connection_config config;
    protocol::connection connection{config, engine::role::server, epoch};
    protocol::packet_header header{.type = protocol::packet_type::connect, .nsp = "/"};
    std::deque<std::string> names{"/"};
    for (std::int64_t i = 0; i < state.range(); ++i) {
        if (i != 0)
            names.push_back("/namespace" + std::to_string(i));
        header.nsp = names.back();
        const protocol::actions list = connection.handle_packet(header, epoch);
        connection.accept(std::get<protocol::join>(*list.begin()).where);
    }
    header.type = protocol::packet_type::event;
    for (auto _ : state) {
        const protocol::actions list = connection.handle_packet(header, epoch);
        if (!std::holds_alternative<protocol::dispatch>(*list.begin()))
            state.SkipWithError("the event is missing");
        benchmark::DoNotOptimize(list.begin());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(session_message);
BENCHMARK(session_heartbeat);
BENCHMARK(timer_rearm)->Arg(100)->Arg(10'000);
BENCHMARK(timer_arm_and_advance)->Arg(10'000);
BENCHMARK(timer_advance_nothing_due);
BENCHMARK(room_join_leave)->Arg(1)->Arg(10'000);
BENCHMARK(room_of_one);
BENCHMARK(room_disconnect)->Arg(1)->Arg(100);
BENCHMARK(connection_event)->Arg(1)->Arg(8);

}  // namespace

BENCHMARK_MAIN();
