// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/runtime.hpp>
#include <cosio/transports/simulation.hpp>

#include <boost/asio/basic_waitable_timer.hpp>

#include <chrono>
#include <functional>

namespace cosio::test {

/// Where both ends of a link live, and how things happen there.
class arena
{
public:
    virtual ~arena() = default;

    [[nodiscard]] virtual shard& home() = 0;

    /// Lets things happen until `done()` holds; false if it does not come to that.
    [[nodiscard]] virtual bool until(const std::function<bool()>& done) = 0;

    /// Lets happen what is ready now. Over a network more may follow.
    virtual void settle() = 0;

    /// Something outside the shard that moves when it is called; answers whether it did.
    std::function<bool()> other = [] { return false; };
};

/// Virtual time: what does not happen within seconds of it never happens.
class simulated_arena final : public arena
{
public:
    shard& home() override { return world.home(); }

    bool until(const std::function<bool()>& done) override
    {
        settle();
        return done() || world.run_until(done, std::chrono::seconds{3});
    }

    void settle() override
    {
        do
            world.run();
        while (other());
    }

    simulation world{7};
};

/// Real sockets: waits for the event itself, or for a deadline that no healthy run ever meets.
class network_arena final : public arena
{
public:
    shard& home() override { return world.home(); }

    bool until(const std::function<bool()>& done) override
    {
        asio::basic_waitable_timer<std::chrono::steady_clock> deadline{world.context()};
        deadline.expires_after(std::chrono::seconds{60});
        bool late = false;
        deadline.async_wait([&late](const error_code& ec) { late = !ec; });
        world.context().restart();
        while (true) {
            while (other()) {
            }
            if (done() || late)
                break;
            world.context().run_one();
        }
        deadline.cancel();
        settle();
        return !late;
    }

    void settle() override
    {
        do {
            world.context().restart();
            world.context().poll();
        } while (other());
    }

    runtime world;
};

}  // namespace cosio::test
