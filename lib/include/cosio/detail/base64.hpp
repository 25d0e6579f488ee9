// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <optional>

namespace cosio::detail {

[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) noexcept
{
    return (bytes + 2) / 3 * 4;
}

/// Writes base64_size(bytes.size()) characters, padded (RFC 4648, 4).
void encode_base64(bytes_view bytes, char* out) noexcept;

/// Writes the unpadded, URL-safe form (RFC 4648, 5); returns how many characters.
std::size_t encode_base64url(bytes_view bytes, char* out) noexcept;

/// Decodes the standard alphabet; padding may be absent, anything else is refused.
/// Writes at most text.size() / 4 * 3 + 3 bytes; returns how many, or nullopt.
[[nodiscard]] std::optional<std::size_t> decode_base64(
    std::string_view text, std::byte* out
) noexcept;

}  // namespace cosio::detail
