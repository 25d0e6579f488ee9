// SPDX-License-Identifier: BSL-1.0
#include "codec_values.hpp"

#include <cosio/codecs/json.hpp>

#include <benchmark/benchmark.h>
#include <stdexcept>

namespace {

using namespace cosio;
using namespace cosio::bench;

template <class... T>
protocol::encoded_packet encode(const T&... values)
{
    json::encoder out{{}, {}};
    out.begin_array(sizeof...(values));
    (write_value(out, values), ...);
    out.end_array();
    return out.finish().value();
}

template <class... T>
void encode_loop(benchmark::State& state, const T&... values)
{
    std::size_t bytes = 0;
    for (auto _ : state) {
        const protocol::encoded_packet packet = encode(values...);
        bytes += packet.bytes();
        benchmark::DoNotOptimize(packet.head.get());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

template <class T>
void decode_loop(benchmark::State& state, const protocol::encoded_packet& sent)
{
    const auto decoder = json::make_decoder({});
    std::unique_ptr<partial_packet> partial;
    const bytes_view head = sent.head->payload().subspan(1);
    for (auto _ : state) {
        auto fed = decoder->feed(partial, frame_kind::text, head);
        for (const frame_ref& attachment : sent.attachments)
            fed = decoder->feed(partial, frame_kind::binary, attachment->payload());
        T value{};
        if (read_value(static_cast<const json::packet&>(**fed).argument(0), value))
            throw std::logic_error{"decode"};
        benchmark::DoNotOptimize(value);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sent.bytes()));
}

void json_decode_string(benchmark::State& state)
{
    decode_loop<std::string>(state, encode("echo", sixty_four));
}

void json_encode_string(benchmark::State& state)
{
    encode_loop(state, "echo", sixty_four);
}

void json_decode_struct(benchmark::State& state)
{
    decode_loop<message>(state, encode("message", sample));
}

void json_encode_struct(benchmark::State& state)
{
    encode_loop(state, "message", sample);
}

void json_decode_kilobyte(benchmark::State& state)
{
    decode_loop<any_value>(state, encode("state", kilobyte()));
}

void json_encode_kilobyte(benchmark::State& state)
{
    encode_loop(state, "state", kilobyte());
}

void json_decode_binary(benchmark::State& state)
{
    decode_loop<binary>(state, encode("echo", binary{sixty_four}));
}

void json_encode_binary(benchmark::State& state)
{
    encode_loop(state, "echo", binary{sixty_four});
}

BENCHMARK(json_decode_string);
BENCHMARK(json_encode_string);
BENCHMARK(json_decode_struct);
BENCHMARK(json_encode_struct);
BENCHMARK(json_decode_kilobyte);
BENCHMARK(json_encode_kilobyte);
BENCHMARK(json_decode_binary);
BENCHMARK(json_encode_binary);

}  // namespace

BENCHMARK_MAIN();
