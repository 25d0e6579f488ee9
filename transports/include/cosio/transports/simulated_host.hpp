// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/server.hpp>
#include <cosio/transports/simulated_network.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cosio {

/// A Socket.IO server's process on a host of a simulated network, on all shards of the world: it can be killed at any
/// moment, and comes again.
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
    /// `prepare` is called for each life of the process, before anybody can connect.
    simulated_host(
        simulation& world,
        simulated_network& network,
        std::string name,
        server_options options,
        std::function<void(basic_server<Codec>&)> prepare,
        http_options http = {}
    )
        : world_{&world},
          network_{&network},
          names_{{std::move(name)}},
          options_{std::move(options)},
          prepare_{std::move(prepare)},
          http_{std::move(http)}
    {
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
        world_->home().time().disarm(coming_);
        world_->note(name(), "starts");
        life_ = std::make_unique<life>(*world_, options_, http_);
        if (prepare_)
            prepare_(life_->io);
        for (const std::string& name : names_)
            listen(name);
    }

    /// The process ends without a word, and its connections are closed for it. Not from inside a handler of its own.
    void crash()
    {
        world_->home().time().disarm(coming_);
        if (!life_)
            return;
        world_->note(name(), "crashes");
        for (const std::string& name : names_)
            network_->stop_listening(name);
        life_.reset();
    }

    /// As crash(); another life begins after `absent`.
    void crash_for(duration absent)
    {
        crash();
        world_->home().time().arm(coming_, world_->home().now() + absent);
    }

private:
    struct life
    {
        life(simulation& world, const server_options& options, const http_options& http)
            : io{world.shards(), options}
        {
            std::vector<http_server*> all;
            for (shard* const one : world.shards())
                all.push_back(
                    parts
                        .emplace_back(std::make_unique<http_server>(
                            *one, std::vector<engine_host*>{io.engine().part_on(one->index())}, http
                        ))
                        .get()
                );
            if (all.size() > 1)
                http_server::unite(all);
        }

        basic_server<Codec> io;
        std::vector<std::unique_ptr<http_server>> parts;
    };

    void listen(const std::string& as)
    {
        network_->listen(as, [this](std::unique_ptr<byte_stream> stream, shard& on) {
            life_->parts[on.index()]->serve(std::move(stream));
        });
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
    restart coming_{*this};
    std::unique_ptr<life> life_;
};

}  // namespace cosio
