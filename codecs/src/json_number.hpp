// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace cosio::detail {

inline constexpr std::size_t max_json_number_bytes = 32;

/// Writes a finite number as ECMAScript does (ECMA-262, Number::toString, radix 10).
/// Returns the end of what was written, at most max_json_number_bytes after `out`.
[[nodiscard]] char* write_json_number(double value, char* out) noexcept;

}  // namespace cosio::detail
