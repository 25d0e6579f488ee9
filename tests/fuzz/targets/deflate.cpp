// SPDX-License-Identifier: BSL-1.0
// Compressed messages: any bytes are inflated within the limit, and what is deflated comes back, in however many frames
// (I32): an inflater takes whole messages, so it is the decoder of frames that is fed.
#include "wire/deflate.hpp"

#include "fuzz.hpp"
#include "wire/websocket.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace cosio;
using namespace cosio::wire;

namespace {

/// A compressed message in as many frames as `cut` makes of it: all of them but the last say that more follows.
std::vector<std::byte> frames_of(bytes_view compressed, std::uint8_t cut)
{
    constexpr std::byte fin{0x80};
    constexpr std::byte rsv1{0x40};
    std::vector<std::byte> bytes;
    std::size_t last = 0;
    fuzz::in_parts(compressed, cut, [&](bytes_view part) {
        last = bytes.size();
        const bool is_first = bytes.empty();
        const auto opcode = is_first ? websocket_opcode::binary : websocket_opcode::continuation;
        append_websocket_frame(bytes, opcode, part);
        bytes[last] &= ~fin;
        if (is_first)
            bytes[last] |= rsv1;
    });
    if (!bytes.empty())
        bytes[last] |= fin;
    return bytes;
}

void require_same_in_frames(bytes_view input, bytes_view compressed, std::uint8_t cut)
{
    deflate_buffer memory;
    inflater in{memory, 15, false};
    const websocket_limits limits{
        .max_payload = input.size() + compressed.size(),
        .max_fragments = std::numeric_limits<std::size_t>::max()
    };
    websocket_decoder decoder{websocket_role::client, limits};
    decoder.decompress(in);
    std::vector<std::byte> bytes = frames_of(compressed, cut);
    decoder.feed(bytes);
    const auto message = decoder.next();
    fuzz::require(message && message->has_value(), "frames of a compressed message are none");
    fuzz::require((*message)->text() == as_text(input), "another message when it comes in frames");
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    constexpr std::size_t limit = 4'096;
    deflate_buffer memory;
    const unsigned window_bits = 9 + seed % 7;
    inflater any{memory, window_bits, seed % 2 == 1};
    if (const result<bytes_view> text = any.inflate(input, limit))
        require(text->size() <= limit, "more was inflated than may be");
    any.release();

    deflate_buffer other_memory;
    deflater out{other_memory, window_bits, 1 + seed % 9, 1 + seed % 9, true};
    inflater in{memory, window_bits, true};
    std::vector<std::byte> first;
    for (int i = 0; i < 3; ++i) {
        const bytes_view compressed = out.deflate(input);
        if (i == 0)
            first.assign(compressed.begin(), compressed.end());
        const result<bytes_view> again = in.inflate(compressed, input.size());
        require(again.has_value(), "what was deflated cannot be inflated");
        require(as_text(*again) == as_text(input), "another message when deflated and inflated");
    }
    for (const std::uint8_t cut : {std::uint8_t{0}, std::uint8_t{1}, seed})
        require_same_in_frames(input, first, cut);
}
