// SPDX-License-Identifier: BSL-1.0
#include "codec_values.hpp"

#include <cosio/codecs/msgpack.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace cosio;
using namespace cosio::bench;

template <class T>
frame_ref encode(std::string_view event, const T& value)
{
    msgpack::encoder out{{}, {}};
    out.begin_array(2);
    out.string(event);
    write_value(out, value);
    out.end_array();
    return out.finish().value().head;
}

template <class T>
void encode_value(benchmark::State& state, std::string_view event, const T& value)
{
    std::size_t bytes = 0;
    for (auto _ : state) {
        const frame_ref frame = encode(event, value);
        bytes += frame->size();
        benchmark::DoNotOptimize(frame.get());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

template <class T>
void decode_value(benchmark::State& state, std::string_view event, const T& sent)
{
    const auto decoder = msgpack::make_decoder({});
    std::unique_ptr<partial_packet> partial;
    const frame_ref frame = encode(event, sent);
    for (auto _ : state) {
        const auto packet = decoder->feed(partial, frame_kind::binary, frame->payload());
        T value{};
        if (read_value(static_cast<const msgpack::packet&>(**packet).argument(0), value)) {
            state.SkipWithError("not decoded");
            return;
        }
        benchmark::DoNotOptimize(value);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame->size()));
}

BENCHMARK_CAPTURE(decode_value, string, "echo", sixty_four);
BENCHMARK_CAPTURE(encode_value, string, "echo", sixty_four);
BENCHMARK_CAPTURE(decode_value, described_struct, "message", sample);
BENCHMARK_CAPTURE(encode_value, described_struct, "message", sample);
BENCHMARK_CAPTURE(decode_value, nested_kilobyte, "state", kilobyte());
BENCHMARK_CAPTURE(encode_value, nested_kilobyte, "state", kilobyte());
BENCHMARK_CAPTURE(decode_value, binary, "echo", binary{sixty_four});
BENCHMARK_CAPTURE(encode_value, binary, "echo", binary{sixty_four});

}  // namespace

BENCHMARK_MAIN();
