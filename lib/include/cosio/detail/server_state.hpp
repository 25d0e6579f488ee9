// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/parent_namespace.hpp>
#include <cosio/detail/server_shard.hpp>
#include <cosio/drain.hpp>

#include <mutex>
#include <optional>

namespace cosio::detail {

template <class... Reply>
class answer_source;

/// A Socket.IO server without its codec's types: compiled once.
class server_state
{
public:
    server_state(
        std::span<shard* const> shards, server_options options, const codec_functions& codec
    );

    /// Precondition: every shard is reachable.
    ~server_state();

    server_state(const server_state&) = delete;
    server_state& operator=(const server_state&) = delete;

    /// The part on the first shard; it knows the others.
    [[nodiscard]] engine::server& engine() noexcept { return parts_.front()->engine(); }

    [[nodiscard]] const engine::server& engine() const noexcept { return parts_.front()->engine(); }

    [[nodiscard]] const server_options& options() const noexcept { return options_; }

    /// The namespace of that name, created if need be. Throws std::invalid_argument for a bad name.
    /// Cost: a lock. Thread: any.
    [[nodiscard]] namespace_group& of(std::string_view name);

    /// Namespaces whose names fit. Parents are asked in the order of their making (SIO-14).
    [[nodiscard]] parent_ptr add_parent(parent_namespace::predicate fits);

    /// Thread: any.
    [[nodiscard]] std::vector<parent_ptr> parents();

    /// The child of that name, made if need be; two who ask at once get the same one. Null if there are
    /// too many. Precondition: `parent` said that the name fits. Thread: a shard's; there the child is ready.
    [[nodiscard]] boost::intrusive_ptr<namespace_group> child(
        const parent_ptr& parent, std::string_view name
    );

    /// Called for each namespace that is made from now on, on the thread that makes it.
    void add_new_namespace(std::function<void(namespace_group&)> handler);

    using part_ptrs = std::vector<std::shared_ptr<server_shard>>;

    [[nodiscard]] const part_ptrs& parts() const noexcept { return parts_; }

    /// The ids of all sessions, shard by shard.
    [[nodiscard]] static task<std::vector<std::string>> client_ids(part_ptrs parts);

    /// Adds it on all shards, each with its own copy. Thread: any.
    void use_http(const http_middleware& middleware);

    /// Thread: any.
    [[nodiscard]] namespace_group& main() const noexcept { return *main_; }

    /// Completes when all sessions have ended. Lifetime: if the server goes before, it completes too.
    [[nodiscard]] static task<drain_report> drain(server_state& self, drain_options options);

    /// Every socket ends with "server shutting down", new sessions are refused. Thread: any.
    void close();

private:
    void begin_drain(
        const drain_options& options,
        const boost::intrusive_ptr<answer_source<std::size_t, std::size_t>>& to
    );
    [[nodiscard]] boost::intrusive_ptr<namespace_group> make(std::string name);
    void announce(namespace_group& made);
    void forget(const parent_ptr& parent, namespace_group& child);

    template <class F>
    void on_shard(std::size_t number, F action);

    server_options options_;
    limits_ptr limits_;
    std::optional<protocol::recovery_tags> recovery_tags_;  // guarded by naming_
    std::vector<shard*> shards_;
    part_ptrs parts_;
    std::mutex naming_;
    std::map<std::string, boost::intrusive_ptr<namespace_group>, std::less<>> namespaces_;
    std::vector<parent_ptr> parents_;
    std::vector<std::shared_ptr<const std::function<void(namespace_group&)>>> new_namespace_;
    std::size_t child_count_ = 0;
    namespace_group* main_;
};

}  // namespace cosio::detail
