// SPDX-License-Identifier: BSL-1.0
#include "json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace cosio::detail {
namespace {

/// value = 0.d1d2d3... * 10^point
struct decimal
{
    char digits[20];
    int count;
    int point;
};

decimal shortest_decimal(double positive) noexcept
{
    char text[max_json_number_bytes];
    const char* const end =
        std::to_chars(std::begin(text), std::end(text), positive, std::chars_format::scientific)
            .ptr;
    const char* const e = std::find(static_cast<const char*>(text), end, 'e');
    decimal result{};
    for (const char* at = text; at != e; ++at)
        if (*at != '.')
            result.digits[result.count++] = *at;
    int exponent = 0;
    std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
    result.point = exponent + 1;
    return result;
}

char* append(char* out, const char* digits, int count) noexcept
{
    std::memcpy(out, digits, static_cast<std::size_t>(count));
    return out + count;
}

char* append_zeros(char* out, int count) noexcept
{
    std::memset(out, '0', static_cast<std::size_t>(count));
    return out + count;
}

}  // namespace

char* write_json_number(double value, char* out) noexcept
{
    constexpr double exact_integers = 9007199254740992.0;
    if (std::abs(value) < exact_integers) {
        const auto whole = static_cast<std::int64_t>(value);
        if (static_cast<double>(whole) == value)
            return std::to_chars(out, out + max_json_number_bytes, whole).ptr;
    }
    if (value < 0)
        *out++ = '-';
    const auto [digits, count, point] = shortest_decimal(std::abs(value));
    if (point >= count && point <= 21)
        return append_zeros(append(out, digits, count), point - count);
    if (point > 0 && point <= 21) {
        out = append(out, digits, point);
        *out++ = '.';
        return append(out, digits + point, count - point);
    }
    if (point > -6 && point <= 0) {
        out = append(out, "0.", 2);
        return append(append_zeros(out, -point), digits, count);
    }
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        out = append(out, digits + 1, count - 1);
    }
    *out++ = 'e';
    *out++ = point > 0 ? '+' : '-';
    return std::to_chars(out, out + 4, std::abs(point - 1)).ptr;
}

}  // namespace cosio::detail
