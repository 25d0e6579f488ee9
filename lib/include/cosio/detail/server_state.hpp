// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/server_shard.hpp>

#include <mutex>

namespace cosio::detail {

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

    /// Thread: any.
    [[nodiscard]] namespace_group& main() noexcept { return *main_; }

    /// Every socket ends with "server shutting down", new sessions are refused. Thread: any.
    void close();

private:
    template <class F>
    void on_shard(std::size_t number, F action);

    server_options options_;
    limits_ptr limits_;
    protocol::recovery_tag tag_{};
    std::vector<shard*> shards_;
    std::vector<std::shared_ptr<server_shard>> parts_;
    std::mutex naming_;
    std::map<std::string, boost::intrusive_ptr<namespace_group>, std::less<>> namespaces_;
    namespace_group* main_;
};

}  // namespace cosio::detail
