// SPDX-License-Identifier: BSL-1.0
// permessage-deflate of one message: range(0) bytes; range(1) the level; range(2) the memory level.
#include "wire/deflate.hpp"

#include <benchmark/benchmark.h>
#include <string>

using namespace cosio;
using namespace cosio::wire;

namespace {

std::string packet_of(std::int64_t size)
{
    std::string text = R"(42["positions",[)";
    for (unsigned i = 0; text.size() < static_cast<std::size_t>(size); ++i)
        text += R"({"id":)" + std::to_string(i * 7919 % 10'007) + R"(,"x":)" +
                std::to_string(i * 104'729 % 1000) + R"(.25,"name":"player )" + std::to_string(i) +
                R"("},)";
    text.resize(static_cast<std::size_t>(size));
    return text;
}

void report(benchmark::State& state, std::size_t plain, std::size_t compressed)
{
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain));
    state.counters["compressed"] = static_cast<double>(compressed);
}

void compress(benchmark::State& state, bool keeps_context)
{
    const std::string packet = packet_of(state.range(0));
    deflate_buffer out;
    deflater codec{
        out, 15, static_cast<int>(state.range(1)), static_cast<int>(state.range(2)), keeps_context
    };
    std::size_t size = 0;
    for (auto _ : state) {
        size = codec.deflate(as_bytes(packet)).size();
        benchmark::DoNotOptimize(out.data());
    }
    report(state, packet.size(), size);
}

void compress_alone(benchmark::State& state)
{
    compress(state, false);
}

// The same packet again and again: what a context does at its best.
void compress_with_context(benchmark::State& state)
{
    compress(state, true);
}

void decompress_alone(benchmark::State& state)
{
    const std::string packet = packet_of(state.range(0));
    deflate_buffer deflated;
    const bytes_view payload = deflater{deflated, 15, 6, 8, false}.deflate(as_bytes(packet));
    deflate_buffer out;
    inflater codec{out, 15, false};
    for (auto _ : state) {
        const auto message = codec.inflate(payload, 1'000'000);
        if (!message || message->size() != packet.size())
            state.SkipWithError("the message is damaged");
    }
    report(state, packet.size(), payload.size());
}

BENCHMARK(compress_alone)->ArgsProduct({{1024, 16 * 1024}, {1, 6}, {5, 8}});
BENCHMARK(compress_with_context)->ArgsProduct({{1024, 16 * 1024}, {1, 6}, {8}});
BENCHMARK(decompress_alone)->Arg(1024)->Arg(16 * 1024);

}  // namespace

BENCHMARK_MAIN();
