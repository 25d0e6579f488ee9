// SPDX-License-Identifier: BSL-1.0
// What servers set in a client's jar, one cookie a line.
#include "fuzz.hpp"

#include <cosio/cookie_jar.hpp>

#include <fmt/format.h>

#include <set>
#include <string>

using namespace cosio;

namespace {

/// A jar that is set what another one sends sends the same (I33). Two of one name differ in their paths, which nobody
/// is sent.
void require_round_trip(
    std::string_view sent, const cookie_place& place, std::chrono::sys_seconds now
)
{
    cookie_jar other;
    std::set<std::string_view> names;
    for (std::string_view rest = sent; !rest.empty();) {
        const std::string_view one = rest.substr(0, rest.find("; "));
        rest.remove_prefix(std::min(one.size() + 2, rest.size()));
        if (!names.insert(one.substr(0, one.find('='))).second)
            return;
        fuzz::require(other.handle_set_cookie(one, place, now), "what was sent is no cookie");
    }
    fuzz::require(other.cookies_for(place, now) == sent, "other cookies when sent and set again");
}

/// A date that is written as servers write it (RFC 9110, 5.6.7) and read again is the same.
void require_date_round_trip(std::chrono::sys_seconds date)
{
    constexpr std::string_view months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    const auto day = std::chrono::floor<std::chrono::days>(date);
    const std::chrono::year_month_day ymd{day};
    const std::chrono::hh_mm_ss time{date - day};
    const std::string text = fmt::format(
        "Sun, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        static_cast<unsigned>(ymd.day()),
        months[static_cast<unsigned>(ymd.month()) - 1],
        static_cast<int>(ymd.year()),
        time.hours().count(),
        time.minutes().count(),
        time.seconds().count()
    );
    fuzz::require(parse_cookie_date(text) == date, "another date when written and read again");
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    constexpr cookie_jar_limits limits{
        .max_cookies = 4, .max_cookies_per_domain = 3, .max_cookie_bytes = 64, .max_bytes = 128
    };
    cookie_jar jar{limits};
    std::chrono::sys_seconds now{std::chrono::seconds{1'700'000'000}};
    const cookie_place from{
        .host = seed % 2 == 0 ? "chat.example.com" : "127.0.0.1",
        .path = seed % 3 == 0 ? "/socket.io/" : "/",
        .secure = seed % 5 == 0
    };
    std::string_view rest = as_text(input);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (const auto date = parse_cookie_date(line))
            require_date_round_trip(*date);
        jar.handle_set_cookie(line, from, now);
        now += std::chrono::seconds{seed};
        require(jar.size() <= limits.max_cookies, "too many cookies");
        require(jar.bytes() <= limits.max_bytes, "too large a jar");
        const std::string sent = jar.cookies_for(from, now);
        require(
            sent.find_first_of(std::string_view{"\r\n\0", 3}) == sent.npos,
            "a cookie that ends its field"
        );
        require_round_trip(sent, from, now);
    }
}
