// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cosio::load {

/// When the messages of an open loop are due: so many per second in all, dealt to the lanes (clients, or
/// rooms) in turn, whatever becomes of them. A lane that may not send yet falls behind; its messages keep
/// the time at which they were due. Units: nanoseconds.
class schedule
{
public:
    schedule(double per_second, std::uint32_t lanes) : interval_{1e9 / per_second}, taken_(lanes) {}

    /// The first message is due at `now`.
    void start(std::int64_t now) noexcept
    {
        started_ = now;
        running_ = true;
    }

    [[nodiscard]] bool is_running() const noexcept { return running_; }

    /// When the next message becomes due.
    [[nodiscard]] std::int64_t next() const noexcept { return due_at(due_); }

    /// Makes the next message due and tells its lane. Precondition: next() has come.
    std::uint32_t advance() noexcept { return static_cast<std::uint32_t>(due_++ % taken_.size()); }

    /// Takes the lane's oldest message that is due: it is sent, or given up, now. The time at which it
    /// became due; nullopt if the lane is not behind.
    [[nodiscard]] std::optional<std::int64_t> take(std::uint32_t lane) noexcept
    {
        if (!is_behind(lane))
            return std::nullopt;
        return due_at(nth_of(lane, taken_[lane]++));
    }

    [[nodiscard]] bool is_behind(std::uint32_t lane) const noexcept
    {
        return nth_of(lane, taken_[lane]) < due_;
    }

    /// How many messages of the lane have been taken.
    [[nodiscard]] std::uint64_t taken(std::uint32_t lane) const noexcept { return taken_[lane]; }

private:
    [[nodiscard]] std::uint64_t nth_of(std::uint32_t lane, std::uint64_t of_lane) const noexcept
    {
        return of_lane * taken_.size() + lane;
    }

    [[nodiscard]] std::int64_t due_at(std::uint64_t nth) const noexcept
    {
        return started_ + static_cast<std::int64_t>(static_cast<double>(nth) * interval_);
    }

    double interval_;
    std::vector<std::uint64_t> taken_;  // of each lane
    std::uint64_t due_ = 0;
    std::int64_t started_ = 0;
    bool running_ = false;
};

}  // namespace cosio::load
