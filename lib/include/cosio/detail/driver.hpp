// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <coroutine>

namespace cosio::detail {

/// A coroutine that nobody waits for, of those that there are one of per connection: it starts at once,
/// awaits only what wait_for can say, and belongs to whoever has it parked. A task<> that is spawned costs
/// 280 bytes more, and a trip through the executor for each wait.
struct driver
{
    struct promise_type
    {
        driver get_return_object() const noexcept { return {}; }

        std::suspend_never initial_suspend() const noexcept { return {}; }

        std::suspend_never final_suspend() const noexcept { return {}; }

        void return_void() const noexcept {}

        // Out of memory: what the coroutine owns ends with it, and nobody waits for it.
        void unhandled_exception() const noexcept {}
    };
};

}  // namespace cosio::detail
