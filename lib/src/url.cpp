// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ascii.hpp>
#include <cosio/detail/url.hpp>

#include <algorithm>

namespace cosio::detail {
namespace {

/// What JavaScript's encodeURIComponent leaves as it is.
constexpr char_class is_unreserved{[](char c) {
    return is_alnum(c) || std::string_view{"-_.!~*'()"}.find(c) != std::string_view::npos;
}};

enum class plus : bool
{
    stays,
    is_space,
};

int digit(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Precondition: `rest` is not empty.
char take_char(std::string_view& rest, plus mode) noexcept
{
    const char c = rest.front();
    if (c == '%' && rest.size() >= 3) {
        const int high = digit(rest[1]);
        const int low = digit(rest[2]);
        if (high >= 0 && low >= 0) {
            rest.remove_prefix(3);
            return static_cast<char>(high * 16 + low);
        }
    }
    rest.remove_prefix(1);
    return c == '+' && mode == plus::is_space ? ' ' : c;
}

std::string decode(std::string_view text, plus mode)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty())
        out += take_char(text, mode);
    return out;
}

bool decodes_to(std::string_view raw, std::string_view expected) noexcept
{
    while (!raw.empty() && !expected.empty()) {
        if (take_char(raw, plus::is_space) != expected.front())
            return false;
        expected.remove_prefix(1);
    }
    return raw.empty() && expected.empty();
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view text)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            out += '%';
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
        }
    }
}

std::string percent_decode(std::string_view text)
{
    return decode(text, plus::stays);
}

std::string query_decode(std::string_view text)
{
    return decode(text, plus::is_space);
}

std::string_view query_decode(std::string_view text, std::string& scratch)
{
    if (std::ranges::none_of(text, [](char c) { return c == '%' || c == '+'; }))
        return text;
    scratch = query_decode(text);
    return scratch;
}

bool has_key(const query_item& item, std::string_view expected) noexcept
{
    return item.key == expected || decodes_to(item.key, expected);
}

std::optional<query_item> take_query_item(std::string_view& rest) noexcept
{
    const auto start = rest.find_first_not_of('&');
    if (start == std::string_view::npos) {
        rest = {};
        return std::nullopt;
    }
    rest.remove_prefix(start);
    const std::string_view item = rest.substr(0, rest.find('&'));
    rest.remove_prefix(item.size());
    const auto equals = item.find('=');
    if (equals == std::string_view::npos)
        return query_item{item, {}};
    return query_item{item.substr(0, equals), item.substr(equals + 1)};
}

std::optional<std::string> query_value(std::string_view query, std::string_view key)
{
    std::optional<std::string_view> found;
    while (const auto item = take_query_item(query)) {
        if (has_key(*item, key))
            found = item->value;
    }
    if (!found)
        return std::nullopt;
    return query_decode(*found);
}

}  // namespace cosio::detail
