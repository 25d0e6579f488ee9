// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cosio {

enum class cookie_same_site : std::uint8_t
{
    unset,
    lax,
    strict,
    none,  ///< needs `secure`
};

/// Which cookies Chromium drops first when there are too many.
enum class cookie_priority : std::uint8_t
{
    unset,
    low,
    medium,
    high,
};

/// The cookie that names a session, for balancers that keep a client with one server by it. cosio itself
/// never reads it.
struct cookie_options
{
    std::string name = "io";
    std::string path = "/";    ///< empty: not sent
    std::string domain = {};   ///< empty: the host alone
    bool http_only = true;     ///< out of reach of scripts
    bool secure = false;       ///< over TLS only
    bool partitioned = false;  ///< one for each top-level site; needs `secure`
    cookie_same_site same_site = cookie_same_site::lax;
    cookie_priority priority = cookie_priority::unset;
    std::optional<std::chrono::seconds> max_age = {};  ///< by default it goes with the browser
    std::optional<std::chrono::sys_seconds> expires = {
    };  ///< the same as a date; `max_age` counts more
};

/// The value of Set-Cookie (RFC 6265, 4.1.1). `value` is percent-encoded as far as need be.
[[nodiscard]] std::string set_cookie(const cookie_options& options, std::string_view value);

}  // namespace cosio
