// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cosio::detail {

/// True if `text` is UTF-8 without overlong forms and surrogates (RFC 3629).
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

/// UTF-16 code units of `text`, which is what JavaScript calls its length. Precondition: is_valid_utf8(text).
[[nodiscard]] std::size_t utf16_length(std::string_view text) noexcept;

/// How many bytes at the start of `text` are `units` UTF-16 code units; nullopt if there are not so many, if a
/// character would be cut, or where no character begins. Other faults of UTF-8 remain to be found.
[[nodiscard]] std::optional<std::size_t> utf16_prefix(
    std::string_view text, std::size_t units
) noexcept;

/// Validates a text that arrives in parts; a character may be cut anywhere.
class utf8_validator
{
public:
    /// Takes the next part. False at the first byte that no continuation could mend; final.
    [[nodiscard]] bool feed(std::string_view part) noexcept;

    /// True if the text so far is valid and does not end inside a character.
    [[nodiscard]] bool complete() const noexcept { return state_ == between_characters; }

private:
    static constexpr std::uint8_t between_characters = 6;

    std::uint8_t state_ = between_characters;
};

}  // namespace cosio::detail
