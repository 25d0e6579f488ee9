// SPDX-License-Identifier: BSL-1.0
#include "fleet.hpp"
#include "websocket_client.hpp"
#include "workload.hpp"

namespace cosio::load {
namespace {

/// Holds clients that do nothing but answer pings.
class idle_workload final : public workload
{
public:
    idle_workload(const options& chosen, const session_plan& plan, event_loop& loop)
        : loop_{loop}, clients_{loop, *this, plan, chosen, 1}
    {}

    void advance(std::int64_t now) override { clients_.advance(now); }

    std::uint32_t ready() const noexcept override { return clients_.joined(); }

    std::uint32_t wanted() const noexcept override { return clients_.size(); }

    void begin() override {}

    void handle_joined(std::uint32_t client) override { clients_.join_rooms(client); }

    void handle_packet(std::uint32_t client, const incoming& packet, std::int64_t) override
    {
        clients_.handle_ack(client, packet);
    }

    void handle_end(std::uint32_t, std::string_view why) override { loop_.fail(std::string{why}); }

private:
    event_loop& loop_;
    fleet<websocket_client> clients_;
};

}  // namespace

std::unique_ptr<workload> make_idle_workload(
    const options& chosen, const session_plan& plan, event_loop& loop
)
{
    return std::make_unique<idle_workload>(chosen, plan, loop);
}

}  // namespace cosio::load
