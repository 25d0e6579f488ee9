// SPDX-License-Identifier: BSL-1.0
#include "wire/websocket.hpp"

#include <cosio/detail/utf8.hpp>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstring>
#include <string>

using namespace cosio;
using namespace cosio::wire;

namespace {

constexpr std::array key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};
constexpr std::size_t scratch = 64 * 1024;

using buffer = std::vector<std::byte>;

std::string text_of(std::size_t size, std::string_view unit)
{
    std::string text;
    while (text.size() + unit.size() <= size)
        text += unit;
    return text.append(size - text.size(), 'x');
}

// As many frames as one read of a shard brings, and one at least.
buffer frames_of(std::string_view payload, websocket_opcode opcode, std::size_t& count)
{
    buffer frames;
    count = 0;
    do {
        append_websocket_frame(frames, opcode, as_bytes(payload), &key);
        ++count;
    } while (frames.size() + payload.size() + 14 <= scratch);
    return frames;
}

std::size_t drain(websocket_decoder& decoder)
{
    std::size_t messages = 0;
    for (;; ++messages) {
        const auto outcome = decoder.next();
        if (outcome.has_error() || !outcome->has_value())
            return messages;
        benchmark::DoNotOptimize((*outcome)->payload.data());
    }
}

void count(benchmark::State& state, std::size_t messages, std::size_t bytes)
{
    const auto rounds = static_cast<std::int64_t>(state.iterations());
    state.SetItemsProcessed(rounds * static_cast<std::int64_t>(messages));
    state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

// The copy stands for the read from the socket: decoding unmasks in place, so each round needs the
// bytes anew. `refill` measures it alone.
void decode(benchmark::State& state, std::string_view unit, websocket_opcode opcode)
{
    std::size_t messages = 0;
    const auto wire =
        frames_of(text_of(static_cast<std::size_t>(state.range()), unit), opcode, messages);
    auto scratch_copy = wire;
    websocket_decoder decoder{websocket_role::server, {}};
    for (auto _ : state) {
        std::memcpy(scratch_copy.data(), wire.data(), wire.size());
        decoder.feed(scratch_copy);
        if (drain(decoder) != messages)
            state.SkipWithError("messages are missing");
    }
    count(state, messages, wire.size());
}

void decode_binary(benchmark::State& state)
{
    decode(state, "x", websocket_opcode::binary);
}

void decode_ascii_text(benchmark::State& state)
{
    decode(state, "x", websocket_opcode::text);
}

void decode_mixed_text(benchmark::State& state)
{
    decode(state, "plain words and \u20AC, ", websocket_opcode::text);
}

void refill(benchmark::State& state)
{
    std::size_t messages = 0;
    const std::string payload(static_cast<std::size_t>(state.range()), 'x');
    const auto wire = frames_of(payload, websocket_opcode::binary, messages);
    auto scratch_copy = wire;
    for (auto _ : state) {
        std::memcpy(scratch_copy.data(), wire.data(), wire.size());
        benchmark::ClobberMemory();
    }
    count(state, messages, wire.size());
}

// A message of 1 MB in fragments or, for 0, in one frame; it arrives in reads of 64 KiB.
void decode_megabyte_in_fragments(benchmark::State& state)
{
    constexpr std::size_t size = 1'000'000;
    const auto fragment = state.range() == 0 ? size : static_cast<std::size_t>(state.range());
    const std::string payload(fragment, 'x');
    buffer wire;
    for (std::size_t at = 0; at < size; at += fragment) {
        const auto part = std::string_view{payload}.substr(0, std::min(fragment, size - at));
        const auto head_at = wire.size();
        append_websocket_frame(wire, websocket_opcode::binary, as_bytes(part), &key);
        const auto opcode = at == 0 ? 0x02U : 0x00U;
        wire[head_at] = static_cast<std::byte>(opcode | (at + fragment >= size ? 0x80U : 0U));
    }
    buffer read(scratch);
    websocket_decoder decoder{websocket_role::server, {.max_fragments = wire.size()}};
    for (auto _ : state) {
        std::size_t messages = 0;
        for (std::size_t at = 0; at < wire.size(); at += scratch) {
            const auto part = std::min(scratch, wire.size() - at);
            std::memcpy(read.data(), wire.data() + at, part);
            decoder.feed(std::span{read}.first(part));
            messages += drain(decoder);
        }
        if (messages != 1)
            state.SkipWithError("the message is missing");
    }
    count(state, 1, wire.size());
}

void decode_byte_by_byte(benchmark::State& state)
{
    buffer wire;
    const std::string payload(static_cast<std::size_t>(state.range()), 'x');
    append_websocket_frame(wire, websocket_opcode::binary, as_bytes(payload), &key);
    websocket_decoder decoder{websocket_role::server, {}};
    for (auto _ : state) {
        for (auto byte : wire) {
            decoder.feed({&byte, 1});
            benchmark::DoNotOptimize(drain(decoder));
        }
    }
    count(state, 1, wire.size());
}

void unmask(benchmark::State& state)
{
    buffer bytes(static_cast<std::size_t>(state.range()));
    for (auto _ : state) {
        apply_mask(bytes, bytes.data(), key);
        benchmark::ClobberMemory();
    }
    count(state, 1, bytes.size());
}

void encode_header(benchmark::State& state)
{
    std::array<std::byte, 14> out;
    auto size = static_cast<std::uint64_t>(state.range());
    for (auto _ : state) {
        benchmark::DoNotOptimize(size);
        benchmark::DoNotOptimize(
            encode_websocket_header(out.data(), websocket_opcode::text, size, &key)
        );
        benchmark::ClobberMemory();
    }
    count(state, 1, 0);
}

void validate(benchmark::State& state, std::string_view unit)
{
    const auto text = text_of(static_cast<std::size_t>(state.range()), unit);
    for (auto _ : state)
        benchmark::DoNotOptimize(detail::is_valid_utf8(text));
    count(state, 1, text.size());
}

void validate_ascii(benchmark::State& state)
{
    validate(state, "x");
}

void validate_mixed(benchmark::State& state)
{
    validate(state, "plain words and \u20AC, ");
}

void validate_three_byte_characters(benchmark::State& state)
{
    validate(state, "\u6F22\u5B57");
}

void make_text(benchmark::State& state)
{
    const std::string packet(static_cast<std::size_t>(state.range()), 'x');
    for (auto _ : state)
        benchmark::DoNotOptimize(make_text_frame(packet));
    count(state, 1, packet.size());
}

BENCHMARK(decode_binary)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(decode_ascii_text)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(decode_mixed_text)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(refill)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(decode_megabyte_in_fragments)->Arg(0)->Arg(1000)->Arg(20'000);
BENCHMARK(decode_byte_by_byte)->Arg(64)->Arg(65536);
BENCHMARK(unmask)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(encode_header)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(validate_ascii)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(validate_mixed)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(validate_three_byte_characters)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(make_text)->Arg(64)->Arg(1024)->Arg(65536);

}  // namespace

BENCHMARK_MAIN();
