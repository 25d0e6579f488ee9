// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "event_loop.hpp"
#include "schedule.hpp"
#include "workload.hpp"

#include <cstdint>
#include <optional>

namespace cosio::load {

/// Keeps a workload to its schedule, and counts what did not keep to it.
class open_loop
{
public:
    open_loop(event_loop& loop, rate_counters& count, double per_second, std::uint32_t lanes)
        : loop_{loop}, count_{count}, schedule_{per_second, lanes}
    {}

    void start(std::int64_t now) noexcept { schedule_.start(now); }

    /// Calls `send(lane)` for each message that is due by now; the loop wakes up for the next one.
    template <class Send>
    void advance(std::int64_t now, Send send)
    {
        if (!schedule_.is_running())
            return;
        while (schedule_.next() <= now) {
            count_.lateness.record(now - schedule_.next());
            const std::uint32_t lane = schedule_.advance();
            send(lane);
            count_.held_back += schedule_.is_behind(lane) ? 1U : 0U;
        }
        loop_.wake_at(schedule_.next());
    }

    /// As schedule has them.
    [[nodiscard]] std::uint64_t taken(std::uint32_t lane) const noexcept
    {
        return schedule_.taken(lane);
    }

    [[nodiscard]] std::optional<std::int64_t> take(std::uint32_t lane) noexcept
    {
        return schedule_.take(lane);
    }

    /// Calls `charge(lane, due)` for each message that was due and could not be sent.
    template <class Charge>
    void finish(std::uint32_t lanes, Charge charge)
    {
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            while (const std::optional<std::int64_t> due = schedule_.take(lane)) {
                ++count_.unsent;
                charge(lane, *due);
            }
        }
    }

private:
    event_loop& loop_;
    rate_counters& count_;
    schedule schedule_;
};

}  // namespace cosio::load
