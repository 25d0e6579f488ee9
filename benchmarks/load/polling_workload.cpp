// SPDX-License-Identifier: BSL-1.0
#include "fleet.hpp"
#include "polling_client.hpp"
#include "workload.hpp"

namespace cosio::load {
namespace {

/// echo over long-polling. A POST carries `depth` messages; the next one follows when all are back.
class polling_workload final : public workload
{
public:
    polling_workload(
        const options& chosen, const session_plan& plan, event_loop& loop, counters& count
    )
        : loop_{loop},
          count_{count},
          clients_{loop, *this, plan, chosen, 2},
          depth_{chosen.depth},
          payload_bytes_{chosen.payload_bytes},
          rounds_(chosen.clients)
    {
        const std::string record =
            polling_record(event_packet(chosen.encoding, "echo", {make_payload(payload_bytes_)}));
        std::string payload = record;
        for (unsigned copies = 1; copies < depth_; ++copies)
            payload.append(1, '\x1e').append(record);
        body_ = post_body(payload);
    }

    void advance(std::int64_t now) override { clients_.advance(now); }

    std::uint32_t ready() const noexcept override { return clients_.joined(); }

    std::uint32_t wanted() const noexcept override { return clients_.size(); }

    void begin() override
    {
        const std::int64_t now = monotonic_now();
        for (std::uint32_t client = 0; client < clients_.size(); ++client)
            send(client, now);
    }

    void handle_joined(std::uint32_t) override { clients_.count_joined(); }

    void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t now) override
    {
        if (packet.name != "echo")
            return;
        round& current = rounds_[client];
        if (current.missing == 0) {
            loop_.fail("the server answered what was not asked");
            return;
        }
        if (packet.body.size() < payload_bytes_) {
            loop_.fail("the server answered with less than it was sent");
            return;
        }
        ++count_.messages;
        count_.latency.record(now - current.sent_at);
        if (--current.missing == 0)
            send(client, now);
    }

    void handle_end(std::uint32_t, std::string_view why) override { loop_.fail(std::string{why}); }

private:
    struct round
    {
        std::int64_t sent_at = 0;
        unsigned missing = 0;
    };

    void send(std::uint32_t client, std::int64_t now)
    {
        rounds_[client] = {.sent_at = now, .missing = depth_};
        clients_[client].post(body_);
    }

    event_loop& loop_;
    counters& count_;
    fleet<polling_client> clients_;
    unsigned depth_;
    std::size_t payload_bytes_;
    std::string body_;
    std::vector<round> rounds_;
};

}  // namespace

std::unique_ptr<workload> make_polling_workload(
    const options& chosen, const session_plan& plan, event_loop& loop, counters& count
)
{
    return std::make_unique<polling_workload>(chosen, plan, loop, count);
}

}  // namespace cosio::load
