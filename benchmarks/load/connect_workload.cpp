// SPDX-License-Identifier: BSL-1.0
#include "memberships.hpp"
#include "websocket_client.hpp"
#include "workload.hpp"

#include <algorithm>
#include <vector>

namespace cosio::load {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t join_patience = 20 * second;
constexpr std::int64_t leave_patience = second;

/// `depth` clients at a time connect, upgrade, join, leave and close, over and over; with memberships, they
/// join all their rooms in between.
class connect_workload final : public workload
{
public:
    connect_workload(
        const options& chosen, const session_plan& plan, event_loop& loop, counters& count
    )
        : loop_{loop}, count_{count}, cycles_(chosen.depth), rate_{chosen.connect_rate}
    {
        const memberships rooms{chosen, chosen.depth};
        memberships_ = rooms.count();
        for (std::uint32_t index = 0; index < chosen.depth; ++index) {
            clients_.push_back(std::make_unique<websocket_client>(loop, *this, plan, index));
            joins_.push_back(rooms.joins(index, 0, memberships_));
        }
    }

    std::uint32_t ready() const noexcept override { return wanted(); }

    std::uint32_t wanted() const noexcept override
    {
        return static_cast<std::uint32_t>(clients_.size());
    }

    void begin() override
    {
        begun_at_ = monotonic_now();
        for (std::uint32_t client = 0; client < wanted(); ++client)
            open(client);
    }

    void advance(std::int64_t now) override
    {
        if (begun_at_ == 0)
            return;
        for (std::uint32_t client = 0; client < wanted() && !loop_.failed(); ++client) {
            const cycle& current = cycles_[client];
            if (current.opened_at == 0) {
                open(client);
            } else if (clients_[client]->is_leaving()) {
                // It answered Close, or did not, and leaves it to us to close the connection.
                if (now - current.left_at > leave_patience) {
                    clients_[client]->abandon();
                    handle_end(client, {});
                }
            } else if (now - current.opened_at > join_patience) {
                loop_.fail("a client could not join for 20 s");
            }
        }
    }

    void handle_joined(std::uint32_t client) override
    {
        if (memberships_ == 0)
            leave(client);
        else
            clients_[client]->send(joins_[client]);
    }

    void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t) override
    {
        if (memberships::is_ack(packet) && ++cycles_[client].acks == memberships_)
            leave(client);
    }

    void handle_end(std::uint32_t client, std::string_view why) override
    {
        const cycle ended = cycles_[client];
        cycles_[client] = {};
        if (ended.left_at == 0) {
            loop_.fail(std::string{why});
            return;
        }
        ++count_.messages;
        count_.latency.record(monotonic_now() - ended.opened_at);
        open(client);
    }

private:
    struct cycle
    {
        std::int64_t opened_at = 0;  ///< 0: waits for its turn
        std::int64_t left_at = 0;
        unsigned acks = 0;  ///< of the joins
    };

    void leave(std::uint32_t client)
    {
        cycles_[client].left_at = monotonic_now();
        clients_[client]->leave();
    }

    void open(std::uint32_t client)
    {
        const std::int64_t now = monotonic_now();
        const double elapsed = static_cast<double>(now - begun_at_) / 1e9;
        if (rate_ > 0 && static_cast<double>(opened_) > elapsed * rate_)
            return;
        ++opened_;
        cycles_[client] = {.opened_at = now};
        clients_[client]->open(0);
    }

    event_loop& loop_;
    counters& count_;
    std::vector<std::unique_ptr<websocket_client>> clients_;
    std::vector<cycle> cycles_;
    std::vector<std::vector<std::byte>> joins_;  // of each client
    unsigned memberships_ = 0;
    unsigned rate_;
    std::int64_t begun_at_ = 0;
    std::uint64_t opened_ = 0;
};

}  // namespace

std::unique_ptr<workload> make_connect_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
)
{
    return std::make_unique<connect_workload>(chosen, plan, loop, count);
}

}  // namespace cosio::load
