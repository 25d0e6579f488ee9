// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/timer_queue.hpp>

#include <cstdint>

namespace cosio {

/// PORT: the time of one shard, and its timers.
class time_source
{
public:
    virtual ~time_source() = default;

    /// Never goes back. In simulation it is constant during a turn.
    [[nodiscard]] virtual time_point now() const noexcept = 0;

    /// Milliseconds since the Unix epoch, for what people read (a handshake's `issued`).
    [[nodiscard]] virtual std::int64_t wall_clock_ms() const noexcept = 0;

    /// Arms `node` and sees to it that it fires.
    void arm(timer_node& node, time_point deadline)
    {
        const std::optional<time_point> before = timers_.next_deadline();
        timers_.arm(node, deadline);
        if (!before || deadline < *before)
            wake_at(deadline);
    }

    void disarm(timer_node& node) noexcept
    {
        const bool was_armed = node.armed();
        timers_.disarm(node);
        if (was_armed && timers_.empty())
            rest();
    }

    [[nodiscard]] timer_queue& timers() noexcept { return timers_; }

private:
    /// The earliest deadline has moved forward. The one OS timer of a shard is set here.
    virtual void wake_at(time_point deadline) = 0;

    /// No deadline is left: whoever runs the shard need not wait for one.
    virtual void rest() noexcept {}

    timer_queue timers_;
};

}  // namespace cosio
