// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

// What the chat demands of texts. All of them are UTF-8: cosio lets nothing else through.

namespace chat {

/// Number of code points.
[[nodiscard]] std::size_t length(std::string_view text) noexcept;

/// Without white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Two names that differ in the case of ASCII letters alone are the same when folded.
[[nodiscard]] std::string fold(std::string_view name);

/// A user's name with its runs of white space made one space.
[[nodiscard]] std::string tidy(std::string_view name);

/// Why a tidy name cannot be a user's, or empty.
[[nodiscard]] std::string complaint_about_name(std::string_view name);

/// `name` with ` n` behind it, cut to the length that names may have.
[[nodiscard]] std::string numbered(std::string_view name, int n);

[[nodiscard]] bool is_room_name(std::string_view name) noexcept;

}  // namespace chat
