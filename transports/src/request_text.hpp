// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>

namespace cosio {

/// What of a body stands in a request: all, or nothing, and then its framing fields hold.
enum class body_part : std::uint8_t
{
    whole,
    to_come,
};

/// A request that somebody else has read, as it may have come over the wire. Our decoder reads it again: so the same
/// rules hold for all, wherever they were read first. What is no request comes out as none.
[[nodiscard]] std::string request_text(const http_request& request, body_part body);

}  // namespace cosio
