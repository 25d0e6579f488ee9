// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string_view>

namespace cosio::detail {

class socket_state;

/// Reports what a handler of `socket` threw. Never throws.
void report_exception(
    const socket_state& socket, std::string_view event, const std::exception_ptr& thrown
) noexcept;

}  // namespace cosio::detail
