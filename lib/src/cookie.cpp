// SPDX-License-Identifier: BSL-1.0
#include <cosio/cookie_options.hpp>
#include <cosio/detail/url.hpp>

namespace cosio {
namespace {

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
