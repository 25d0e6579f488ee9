// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "facade_support.hpp"

#include <set>

// One server and its clients on several shards.

namespace cosio::test {

inline constexpr unsigned shard_count = 3;

inline server_options reporting_to(journal& log)
{
    server_options options;
    options.on_handler_error = [&log](const handler_error& error) {
        log("error {}: {}", error.event, error.message);
    };
    return options;
}

/// Six clients, a to f, on three shards: a and d on the first, b and e on the second, c and f on the third.
template <class Codec>
struct shards_case
{
    explicit shards_case(std::uint64_t seed = 1) : world{seed, shard_count}
    {
        io.on_connection([this](basic_socket<Codec> socket) { far.push_back(socket); });
        unsigned next = 0;
        for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
            clients.push_back(std::make_unique<basic_client<Codec>>(
                world.home(), world.connect(io, next++ % shard_count)
            ));
            near.push_back(clients.back()->socket());
            near.back().on("x", [this, name](std::string text) { log("{} {}", name, text); });
            near.back().on_disconnect([this, name](close_reason reason) {
                log("{} {}", name, to_string(reason));
            });
            world.run();
        }
        REQUIRE(far.size() == 6U);
    }

    /// Runs `what` on shard number `on`; gives what it led to, sorted: shards keep no common order.
    template <class F>
    std::string on_shard(std::size_t on, F what)
    {
        world.shards()[on]->post(std::move(what));
        return heard();
    }

    std::string heard()
    {
        world.run();
        std::multiset<std::string> lines;
        const std::string all = log.take();
        for (std::size_t at = 0; at < all.size();) {
            const std::size_t end = std::min(all.find('\n', at), all.size());
            lines.insert(all.substr(at, end - at));
            at = end + 1;
        }
        return fmt::format("{}", fmt::join(lines, "\n"));
    }

    journal log;
    simulation world;
    basic_server<Codec> io{world.shards(), reporting_to(log)};
    std::vector<std::unique_ptr<basic_client<Codec>>> clients;
    std::vector<basic_client_socket<Codec>> near;
    std::vector<basic_socket<Codec>> far;  // in the order of the clients
};

template <class Codec>
std::string ids(const std::vector<basic_socket<Codec>>& sockets, const shards_case<Codec>& on)
{
    std::string names;
    for (std::size_t i = 0; i < on.far.size(); ++i)
        if (std::ranges::find(sockets, on.far[i]) != sockets.end())
            names += static_cast<char>('a' + i);
    return names;
}

}  // namespace cosio::test
