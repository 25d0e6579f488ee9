// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace cosio::test {

/// A body without its Content-Encoding: "gzip", "deflate" or "br". "damaged" if it is not that.
[[nodiscard]] std::string decompress(std::string_view coding, std::string_view body);

}  // namespace cosio::test
