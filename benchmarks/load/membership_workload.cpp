// SPDX-License-Identifier: BSL-1.0
#include "fleet.hpp"
#include "websocket_client.hpp"
#include "workload.hpp"

namespace cosio::load {
namespace {

/// Each client joins and leaves `depth` more rooms over and over. A message is one join and one leave,
/// sent together; it ends when both are acknowledged.
class membership_workload final : public workload
{
public:
    membership_workload(
        const options& chosen, const session_plan& plan, event_loop& loop, counters& count
    )
        : loop_{loop},
          count_{count},
          clients_{loop, *this, plan, chosen, 1, chosen.depth},
          depth_{chosen.depth},
          stays_(std::size_t{chosen.clients} * depth_)
    {
        requests_.reserve(stays_.size());
        for (std::uint32_t client = 0; client < chosen.clients; ++client)
            for (unsigned slot = 0; slot < depth_; ++slot)
                requests_.push_back(request(chosen.encoding, client, slot));
    }

    void advance(std::int64_t now) override { clients_.advance(now); }

    std::uint32_t ready() const noexcept override { return clients_.joined(); }

    std::uint32_t wanted() const noexcept override { return clients_.size(); }

    void begin() override
    {
        const std::int64_t now = monotonic_now();
        for (std::uint32_t client = 0; client < clients_.size(); ++client)
            for (unsigned slot = 0; slot < depth_; ++slot)
                send(client, slot, now);
    }

    void handle_joined(std::uint32_t client) override { clients_.join_rooms(client); }

    void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t now) override
    {
        if (packet.kind != incoming_kind::ack || clients_.handle_ack(client, packet))
            return;
        const std::uint64_t slot = packet.id / 2;
        const bool left = packet.id % 2 == 1;
        if (slot >= depth_ || nth(client, slot).acks != (left ? 1 : 0)) {
            loop_.fail("the server answered what was not asked");
            return;
        }
        if (!left) {
            nth(client, slot).acks = 1;
            return;
        }
        ++count_.messages;
        count_.latency.record(now - nth(client, slot).sent_at);
        send(client, slot, now);
    }

    void handle_end(std::uint32_t, std::string_view why) override { loop_.fail(std::string{why}); }

private:
    struct stay
    {
        std::int64_t sent_at = 0;
        int acks = 0;
    };

    // The join's id is even, the leave's is the next one.
    [[nodiscard]] std::vector<std::byte> request(
        codec encoding, std::uint32_t client, unsigned slot
    ) const
    {
        const std::string room = clients_.rooms().room(client, clients_.rooms().count() + slot);
        const std::uint64_t id = 2 * std::uint64_t{slot};
        std::vector<std::byte> frames = websocket_frame(event_packet(encoding, "join", {room}, id));
        const std::vector<std::byte> leave =
            websocket_frame(event_packet(encoding, "leave", {room}, id + 1));
        frames.insert(frames.end(), leave.begin(), leave.end());
        return frames;
    }

    stay& nth(std::uint32_t client, std::uint64_t slot) noexcept
    {
        return stays_[std::size_t{client} * depth_ + slot];
    }

    void send(std::uint32_t client, std::uint64_t slot, std::int64_t now)
    {
        nth(client, slot) = {.sent_at = now};
        clients_[client].send(requests_[std::size_t{client} * depth_ + slot]);
    }

    event_loop& loop_;
    counters& count_;
    fleet<websocket_client> clients_;
    unsigned depth_;
    std::vector<std::vector<std::byte>> requests_;  // [client][slot]
    std::vector<stay> stays_;                       // [client][slot]
};

}  // namespace

std::unique_ptr<workload> make_membership_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
)
{
    return std::make_unique<membership_workload>(chosen, plan, loop, count);
}

}  // namespace cosio::load
