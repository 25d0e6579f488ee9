// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/parked.hpp>

namespace cosio::detail {

/// Parks one coroutine until somebody calls notify(). A notify() without a waiter is remembered once.
/// Lifetime: whoever owns it must notify() before the executor's context is destroyed, because the
/// waiting coroutine may in turn own this object.
class wakeup
{
public:
    explicit wakeup(asio::io_context::executor_type executor) noexcept;
    wakeup(const wakeup&) = delete;
    wakeup& operator=(const wakeup&) = delete;

    /// Precondition: no other coroutine waits.
    [[nodiscard]] wait_for<wakeup> wait() noexcept { return wait_for{*this}; }

    /// For wait().
    [[nodiscard]] std::optional<error_code> park(parked& who) noexcept;

    /// Later waiters live on another shard. Precondition: nobody waits.
    void move_to(asio::io_context::executor_type executor) noexcept { executor_ = executor; }

    /// Destroys the waiter: nobody will notify it. Precondition: nobody else calls this object.
    void abandon() noexcept { const parked dropped = std::move(waiter_); }

    /// Resumes the waiter in a later turn of the executor, never inline.
    void notify() noexcept;

private:
    asio::io_context::executor_type executor_;
    parked waiter_;
    bool raised_ = false;
};

}  // namespace cosio::detail
