// SPDX-License-Identifier: BSL-1.0
// Compressed messages: any bytes are inflated within the limit, and what is deflated comes back.
#include "wire/deflate.hpp"

#include "fuzz.hpp"

#include <string>

using namespace cosio;
using namespace cosio::wire;

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
    for (int i = 0; i < 3; ++i) {
        const bytes_view compressed = out.deflate(input);
        const result<bytes_view> again = in.inflate(compressed, input.size());
        require(again.has_value(), "what was deflated cannot be inflated");
        require(as_text(*again) == as_text(input), "another message when deflated and inflated");
    }
}
