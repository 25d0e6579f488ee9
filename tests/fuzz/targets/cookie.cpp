// SPDX-License-Identifier: BSL-1.0
// What servers set in a client's jar, one cookie a line.
#include "fuzz.hpp"

#include <cosio/cookie_jar.hpp>

#include <string>

using namespace cosio;

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
        static_cast<void>(parse_cookie_date(line));
        jar.handle_set_cookie(line, from, now);
        now += std::chrono::seconds{seed};
        require(jar.size() <= limits.max_cookies, "too many cookies");
        require(jar.bytes() <= limits.max_bytes, "too large a jar");
        const std::string sent = jar.cookies_for(from, now);
        require(
            sent.find_first_of(std::string_view{"\r\n\0", 3}) == sent.npos,
            "a cookie that ends its field"
        );
    }
}
