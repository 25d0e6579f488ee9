// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "seeded_random.hpp"
#include "simulated_link.hpp"

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace cosio {

struct simulated_network::state : std::enable_shared_from_this<state>
{
    struct planned_failure
    {
        link_direction which;
        std::uint64_t byte;
        link_fault how;
    };

    /// A name that can be dialed.
    struct host
    {
        acceptor accept;
        wrapper wrap;
        std::size_t connections = 0;  // that were made, ever
        std::size_t open = 0;
        std::size_t max_open = std::numeric_limits<std::size_t>::max();
        std::deque<std::pair<std::unique_ptr<byte_stream>, shard*>> waiting;  // for a descriptor
        std::deque<std::pair<std::unique_ptr<byte_stream>, shard*>>
            arriving;  // for a turn of their shard
        std::vector<std::weak_ptr<simulated_link>> links;
        std::array<std::uint64_t, 2> bytes = {};  // written, by direction
        std::optional<planned_failure> failure;
        bool cut = false;
        bool loses_dials = false;
        std::vector<shard*> shards;  // its ends live there in turn; none: on those of the world
    };

    state(simulation& in, simulated_network& of)
        : world{&in}, random{apart(in.seed(), draws)}, network{&of}
    {}

    [[nodiscard]] duration draw_delay()
    {
        const link_quality& links = quality();
        if (links.jitter <= duration::zero())
            return links.latency;
        const auto most = static_cast<std::uint64_t>(links.jitter.count());
        return links.latency + duration{static_cast<duration::rep>(random.below(most + 1))};
    }

    [[nodiscard]] std::size_t draw_piece(std::size_t most)
    {
        const std::size_t max_piece = quality().max_piece;
        return max_piece >= most ? most : 1 + random.below(max_piece);
    }

    /// How long so many bytes take to leave.
    [[nodiscard]] duration takes(std::size_t bytes) const noexcept
    {
        const std::size_t rate = quality().bytes_per_second;
        if (rate == link_quality{}.bytes_per_second)
            return {};
        return std::chrono::nanoseconds{std::chrono::seconds{bytes}} /
               std::max<std::size_t>(1, rate);
    }

    /// Perfect, after the end of the network.
    [[nodiscard]] const link_quality& quality() const noexcept
    {
        static constexpr link_quality perfect;
        return network ? network->quality : perfect;
    }

    [[nodiscard]] host& of(std::string_view name)
    {
        const auto found = hosts.find(name);
        return found != hosts.end() ? found->second
                                    : hosts.emplace(std::string{name}, host{}).first->second;
    }

    void note(std::string_view who, std::string_view what) { world->note(who, what); }

    void count_step()
    {
        if (network && network->steps++ == event_step && event)
            world->home().post(std::exchange(event, nullptr));
    }

    void fail(host& at, link_fault how)
    {
        for (const auto& one : at.links)
            if (const auto open = one.lock(); open && !open->is_over()) {
                ++network->failures;
                open->fail(random.below(2) == 0 ? link_direction::up : link_direction::down, how);
            }
    }

    [[nodiscard]] std::unique_ptr<byte_stream> connect(std::string_view name, shard& from);
    void accept_later(const std::string& name, std::unique_ptr<byte_stream> far, shard& on);
    void accept(const std::string& name, shard& on);
    void accept_waiting(const std::string& name);
    void release(const std::string& name);

    static constexpr std::uint64_t draws = 1'000'003;  // more than a world has shards

    simulation* world;
    seeded_random random;
    simulated_network* network;  // null after its end: streams may live on
    std::map<std::string, host, std::less<>> hosts;
    std::size_t streams = 0;
    std::uint64_t event_step = 0;
    std::function<void()> event;
};

}  // namespace cosio
