// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/options.hpp>

namespace cosio {

/// A preflight that CORS answers by itself, before anything is checked (HTTP-9).
[[nodiscard]] bool is_preflight(const cors_options& cors, const http_request& request) noexcept;

/// A coroutine decides over the origin of this request; what it says is `was_allowed` below.
[[nodiscard]] bool must_ask_about_origin(const cors_options& cors, const http_request& request);

/// Adds what an answer to `request` says of CORS (HTTP-9..11).
void add_cors(
    const engine_options& options,
    const http_request& request,
    header_fields& fields,
    bool was_allowed
);

}  // namespace cosio
