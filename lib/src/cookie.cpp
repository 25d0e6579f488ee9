// SPDX-License-Identifier: BSL-1.0
#include <cosio/cookie_options.hpp>
#include <cosio/detail/url.hpp>

#include <fmt/format.h>

#include <array>

namespace cosio {
namespace {

std::string_view name_of(cookie_priority value) noexcept
{
    switch (value) {
    case cookie_priority::unset: return "";
    case cookie_priority::low: return "Low";
    case cookie_priority::medium: return "Medium";
    case cookie_priority::high: return "High";
    }
    return "";
}

/// As RFC 9110, 5.6.7 has it: Sun, 06 Nov 1994 08:49:37 GMT.
std::string http_date(std::chrono::sys_seconds when)
{
    using namespace std::chrono;
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    const auto day = floor<std::chrono::days>(when);
    const year_month_day date{day};
    const hh_mm_ss time{when - day};
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        days.at(weekday{day}.c_encoding()),
        unsigned{date.day()},
        months.at(unsigned{date.month()} - 1),
        int{date.year()},
        time.hours().count(),
        time.minutes().count(),
        time.seconds().count()
    );
}

std::string_view name_of(cookie_same_site value) noexcept
{
    switch (value) {
    case cookie_same_site::unset: return "";
    case cookie_same_site::lax: return "Lax";
    case cookie_same_site::strict: return "Strict";
    case cookie_same_site::none: return "None";
    }
    return "";
}

}  // namespace

std::string set_cookie(const cookie_options& options, std::string_view value)
{
    std::string cookie = options.name + '=';
    detail::append_percent_encoded(cookie, value);
    if (options.max_age)
        cookie += "; Max-Age=" + std::to_string(options.max_age->count());
    if (!options.domain.empty())
        cookie += "; Domain=" + options.domain;
    if (!options.path.empty())
        cookie += "; Path=" + options.path;
    if (options.expires)
        cookie += "; Expires=" + http_date(*options.expires);
    if (options.http_only)
        cookie += "; HttpOnly";
    if (options.secure)
        cookie += "; Secure";
    if (options.partitioned)
        cookie += "; Partitioned";
    if (options.priority != cookie_priority::unset)
        cookie.append("; Priority=").append(name_of(options.priority));
    if (options.same_site != cookie_same_site::unset)
        cookie.append("; SameSite=").append(name_of(options.same_site));
    return cookie;
}

}  // namespace cosio
