// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string_view>

// What protocols mean by letters and digits: ASCII, no locale.

namespace cosio::detail {

[[nodiscard]] constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr char to_lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_alnum(char c) noexcept
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

/// RFC 9110, 5.6.2: what names of fields, methods and list members are made of.
[[nodiscard]] constexpr bool is_token_char(char c) noexcept
{
    return is_alnum(c) || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept
{
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

[[nodiscard]] constexpr bool is_printable(char c) noexcept
{
    return c >= ' ' && c <= '~';
}

/// RFC 9110, 5.5: no control byte but the tab; whatever is not ASCII.
[[nodiscard]] constexpr bool is_field_char(char c) noexcept
{
    return is_printable(c) || c == '\t' || static_cast<unsigned char>(c) >= 0x80;
}

[[nodiscard]] constexpr bool equal_without_case(std::string_view a, std::string_view b) noexcept
{
    return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

/// Without the spaces and tabs at both ends (OWS of RFC 9110, 5.6.3).
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the first member off a comma separated list, trimmed. Sets `more` if a comma followed it.
[[nodiscard]] constexpr std::string_view take_list_item(std::string_view& rest, bool& more) noexcept
{
    const auto comma = rest.find(',');
    const std::string_view item = trimmed(rest.substr(0, comma));
    more = comma != std::string_view::npos;
    rest.remove_prefix(more ? comma + 1 : rest.size());
    return item;
}

}  // namespace cosio::detail
