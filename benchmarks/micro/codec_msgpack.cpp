// SPDX-License-Identifier: BSL-1.0
#include <cosio/any_value.hpp>
#include <cosio/codecs/msgpack.hpp>

#include <boost/describe/class.hpp>

#include <benchmark/benchmark.h>

// The same values as in codec_json.cpp, so that the two tables can be read side by side.

namespace {

using namespace cosio;

struct message
{
    std::string from;
    std::string text;
    std::int64_t at = 0;
    double score = 0;
    bool seen = false;
    std::vector<int> tags;
};
BOOST_DESCRIBE_STRUCT(message, (), (from, text, at, score, seen, tags))

const std::string sixty_four(64, 'x');
const message sample{"ann", "hello, world", 1'700'000'000'000, 0.75, true, {1, 2, 3}};

any_value kilobyte()
{
    boost::json::array users;
    for (int i = 0; i < 10; ++i)
        users.push_back({
            {"id", i},
            {"name", "user number " + std::to_string(i)},
            {"score", i * 1.25},
            {"tags", {"a", "bc", "def"}},
            {"active", i % 2 == 0},
            {"last", nullptr},
        });
    return {boost::json::object{{"room", "lobby"}, {"users", users}}};
}

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
