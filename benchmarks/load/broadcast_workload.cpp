// SPDX-License-Identifier: BSL-1.0
#include "fleet.hpp"
#include "open_loop.hpp"
#include "websocket_client.hpp"
#include "workload.hpp"

#include <optional>

namespace cosio::load {
namespace {

/// One sender keeps `depth` broadcasts in flight; each ends when the last client has received it. With a
/// rate, it sends what is due and has at most `depth` in flight.
/// With rooms, client i is in room i % rooms and the first client of each room sends in it.
class broadcast_workload final : public workload
{
public:
    broadcast_workload(
        const options& chosen, const session_plan& plan, event_loop& loop, counters& count
    )
        : loop_{loop},
          count_{count},
          clients_{loop, *this, plan, chosen, 1},
          depth_{chosen.depth},
          groups_{std::max(chosen.rooms, 1U)},
          in_rooms_{chosen.rooms > 0},
          event_{in_rooms_ ? "room" : "bcast"},
          payload_bytes_{chosen.payload_bytes},
          received_(chosen.clients),
          in_flight_(std::size_t{groups_} * depth_)
    {
        if (chosen.rate > 0)
            open_loop_.emplace(loop, count.rate, chosen.rate, groups_);
        const std::string payload = make_payload(payload_bytes_);
        for (unsigned group = 0; group < groups_; ++group) {
            const std::string room = memberships::room_of_group(group);
            const packet event = in_rooms_ ? event_packet(chosen.encoding, event_, {room, payload})
                                           : event_packet(chosen.encoding, event_, {payload});
            sends_.push_back(websocket_frame(event));
        }
    }

    void advance(std::int64_t now) override
    {
        clients_.advance(now);
        if (open_loop_)
            open_loop_->advance(now, [this](std::uint32_t group) { send_due(group); });
    }

    std::uint32_t ready() const noexcept override { return clients_.joined(); }

    std::uint32_t wanted() const noexcept override { return clients_.size(); }

    void begin() override
    {
        const std::int64_t now = monotonic_now();
        if (open_loop_) {
            open_loop_->start(now);
            return;
        }
        for (unsigned group = 0; group < groups_; ++group)
            for (unsigned slot = 0; slot < depth_; ++slot)
                send(group, slot, now);
    }

    void handle_joined(std::uint32_t client) override { clients_.join_rooms(client); }

    void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t now) override
    {
        if (packet.kind == incoming_kind::ack) {
            clients_.handle_ack(client, packet);
            return;
        }
        if (packet.name != event_)
            return;
        if (packet.body.size() < payload_bytes_) {
            loop_.fail("the server delivered less than it was sent");
            return;
        }
        // Every client receives all broadcasts of its group in the order in which they were sent.
        const unsigned group = client % groups_;
        const std::size_t slot = received_[client]++ % depth_;
        broadcast& message = in_flight(group, slot);
        if (message.missing == 0) {
            loop_.fail("the server delivered a broadcast twice");
            return;
        }
        ++count_.messages;
        count_.latency.record(now - message.sent_at);
        if (--message.missing == 0) {
            ++count_.broadcasts;
            count_.completion.record(now - message.sent_at);
            if (open_loop_)
                send_due(group);
            else
                send(group, slot, now);
        }
    }

    void finish(std::int64_t now) override
    {
        if (!open_loop_)
            return;
        for (const broadcast& message : in_flight_)
            if (message.missing > 0)
                charge(now - message.sent_at, message.missing);
        open_loop_->finish(groups_, [&](std::uint32_t group, std::int64_t due) {
            charge(now - due, members_of(group));
        });
    }

    void handle_end(std::uint32_t, std::string_view why) override { loop_.fail(std::string{why}); }

private:
    struct broadcast
    {
        std::int64_t sent_at = 0;  ///< or due at
        std::uint32_t missing = 0;
    };

    [[nodiscard]] std::uint32_t members_of(unsigned group) const noexcept
    {
        return (clients_.size() - group - 1) / groups_ + 1;
    }

    broadcast& in_flight(unsigned group, std::size_t slot) noexcept
    {
        return in_flight_[group * std::size_t{depth_} + slot];
    }

    void send(unsigned group, std::size_t slot, std::int64_t due)
    {
        in_flight(group, slot) = {.sent_at = due, .missing = members_of(group)};
        clients_[group].send(sends_[group]);
    }

    void send_due(unsigned group)
    {
        for (;;) {
            const std::size_t slot = open_loop_->taken(group) % depth_;
            if (in_flight(group, slot).missing > 0)
                return;
            const std::optional<std::int64_t> due = open_loop_->take(group);
            if (!due)
                return;
            send(group, slot, *due);
        }
    }

    void charge(std::int64_t age, std::uint32_t deliveries) noexcept
    {
        count_.latency.record(age, deliveries);
        count_.completion.record(age);
    }

    event_loop& loop_;
    counters& count_;
    fleet<websocket_client> clients_;
    unsigned depth_;
    unsigned groups_;
    bool in_rooms_;
    std::string_view event_;
    std::size_t payload_bytes_;
    std::vector<std::vector<std::byte>> sends_;  // one for each group
    std::vector<std::uint64_t> received_;        // by each client
    std::vector<broadcast> in_flight_;           // [group][slot]
    std::optional<open_loop> open_loop_;
};

}  // namespace

std::unique_ptr<workload> make_broadcast_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
)
{
    return std::make_unique<broadcast_workload>(chosen, plan, loop, count);
}

}  // namespace cosio::load
