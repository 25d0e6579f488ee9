// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>

#include <array>

namespace cosio::detail {
namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t not_a_digit = 0xFF;

consteval std::array<std::uint8_t, 256> make_digits()
{
    std::array<std::uint8_t, 256> digits{};
    digits.fill(not_a_digit);
    for (std::size_t i = 0; i != standard_alphabet.size(); ++i)
        digits[static_cast<unsigned char>(standard_alphabet[i])] = static_cast<std::uint8_t>(i);
    return digits;
}

constexpr auto digits = make_digits();

// Whole groups, then the digits that one or two last bytes need; returns how many were written.
std::size_t encode(bytes_view bytes, const char* alphabet, char* out) noexcept
{
    const auto* const first = out;
    const auto* at = bytes.data();
    auto left = bytes.size();
    const auto byte = [&at](std::size_t i) { return std::to_integer<std::uint32_t>(at[i]); };
    for (; left >= 3; left -= 3, at += 3, out += 4) {
        const auto group = byte(0) << 16 | byte(1) << 8 | byte(2);
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }
    if (left != 0) {
        const auto group = byte(0) << 16 | (left == 2 ? byte(1) << 8 : 0);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        if (left == 2)
            *out++ = alphabet[group >> 6 & 63];
    }
    return static_cast<std::size_t>(out - first);
}

}  // namespace

void encode_base64(bytes_view bytes, char* out) noexcept
{
    auto written = encode(bytes, standard_alphabet.data(), out);
    for (; written != base64_size(bytes.size()); ++written)
        out[written] = '=';
}

std::size_t encode_base64url(bytes_view bytes, char* out) noexcept
{
    return encode(bytes, url_alphabet.data(), out);
}

std::optional<std::size_t> decode_base64(std::string_view text, std::byte* out) noexcept
{
    if (text.size() % 4 == 0) {
        for (int padding = 0; padding != 2 && text.ends_with('='); ++padding)
            text.remove_suffix(1);
    }
    if (text.size() % 4 == 1)
        return std::nullopt;

    const auto* const first = out;
    // A digit is below 64, so one look at the sum tells whether any character was none.
    std::uint8_t seen = 0;
    const auto digit = [&text, &seen](std::size_t i) -> std::uint32_t {
        const auto value = digits[static_cast<unsigned char>(text[i])];
        seen |= value;
        return value;
    };
    for (; text.size() >= 4; text.remove_prefix(4), out += 3) {
        const auto group = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        out[0] = static_cast<std::byte>(group >> 16);
        out[1] = static_cast<std::byte>(group >> 8);
        out[2] = static_cast<std::byte>(group);
    }
    if (!text.empty()) {
        const auto group = digit(0) << 18 | digit(1) << 12 | (text.size() == 3 ? digit(2) << 6 : 0);
        *out++ = static_cast<std::byte>(group >> 16);
        if (text.size() == 3)
            *out++ = static_cast<std::byte>(group >> 8);
    }
    if (seen >= 64)
        return std::nullopt;
    return static_cast<std::size_t>(out - first);
}

}  // namespace cosio::detail
