// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace cosio::detail {

/// True if `text` is UTF-8 without overlong forms and surrogates (RFC 3629).
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace cosio::detail
