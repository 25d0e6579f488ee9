// SPDX-License-Identifier: BSL-1.0
#include "text.hpp"

#include <algorithm>

namespace chat {
namespace {

constexpr std::size_t max_name = 24;
constexpr std::string_view white = " \t\r\n";

bool begins_code_point(char c) noexcept
{
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

/// The code point at the front, which is taken away.
char32_t take(std::string_view& text) noexcept
{
    const auto first = static_cast<unsigned char>(text.front());
    char32_t code = first < 0x80   ? first
                    : first < 0xe0 ? first & 0x1fU
                    : first < 0xf0 ? first & 0x0fU
                                   : first & 0x07U;
    text.remove_prefix(1);
    while (!text.empty() && !begins_code_point(text.front())) {
        code = code << 6 | (static_cast<unsigned char>(text.front()) & 0x3fU);
        text.remove_prefix(1);
    }
    return code;
}

/// Control characters, and those that change how a line looks without being seen themselves.
bool is_invisible(char32_t code) noexcept
{
    const auto within = [code](char32_t first, char32_t last) {
        return first <= code && code <= last;
    };
    return code < 0x20 || within(0x7f, 0x9f) || within(0x200b, 0x200f) || within(0x2028, 0x202e) ||
           within(0x2060, 0x206f) || code == 0xfeff;
}

}  // namespace

std::size_t length(std::string_view text) noexcept
{
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_code_point));
}

std::string_view trim(std::string_view text) noexcept
{
    const std::size_t first = text.find_first_not_of(white);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string fold(std::string_view name)
{
    std::string folded{name};
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return folded;
}

std::string tidy(std::string_view name)
{
    std::string result;
    for (const char c : trim(name)) {
        if (white.find(c) == std::string_view::npos)
            result += c;
        else if (!result.ends_with(' '))
            result += ' ';
    }
    return result;
}

std::string complaint_about_name(std::string_view name)
{
    if (name.empty())
        return "A name needs at least one character.";
    if (length(name) > max_name)
        return "A name has at most 24 characters.";
    while (!name.empty())
        if (is_invisible(take(name)))
            return "A name has no invisible characters.";
    return {};
}

std::string numbered(std::string_view name, int n)
{
    const std::string suffix = ' ' + std::to_string(n);
    while (length(name) + suffix.size() > max_name) {
        while (!begins_code_point(name.back()))
            name.remove_suffix(1);
        name.remove_suffix(1);
    }
    return std::string{trim(name)} + suffix;
}

bool is_room_name(std::string_view name) noexcept
{
    return !name.empty() && name.size() <= max_name &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") ==
               std::string_view::npos;
}

}  // namespace chat
