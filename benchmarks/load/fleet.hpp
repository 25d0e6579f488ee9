// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "event_loop.hpp"
#include "memberships.hpp"
#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace cosio::load {

/// All clients of a run, the pace at which they connect, and the rooms that they join first.
template <class Client>
class fleet
{
public:
    fleet(
        event_loop& loop,
        session_observer& told,
        const session_plan& plan,
        const options& chosen,
        unsigned connections_per_client,
        unsigned spare_rooms = 0
    )
        : loop_{loop},
          rooms_{chosen, chosen.clients, spare_rooms},
          acknowledged_(chosen.clients),
          rate_{chosen.connect_rate},
          connections_per_client_{connections_per_client}
    {
        clients_.reserve(chosen.clients);
        for (std::uint32_t index = 0; index < chosen.clients; ++index)
            clients_.push_back(std::make_unique<Client>(loop, told, plan, index));
    }

    [[nodiscard]] Client& operator[](std::size_t index) noexcept { return *clients_[index]; }

    [[nodiscard]] std::uint32_t size() const noexcept
    {
        return static_cast<std::uint32_t>(clients_.size());
    }

    [[nodiscard]] std::uint32_t joined() const noexcept { return joined_; }

    [[nodiscard]] bool complete() const noexcept { return joined_ == size(); }

    /// Call once for each client that is ready for its work.
    void count_joined() noexcept
    {
        ++joined_;
        last_progress_ = monotonic_now();
    }

    [[nodiscard]] const memberships& rooms() const noexcept { return rooms_; }

    /// For a client that has joined the namespace: joins its rooms, then counts it.
    void join_rooms(std::uint32_t client)
    {
        const unsigned done = acknowledged_[client];
        if (done == rooms_.count())
            count_joined();
        else
            clients_[client]->send(
                rooms_.joins(client, done, std::min(rooms_.count() - done, joins_at_once))
            );
    }

    /// Whether it was an acknowledgement of join_rooms().
    bool handle_ack(std::uint32_t client, const incoming& packet)
    {
        if (!memberships::is_ack(packet))
            return false;
        const unsigned done = ++acknowledged_[client];
        if (done % joins_at_once == 0 || done == rooms_.count())
            join_rooms(client);
        return true;
    }

    /// Opens as many clients as may be opened by now.
    void advance(std::int64_t now)
    {
        if (complete())
            return;
        if (opened_ == 0)
            started_ = last_progress_ = now;
        const double earned = static_cast<double>(now - started_) / 1e9 * rate_ + 1;
        const auto paced = rate_ == 0 ? size() : static_cast<std::uint32_t>(std::min(earned, 1e6));
        const std::uint32_t until = std::min({paced, joined_ + max_connecting, size()});
        for (; opened_ < until && !loop_.failed(); ++opened_) {
            const bool many = size() * connections_per_client_ > connections_per_source;
            const unsigned nth = opened_ * connections_per_client_ / connections_per_source;
            clients_[opened_]->open(many ? nth + 1 : 0);
            last_progress_ = now;
        }
        if (now - last_progress_ > patience)
            loop_.fail(fmt::format(
                "{} of {} clients joined, and none for {} s",
                joined_,
                size(),
                patience / 1'000'000'000
            ));
    }

private:
    // Below the usual backlog of a listening socket, which drops what does not fit.
    static constexpr std::uint32_t max_connecting = 128;
    // What is sent at once stays allocated, by both sides.
    static constexpr unsigned joins_at_once = 32;
    // net.ipv4.ip_local_port_range is 32768 to 60999 unless somebody changed it.
    static constexpr unsigned connections_per_source = 28'000;
    static constexpr std::int64_t patience = 20'000'000'000;

    event_loop& loop_;
    std::vector<std::unique_ptr<Client>> clients_;
    memberships rooms_;
    std::vector<unsigned> acknowledged_;  // joins of each client
    unsigned rate_;
    unsigned connections_per_client_;
    std::uint32_t opened_ = 0;
    std::uint32_t joined_ = 0;
    std::int64_t started_ = 0;
    std::int64_t last_progress_ = 0;
};

}  // namespace cosio::load
