// SPDX-License-Identifier: BSL-1.0
#include <cosio/cookie_jar.hpp>
#include <cosio/detail/ascii.hpp>

#include <array>

// RFC 6265, 5.1.1: a date is a bag of tokens, of which the first that looks like a time is the time, and so on.

namespace cosio {
namespace {

constexpr detail::char_class is_delimiter{[](char c) {
    return c == '\t' || (c >= ' ' && c <= '/') || (c >= ';' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}};

/// Takes a number of `least` to `most` digits that no other digit follows.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) noexcept
{
    std::size_t digits = 0;
    int number = 0;
    while (digits < text.size() && digits <= most && detail::is_digit(text[digits]))
        number = number * 10 + (text[digits++] - '0');
    if (digits < least || digits > most)
        return std::nullopt;
    text.remove_prefix(digits);
    return number;
}

struct time_of_day
{
    int hour;
    int minute;
    int second;
};

std::optional<time_of_day> parse_time(std::string_view token) noexcept
{
    std::array<int, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) {
            if (!token.starts_with(':'))
                return std::nullopt;
            token.remove_prefix(1);
        }
        const auto number = take_number(token, 1, 2);
        if (!number)
            return std::nullopt;
        parts[i] = *number;
    }
    return time_of_day{parts[0], parts[1], parts[2]};
}

std::optional<unsigned> parse_month(std::string_view token) noexcept
{
    constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (unsigned month = 1; month <= 12 && token.size() >= 3; ++month)
        if (detail::equal_without_case(token.substr(0, 3), names.substr((month - 1) * 3, 3)))
            return month;
    return std::nullopt;
}

int full_year(int year) noexcept
{
    if (year >= 70 && year <= 99)
        return year + 1900;
    return year <= 69 ? year + 2000 : year;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept
{
    std::optional<time_of_day> time;
    std::optional<int> day;
    std::optional<unsigned> month;
    std::optional<int> year;
    while (!text.empty()) {
        std::size_t size = 0;
        while (size < text.size() && !is_delimiter(text[size]))
            ++size;
        const std::string_view token = text.substr(0, size);
        text.remove_prefix(size == text.size() ? size : size + 1);
        std::string_view rest = token;
        if (!time && (time = parse_time(token)))
            continue;
        if (!day && (day = take_number(rest, 1, 2)))
            continue;
        if (!month && (month = parse_month(token)))
            continue;
        rest = token;
        if (!year)
            year = take_number(rest, 2, 4);
    }
    if (!time || !day || !month || !year)
        return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year{full_year(*year)},
        std::chrono::month{*month},
        std::chrono::day{static_cast<unsigned>(*day)}
    };
    if (!date.ok() || date.year() < std::chrono::year{1601} || time->hour > 23 ||
        time->minute > 59 || time->second > 59)
        return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{time->hour} +
           std::chrono::minutes{time->minute} + std::chrono::seconds{time->second};
}

}  // namespace cosio
