// SPDX-License-Identifier: BSL-1.0
// One event to many sockets, without a network: encoding, selection, queues, flushes and the packet link.
#include <cosio/json.hpp>
#include <cosio/transports/simulation.hpp>

#include <benchmark/benchmark.h>
#include <memory>
#include <string>
#include <vector>

using namespace cosio;

namespace {

/// A server with loopback clients that take what comes and answer nothing.
class hall
{
public:
    explicit hall(std::int64_t count)
    {
        io_.on_connection([](json_socket client) { client.join("everybody"); });
        for (std::int64_t i = 0; i < count; ++i) {
            clients_.push_back(world_.connect(io_));
            outbox hello;
            hello.push(make_text_frame("40"));
            clients_.back()->try_flush(hello);
        }
        world_.run();
        drain();
    }

    ~hall()
    {
        for (const auto& client : clients_)
            client->close();
        world_.run();
    }

    /// Takes all that has come; returns how many packets.
    std::size_t drain()
    {
        std::size_t count = 0;
        engine::packet_view packet;
        for (const auto& client : clients_)
            while (client->try_receive(packet))
                ++count;
        return count;
    }

    /// Runs `send` on the shard until everything has been delivered.
    template <class F>
    std::size_t deliver(F send)
    {
        world_.home().post(std::move(send));
        world_.run();
        return drain();
    }

    [[nodiscard]] json_server& io() noexcept { return io_; }

private:
    simulation world_;
    json_server io_{world_.home()};
    std::vector<std::unique_ptr<transport>> clients_;
};

template <class F>
void measure(benchmark::State& state, F send)
{
    hall all{state.range()};
    const auto count = static_cast<std::size_t>(state.range());
    for (auto _ : state)
        if (all.deliver([&] { send(all.io()); }) != count)
            state.SkipWithError("a delivery is missing");
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range());
    state.counters["per_delivery"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * static_cast<double>(count),
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert
    );
}

const std::string text(64, 'b');

void emit_to_all(benchmark::State& state)
{
    measure(state, [](json_server& io) { io.emit("news", text); });
}

void emit_to_room(benchmark::State& state)
{
    measure(state, [](json_server& io) { io.to("everybody").emit("news", text); });
}

void emit_to_room_without_another(benchmark::State& state)
{
    measure(state, [](json_server& io) { io.to("everybody").except("nobody").emit("news", text); });
}

void emit_one_by_one(benchmark::State& state)
{
    measure(state, [](json_server& io) {
        for (const json_socket& client : io.main().sockets())
            client.emit("news", text);
    });
}

BENCHMARK(emit_to_all)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(emit_to_room)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(emit_to_room_without_another)->Arg(1000);
BENCHMARK(emit_one_by_one)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
