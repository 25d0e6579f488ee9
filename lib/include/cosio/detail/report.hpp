// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string_view>

namespace cosio::detail {

class socket_state;
struct multiplexer_limits;

/// Reports what a handler of `socket` threw. Never throws.
void report_exception(
    const socket_state& socket, std::string_view event, const std::exception_ptr& thrown
) noexcept;

/// The same for what belongs to a namespace and to no socket.
void report_exception(
    std::string_view nsp,
    std::string_view event,
    const multiplexer_limits& to,
    const std::exception_ptr& thrown
) noexcept;

/// Calls what belongs to the user; reports what it throws and answers false then.
template <class F>
bool guard(const socket_state& socket, std::string_view event, F&& call)
{
    try {
        call();
        return true;
    } catch (...) {
        report_exception(socket, event, std::current_exception());
        return false;
    }
}

}  // namespace cosio::detail
