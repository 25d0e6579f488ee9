// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

// What protocols mean by letters and digits: ASCII, no locale.

namespace cosio::detail {

/// A class of characters, to be looked up: the members of requests are looked at byte by byte.
class char_class
{
public:
    template <class Predicate>
    explicit constexpr char_class(Predicate&& belongs)
    {
        for (std::size_t i = 0; i < members_.size(); ++i)
            members_[i] = belongs(static_cast<char>(i));
    }

    [[nodiscard]] constexpr bool operator()(char c) const noexcept
    {
        return members_[static_cast<unsigned char>(c)];
    }

private:
    std::array<bool, 256> members_{};
};

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
inline constexpr char_class is_token_char{[](char c) {
    return is_alnum(c) || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}};

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept
{
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

inline constexpr char_class is_printable{[](char c) { return c >= ' ' && c <= '~'; }};

/// RFC 9110, 5.5: no control byte but the tab; whatever is not ASCII.
inline constexpr char_class is_field_char{[](char c) {
    return is_printable(c) || c == '\t' || static_cast<unsigned char>(c) >= 0x80;
}};

[[nodiscard]] constexpr bool equal_without_case(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return x == y || to_lower(x) == to_lower(y);
           });
}

/// Without the spaces and tabs at both ends (OWS of RFC 9110, 5.6.3).
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept
{
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
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
