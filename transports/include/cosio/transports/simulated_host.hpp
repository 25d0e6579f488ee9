// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/server.hpp>
#include <cosio/transports/simulated_network.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cosio {

/// A Socket.IO server's process on a host of a simulated network: it can be killed at any moment, and comes again.
///
///     simulated_host<json> chat{world, network, "chat", {}, [](json_server& io) { io.on_connection(greet); }};
///     json_manager client{world.home(), network.connect_to("http://chat", options), options};
///     chat.crash_for(3s);
///
/// Lifetime: outlives its connections; world and network outlive it.
template <class Codec>
class simulated_host
{
public:
    /// `prepare` is called for each life of the process, before anybody can connect. It lives on those shards, by default
    /// on all of the world.
    simulated_host(
        simulation& world,
        simulated_network& network,
        std::string name,
        server_options options,
        std::function<void(basic_server<Codec>&)> prepare,
        http_options http = {},
        std::span<shard* const> on = {}
    )
        : world_{&world},
          network_{&network},
          names_{{std::move(name)}},
          options_{std::move(options)},
          prepare_{std::move(prepare)},
          http_{std::move(http)}
    {
        const std::span<shard* const> shards = on.empty() ? world.shards() : on;
        shards_.assign(shards.begin(), shards.end());
        start();
    }

    ~simulated_host() { crash(); }

    simulated_host(const simulated_host&) = delete;
    simulated_host& operator=(const simulated_host&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return names_.front(); }

    /// It is reached under another name as well, whose connections fail on their own.
    void also_named(std::string name)
    {
        names_.push_back(std::move(name));
        if (life_)
            listen(names_.back());
    }

    [[nodiscard]] bool is_up() const noexcept { return life_ != nullptr; }

    /// Precondition: it is up.
    [[nodiscard]] basic_server<Codec>& server() noexcept { return life_->io; }

    /// Its HTTP connections that are not WebSockets, or say goodbye. Precondition: it is up.
    [[nodiscard]] std::size_t connection_count() const noexcept
    {
        return life_->parts.front()->connection_count();
    }

    /// Begins a life, unless it has one.
    void start()
    {
        if (life_)
            return;
        shards_.front()->time().disarm(coming_);
        world_->note(name(), "starts");
        life_ = std::make_unique<life>(shards_, options_, http_);
        if (prepare_)
            prepare_(life_->io);
        for (const std::string& name : names_)
            listen(name);
    }

    /// The process ends without a word, and its connections are closed for it. Not from inside a handler of its own.
    void crash()
    {
        shards_.front()->time().disarm(coming_);
        if (!life_)
            return;
        world_->note(name(), "crashes");
        for (const std::string& name : names_)
            network_->stop_listening(name);
        life_.reset();
    }

    /// The process is suspended for `span`, and whatever else lives on its shards; others go on.
    void suspend(duration span)
    {
        for (shard* const one : shards_)
            world_->suspend(*one, span);
    }

    /// As crash(); another life begins after `absent`.
    void crash_for(duration absent)
    {
        crash();
        shards_.front()->time().arm(coming_, world_->home().now() + absent);
    }

private:
    struct life
    {
        life(
            std::span<shard* const> shards, const server_options& options, const http_options& http
        )
            : io{shards, options}
        {
            std::vector<http_server*> all;
            for (shard* const one : shards) {
                auto part = std::make_unique<http_server>(
                    *one, std::vector<engine_host*>{io.engine().part_on(one->index())}, http
                );
                all.push_back(parts.emplace_back(std::move(part)).get());
            }
            if (all.size() > 1)
                http_server::unite(all);
        }

        basic_server<Codec> io;
        std::vector<std::unique_ptr<http_server>> parts;
    };

    void listen(const std::string& as)
    {
        const auto serve = [this](std::unique_ptr<byte_stream> stream, shard& on) {
            const auto part = std::ranges::find(shards_, &on) - shards_.begin();
            life_->parts[static_cast<std::size_t>(part)]->serve(std::move(stream));
        };
        network_->listen(as, serve, shards_);
    }

    struct restart final : timer_node
    {
        explicit restart(simulated_host& of) noexcept : on{&of} {}

        void on_deadline(time_point) override { on->start(); }

        simulated_host* on;
    };

    simulation* world_;
    simulated_network* network_;
    std::vector<std::string> names_;
    server_options options_;
    std::function<void(basic_server<Codec>&)> prepare_;
    http_options http_;
    std::vector<shard*> shards_;
    restart coming_{*this};
    std::unique_ptr<life> life_;
};

}  // namespace cosio
