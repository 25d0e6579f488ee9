// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/shard.hpp>

#include <functional>
#include <memory>

namespace cosio {

/// The io_context, clock and entropy of a program: what a server runs on.
class runtime
{
public:
    runtime();
    ~runtime();
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    /// The shard that servers, listeners and clients are given.
    [[nodiscard]] shard& home() noexcept;

    [[nodiscard]] asio::io_context& context() noexcept;

    /// Runs until stop(), or until nothing is left to do.
    void run();

    /// Thread: any.
    void stop() noexcept;

    /// Calls `handler` at SIGINT and SIGTERM; the default ends run().
    void on_signal(std::function<void()> handler = {});

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace cosio
