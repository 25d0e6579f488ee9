// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "event_loop.hpp"
#include "histogram.hpp"
#include "session.hpp"

#include <cstdint>
#include <memory>

namespace cosio::load {

/// What a run with a rate counts besides.
struct rate_counters
{
    std::uint64_t held_back = 0;  ///< waited for one of `depth` to be answered
    std::uint64_t unsent = 0;     ///< still waited at the end
    histogram lateness;           ///< of the driver: until it came to look at the message
};

/// What a run counts. Durations are nanoseconds.
struct counters
{
    std::uint64_t messages = 0;    ///< or deliveries, connections, stays in a room
    std::uint64_t broadcasts = 0;  ///< received by everybody
    histogram latency;
    histogram completion;  ///< broadcast: until the last one has received it
    rate_counters rate;

    void clear() noexcept { *this = counters{}; }
};

/// One mode: connects its clients, then keeps them busy until the run ends.
class workload : public session_observer
{
public:
    virtual ~workload() = default;

    /// Does what is due by now. Called at least every 20 ms.
    virtual void advance(std::int64_t now) = 0;

    /// Clients that are ready for their work, and how many there will be.
    [[nodiscard]] virtual std::uint32_t ready() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t wanted() const noexcept = 0;

    /// All are ready: sends the first messages.
    virtual void begin() = 0;

    /// The measured time is over. With a rate, what is not answered yet is charged with its age.
    virtual void finish(std::int64_t /*now*/) {}
};

/// Lifetime: all arguments must outlive the workload.
[[nodiscard]] std::unique_ptr<workload> make_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
);

[[nodiscard]] std::unique_ptr<workload> make_request_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
);
[[nodiscard]] std::unique_ptr<workload> make_broadcast_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
);
[[nodiscard]] std::unique_ptr<workload> make_polling_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
);
[[nodiscard]] std::unique_ptr<workload> make_connect_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
);
[[nodiscard]] std::unique_ptr<workload> make_membership_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
);
[[nodiscard]] std::unique_ptr<workload> make_idle_workload(
    const options& chosen, const session_plan& plan, event_loop& loop
);

/// The string that is sent: printable, and nothing in it needs to be escaped.
[[nodiscard]] std::string make_payload(std::size_t bytes);

}  // namespace cosio::load
