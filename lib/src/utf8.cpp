// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/utf8.hpp>

#include <array>
#include <cstddef>
#include <cstring>

namespace cosio::detail {
namespace {

// The automaton of RFC 3629, section 4. A state is the position of its six bits in a table row; the
// row of a byte holds, at the position of each state, the state that follows. So a step is one load
// and one shift, without a branch. A transition that is not listed leads to `failed`, and stays there.
enum state : std::uint8_t
{
    failed = 0,
    accept = 6,
    one_tail = 12,
    two_tails = 18,
    three_tails = 24,
    after_e0 = 30,  // A0..BF: no overlong form
    after_ed = 36,  // 80..9F: no surrogate
    after_f0 = 42,  // 90..BF: no overlong form
    after_f4 = 48,  // 80..8F: not above U+10FFFF
};

constexpr std::uint8_t state_bits = 63;

using transition_table = std::array<std::uint64_t, 256>;

consteval transition_table make_transitions()
{
    transition_table table{};
    const auto on = [&table](state from, unsigned first, unsigned last, state to) {
        for (auto byte = first; byte <= last; ++byte)
            table[byte] |= std::uint64_t{to} << from;
    };
    on(accept, 0x00, 0x7F, accept);
    on(accept, 0xC2, 0xDF, one_tail);
    on(accept, 0xE0, 0xE0, after_e0);
    on(accept, 0xE1, 0xEC, two_tails);
    on(accept, 0xED, 0xED, after_ed);
    on(accept, 0xEE, 0xEF, two_tails);
    on(accept, 0xF0, 0xF0, after_f0);
    on(accept, 0xF1, 0xF3, three_tails);
    on(accept, 0xF4, 0xF4, after_f4);
    on(one_tail, 0x80, 0xBF, accept);
    on(two_tails, 0x80, 0xBF, one_tail);
    on(three_tails, 0x80, 0xBF, two_tails);
    on(after_e0, 0xA0, 0xBF, one_tail);
    on(after_ed, 0x80, 0x9F, one_tail);
    on(after_f0, 0x90, 0xBF, two_tails);
    on(after_f4, 0x80, 0x8F, two_tails);
    return table;
}

constexpr auto transitions = make_transitions();

std::uint8_t run(std::uint8_t from, const char* at, std::size_t count) noexcept
{
    std::uint64_t current = from;
    for (std::size_t i = 0; i != count; ++i)
        current = transitions[static_cast<unsigned char>(at[i])] >> (current & state_bits);
    return static_cast<std::uint8_t>(current & state_bits);
}

template <std::size_t Words>
bool is_ascii(const char* at) noexcept
{
    std::array<std::uint64_t, Words> words;
    std::memcpy(words.data(), at, sizeof words);
    std::uint64_t all = 0;
    for (const auto word : words)
        all |= word;
    return (all & 0x8080'8080'8080'8080) == 0;
}

constexpr std::size_t wide = 64;
constexpr std::size_t narrow = 8;

}  // namespace

bool utf8_validator::feed(std::string_view part) noexcept
{
    static_assert(between_characters == accept);

    const auto* at = part.data();
    auto left = part.size();
    const auto skip = [&at, &left](std::size_t count) {
        at += count;
        left -= count;
    };
    while (left >= narrow) {
        if (state_ == accept && left >= wide && is_ascii<wide / 8>(at)) {
            skip(wide);
            continue;
        }
        if (state_ != accept || !is_ascii<narrow / 8>(at)) {
            state_ = run(state_, at, narrow);
            if (state_ == failed)
                return false;
        }
        skip(narrow);
    }
    state_ = run(state_, at, left);
    return state_ != failed;
}

bool is_valid_utf8(std::string_view text) noexcept
{
    utf8_validator validator;
    return validator.feed(text) && validator.complete();
}

std::size_t utf16_length(std::string_view text) noexcept
{
    std::size_t units = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xC0) != 0x80;  // of each character
        units += byte >= 0xF0;           // a surrogate pair
    }
    return units;
}

std::optional<std::size_t> utf16_prefix(std::string_view text, std::size_t units) noexcept
{
    std::size_t at = 0;
    while (units != 0) {
        if (at >= text.size())
            return std::nullopt;
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t taken = lead >= 0xF0 ? 2 : 1;
        if ((lead & 0xC0) == 0x80 || taken > units)
            return std::nullopt;
        at += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        units -= taken;
    }
    if (at > text.size())
        return std::nullopt;
    return at;
}

}  // namespace cosio::detail
