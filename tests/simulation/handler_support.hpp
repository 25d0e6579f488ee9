// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "facade_support.hpp"

#include <deque>

namespace cosio::test {

struct handler_limits
{
    std::int32_t running = 256;
    std::size_t held = 1'024;
    std::uint16_t at_once = 1;
};

/// A server whose `wait` handlers run until the test lets them go.
template <class Codec>
struct handler_case : pair_case<Codec>
{
    explicit handler_case(handler_limits limits = {}) : pair_case<Codec>{limited(limits)}
    {
        this->io.on("wait", [this](int n) { return wait(n); });
        this->io.on("x", [this](int n) { this->log("x {}", n); });
        this->io.on("ask", [this](basic_socket<Codec> socket) -> task<> {
            const result<int> answer = co_await socket.template emit_with_ack<int>(5s, "question");
            this->log("answer: {}", text_of(answer));
        });
    }

    ~handler_case()
    {
        for (std::size_t i = 0; i < gates.size(); ++i) {  // one that ends lets another begin
            gates[i].notify();
            this->world.run();
        }
    }

    static server_options limited(handler_limits limits)
    {
        server_options options;
        options.engine.max_running_handlers = limits.running;
        options.engine.max_held_events = limits.held;
        options.handlers_at_once = limits.at_once;
        return options;
    }

    task<> wait(int n)
    {
        this->log("begin {}", n);
        gates.emplace_back(this->world.home().executor());
        gate& mine = gates.back();
        co_await mine.wait();
        this->log("end {}", n);
    }

    /// Lets the n-th handler go on.
    void release(std::size_t n) { gates.at(n).notify(); }

    std::deque<gate> gates;
};

}  // namespace cosio::test
