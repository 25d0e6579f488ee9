// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/shard.hpp>

#include <functional>
#include <memory>
#include <span>

namespace cosio {

struct runtime_options
{
    unsigned shards = 1;  ///< threads; 0: one for each processor
};

/// The io_contexts, clocks and entropy of a program: what a server runs on.
///
///     runtime runtime{{.shards = 4}};
///     json_server io{runtime.shards()};
///     listener listener{runtime.shards(), io, {.port = 3000}};
///     runtime.run();
class runtime
{
public:
    /// Throws std::invalid_argument for more shards than a session id can name.
    explicit runtime(runtime_options options = {});
    ~runtime();
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    /// All shards: what servers and listeners are given to use every thread.
    [[nodiscard]] std::span<shard* const> shards() noexcept;

    /// The first shard, which run() runs on the caller's thread.
    [[nodiscard]] shard& home() noexcept;

    /// That of the first shard.
    [[nodiscard]] asio::io_context& context() noexcept;

    /// Runs every shard on a thread of its own, the first one on this thread, until stop() or until nothing
    /// is left to do: first on this thread, then on the others.
    void run();

    /// Thread: any.
    void stop() noexcept;

    /// Calls `handler` at SIGINT and SIGTERM, on the first shard; the default ends run().
    void on_signal(std::function<void()> handler = {});

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// The shard of an io_context that the application has already, and runs itself, on one thread; made at the first call.
/// It lives as long as the context: what lives on it is destroyed before.
[[nodiscard]] shard& shard_of(asio::io_context& context);

}  // namespace cosio
