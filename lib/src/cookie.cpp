// SPDX-License-Identifier: BSL-1.0
#include <cosio/cookie_options.hpp>
#include <cosio/detail/ascii.hpp>

namespace cosio {
namespace {

/// What JavaScript's encodeURIComponent leaves as it is.
constexpr detail::char_class is_unreserved{[](char c) {
    return detail::is_alnum(c) || std::string_view{"-_.!~*'()"}.find(c) != std::string_view::npos;
}};

void append_encoded(std::string& out, std::string_view text)
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
    append_encoded(cookie, value);
    if (options.max_age)
        cookie += "; Max-Age=" + std::to_string(options.max_age->count());
    if (!options.domain.empty())
        cookie += "; Domain=" + options.domain;
    if (!options.path.empty())
        cookie += "; Path=" + options.path;
    if (options.http_only)
        cookie += "; HttpOnly";
    if (options.secure)
        cookie += "; Secure";
    if (options.partitioned)
        cookie += "; Partitioned";
    if (options.same_site != cookie_same_site::unset)
        cookie.append("; SameSite=").append(name_of(options.same_site));
    return cookie;
}

}  // namespace cosio
