// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http_hooks.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cosio {

/// Cross-origin access for pages of other origins (the CORS protocol of the Fetch standard), as the npm
/// package `cors` does it for Node's server. Nothing is allowed by default.
/// Beware: it tells browsers which pages may read an answer, and refuses nobody; no browser asks it about
/// WebSocket. `engine_options::allowed_origins` refuses.
struct cors_options
{
    std::vector<std::string> origins = {};  ///< exact origins, or one "*"
    bool credentials = false;               ///< never together with "*"
    /// Any origin is named back. Beware: with `credentials` any page of the web acts as its visitor.
    bool reflect_origin = false;
    /// Asked about an origin that is not in `origins`, with every request; throwing means no. A function or a
    /// coroutine, which `hook_timeout` bounds; an upload is then read whole before it is refused.
    http_hook<bool, const http_request&> allow_origin = {};
    std::vector<std::string> methods = {"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"};
    std::vector<std::string> allowed_headers = {};     ///< empty: those that the request asks for
    std::vector<std::string> exposed_headers = {};     ///< what a page may read besides the usual
    std::optional<std::chrono::seconds> max_age = {};  ///< how long a browser keeps a preflight
    unsigned preflight_status = 204;
    /// Preflights get their headers and go on, to a middleware that answers them.
    bool preflight_continue = false;

    /// Somebody may be allowed.
    [[nodiscard]] bool enabled() const noexcept
    {
        return !origins.empty() || reflect_origin || allow_origin;
    }
};

}  // namespace cosio
