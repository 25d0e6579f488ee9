// SPDX-License-Identifier: BSL-1.0
#include "fleet.hpp"
#include "open_loop.hpp"
#include "websocket_client.hpp"
#include "workload.hpp"

#include <optional>
#include <utility>

namespace cosio::load {
namespace {

/// echo and ack: each client keeps `depth` requests in flight; with a rate, it sends what is due and has
/// at most `depth` in flight.
class request_workload final : public workload
{
public:
    request_workload(
        const options& chosen, const session_plan& plan, event_loop& loop, counters& count
    )
        : loop_{loop},
          count_{count},
          clients_{loop, *this, plan, chosen, 1},
          depth_{chosen.depth},
          acks_{chosen.what == mode::ack},
          payload_bytes_{chosen.payload_bytes},
          sent_at_(std::size_t{chosen.clients} * depth_),
          answered_(chosen.clients)
    {
        if (chosen.rate > 0)
            open_loop_.emplace(loop, count.rate, chosen.rate, chosen.clients);
        const std::string payload = make_payload(payload_bytes_);
        for (unsigned slot = 0; slot < depth_; ++slot) {
            const packet request = acks_ ? event_packet(chosen.encoding, "ack", {payload}, slot)
                                         : event_packet(chosen.encoding, "echo", {payload});
            requests_.push_back(websocket_frame(request));
        }
    }

    void advance(std::int64_t now) override
    {
        clients_.advance(now);
        if (open_loop_)
            open_loop_->advance(now, [this](std::uint32_t client) { send_due(client); });
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
        for (std::uint32_t client = 0; client < clients_.size(); ++client)
            for (unsigned slot = 0; slot < depth_; ++slot)
                send(client, slot, now);
    }

    void handle_joined(std::uint32_t client) override { clients_.join_rooms(client); }

    void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t now) override
    {
        if (acks_ ? packet.kind != incoming_kind::ack : packet.name != "echo") {
            clients_.handle_ack(client, packet);
            return;
        }
        // Echoes come back in the order in which they were sent; acknowledgements carry their slot.
        const std::uint64_t slot = acks_ ? packet.id : answered_[client]++ % depth_;
        if (slot >= depth_ || sent_at(client, slot) == 0) {
            if (clients_.handle_ack(client, packet))
                return;
            loop_.fail("the server answered what was not asked");
            return;
        }
        if (packet.body.size() < payload_bytes_) {
            loop_.fail("the server answered with less than it was sent");
            return;
        }
        ++count_.messages;
        count_.latency.record(now - std::exchange(sent_at(client, slot), 0));
        if (open_loop_)
            send_due(client);
        else
            send(client, slot, now);
    }

    void finish(std::int64_t now) override
    {
        if (!open_loop_)
            return;
        for (std::int64_t due : sent_at_)
            if (due != 0)
                count_.latency.record(now - due);
        open_loop_->finish(clients_.size(), [&](std::uint32_t, std::int64_t due) {
            count_.latency.record(now - due);
        });
    }

    void handle_end(std::uint32_t, std::string_view why) override { loop_.fail(std::string{why}); }

private:
    std::int64_t& sent_at(std::uint32_t client, std::uint64_t slot) noexcept
    {
        return sent_at_[std::size_t{client} * depth_ + slot];
    }

    void send(std::uint32_t client, std::uint64_t slot, std::int64_t due)
    {
        sent_at(client, slot) = due;
        clients_[client].send(requests_[slot]);
    }

    void send_due(std::uint32_t client)
    {
        for (;;) {
            const std::uint64_t slot = open_loop_->taken(client) % depth_;
            if (sent_at(client, slot) != 0)
                return;
            const std::optional<std::int64_t> due = open_loop_->take(client);
            if (!due)
                return;
            send(client, slot, *due);
        }
    }

    event_loop& loop_;
    counters& count_;
    fleet<websocket_client> clients_;
    unsigned depth_;
    bool acks_;
    std::size_t payload_bytes_;
    std::vector<std::vector<std::byte>> requests_;  // one for each slot
    std::vector<std::int64_t> sent_at_;             // or due at; [client][slot]; 0: not in flight
    std::vector<std::uint64_t> answered_;
    std::optional<open_loop> open_loop_;
};

}  // namespace

std::unique_ptr<workload> make_request_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
)
{
    return std::make_unique<request_workload>(chosen, plan, loop, count);
}

}  // namespace cosio::load
