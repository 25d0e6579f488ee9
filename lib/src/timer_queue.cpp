// SPDX-License-Identifier: BSL-1.0
#include <cosio/timer_queue.hpp>

namespace cosio {

void timer_queue::arm(timer_node& node, time_point deadline) noexcept
{
    if (node.is_linked())
        node.unlink();
    node.deadline_ = deadline;
    nodes_.insert(node);  // behind its equals: first armed, first fired
}

void timer_queue::disarm(timer_node& node) noexcept
{
    if (node.is_linked())
        node.unlink();
}

std::optional<time_point> timer_queue::next_deadline() const noexcept
{
    if (nodes_.empty())
        return std::nullopt;
    return nodes_.begin()->deadline_;
}

std::size_t timer_queue::advance(time_point now)
{
    // The due nodes are taken out first, so that one which re-arms itself for "now" cannot loop here.
    node_set due;
    while (!nodes_.empty() && nodes_.begin()->deadline_ <= now) {
        timer_node& node = *nodes_.begin();
        node.unlink();
        due.insert(due.end(), node);
    }

    struct rest  // of those that are due, when one of them throws
    {
        node_set& due;
        node_set& nodes;

        ~rest()
        {
            while (!due.empty()) {
                timer_node& node = *due.begin();
                node.unlink();
                nodes.insert(node);
            }
        }
    } const kept{due, nodes_};

    std::size_t fired = 0;
    while (!due.empty()) {
        timer_node& node = *due.begin();
        node.unlink();
        ++fired;
        node.on_deadline(now);
    }
    return fired;
}

}  // namespace cosio
