// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine_host.hpp>
#include <cosio/shard.hpp>
#include <cosio/transports/http_server.hpp>
#include <cosio/transports/loopback.hpp>
#include <cosio/transports/simulation_trace.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace cosio {

/// A world on one thread with manual time and seeded entropy: servers, clients and links inside it run
/// the same way every time, and waiting costs nothing.
///
///     simulation world{1};
///     json_server io{world.home()};
///     json_client client{world.home(), world.connect(io)};
///     world.run_for(45s);
///
/// Lifetime: outlives what lives in it.
class simulation
{
public:
    /// With several shards the seed decides which of them runs next; `home()` is the first.
    explicit simulation(std::uint64_t seed = 1, unsigned shards = 1);
    ~simulation();
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    /// The shard that servers and clients of this world are given.
    [[nodiscard]] shard& home() noexcept;

    /// All shards, for a server that has several.
    [[nodiscard]] std::span<shard* const> shards() noexcept;

    /// Time since the world began.
    [[nodiscard]] duration now() const noexcept;

    [[nodiscard]] std::uint64_t seed() const noexcept;

    /// Lets happen what can happen without time passing.
    void run();

    /// Lets `span` pass: jumps from deadline to deadline.
    void run_for(duration span);

    /// The process is suspended for `span`: what was due meanwhile is late, all at once.
    void freeze(duration span);

    /// The same for what lives on one shard, while time goes on for the others. Returns at once.
    void suspend(shard& which, duration span);

    /// Somebody sets the clock that people read. What waits for a deadline does not notice.
    void shift_wall_clock(duration by) noexcept;

    /// Handlers that the shards have run so far. What waits in this world waits between two of them.
    [[nodiscard]] std::uint64_t turns() const noexcept;

    /// Calls `what` after turn number `turn`, in a turn of its own on the first shard. A test that counts the turns of a
    /// scenario can run it once for each: `find_failing_cancellation` does. The last call counts.
    void at_turn(std::uint64_t turn, std::function<void()> what);

    /// What happened so far.
    [[nodiscard]] simulation_trace& trace() noexcept;

    /// Adds a line to the trace.
    void note(std::string_view who, std::string_view what) { trace().note(now(), who, what); }

    /// Runs until `done()` holds, at most for `limit` of virtual time; returns whether it does.
    bool run_until(const std::function<bool()>& done, duration limit = std::chrono::minutes{10});

    /// Opens a session on `server` over a packet link, on its shard number `on`; returns the client's end,
    /// which lives on the first shard.
    template <class Server>
    [[nodiscard]] std::unique_ptr<transport> connect(Server& server, unsigned on = 0)
    {
        return connect_host(server.engine(), on);
    }

    /// Precondition: the host has a part on that shard.
    [[nodiscard]] std::unique_ptr<transport> connect_host(engine_host& host, unsigned on = 0);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace cosio
