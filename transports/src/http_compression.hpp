// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/options.hpp>
#include <cosio/shard.hpp>

namespace cosio {

/// Compresses the body of `response` as `request` prefers, if it is long enough and shrinks.
void compress_body(
    shard& home,
    const http_compression_options& options,
    const header_fields& request,
    http_response& response
);

}  // namespace cosio
