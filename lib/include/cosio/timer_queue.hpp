// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/time.hpp>

#include <boost/intrusive/set.hpp>

#include <cstddef>
#include <optional>

namespace cosio {

/// Something that has a deadline. Lifetime: disarms itself when destroyed.
class timer_node : public boost::intrusive::set_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                       boost::intrusive::optimize_size<true>>
{
public:
    timer_node() = default;
    timer_node(const timer_node&) = delete;
    timer_node& operator=(const timer_node&) = delete;
    virtual ~timer_node() = default;

    [[nodiscard]] bool armed() const noexcept { return is_linked(); }

    [[nodiscard]] time_point armed_for() const noexcept { return deadline_; }

private:
    friend class timer_queue;

    /// Called by advance(), disarmed. May arm or disarm any node, this one too.
    virtual void on_deadline(time_point now) = 0;

    time_point deadline_{};
};

/// Deadlines in order. Intrusive: arming never allocates. Pure: it is told the time.
class timer_queue
{
public:
    timer_queue() = default;
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;

    /// Arms or moves `node`. Cost: O(log n).
    void arm(timer_node& node, time_point deadline) noexcept;

    void disarm(timer_node& node) noexcept;

    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// Fires what is due, in (deadline, arming) order; returns how many fired.
    /// A node that is armed while firing waits for the next call, even if already due.
    std::size_t advance(time_point now);

    [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }

    /// How many are armed. Cost: O(n).
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

private:
    struct earlier
    {
        bool operator()(const timer_node& a, const timer_node& b) const noexcept
        {
            return a.deadline_ < b.deadline_;
        }
    };

    using node_set = boost::intrusive::multiset<
        timer_node,
        boost::intrusive::compare<earlier>,
        boost::intrusive::constant_time_size<false>>;

    node_set nodes_;
};

}  // namespace cosio
