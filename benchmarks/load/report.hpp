// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver.hpp"

#include <string>

namespace cosio::load {

/// Aligned lines for people.
[[nodiscard]] std::string format_table(const outcome& found);

/// One JSON object for programs; what was not measured is null.
[[nodiscard]] std::string format_json(const outcome& found);

}  // namespace cosio::load
