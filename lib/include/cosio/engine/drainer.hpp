// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/server.hpp>

namespace cosio::engine {

/// Ends the sessions of one server on one shard one after the other. Thread: the shard; it stays there.
class drainer final : private timer_node
{
public:
    /// Sessions are closed evenly over `stagger`; what is left after `deadline` is cut off.
    /// `done` is told how many those are. Lifetime: `of` outlives this.
    drainer(server& of, duration stagger, duration deadline, std::function<void(std::size_t)> done);

    /// Refuses new sessions and begins. May call `done` before it returns.
    void begin();

private:
    void on_deadline(time_point now) override;
    void close_due(time_point now);
    void end(std::size_t cut_off);

    server* server_;
    duration stagger_;
    duration deadline_;
    std::function<void(std::size_t)> done_;
    std::vector<peer_ptr> sessions_;  // at the beginning
    std::size_t closed_ = 0;          // of those
    time_point began_{};
};

}  // namespace cosio::engine
