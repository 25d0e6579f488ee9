// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/simulation.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace cosio {

/// Where one run of a scenario cancels a coroutine, as Asio cancels: through the slot that it is spawned with.
/// Lifetime: outlives the world of the scenario. Thread: that of the world.
class cancellation_point
{
public:
    /// `turn` counts from where the coroutine begins.
    explicit cancellation_point(
        std::uint64_t turn, asio::cancellation_type how = asio::cancellation_type::terminal
    ) noexcept
        : turn_{turn}, how_{how}
    {}

    cancellation_point(const cancellation_point&) = delete;
    cancellation_point& operator=(const cancellation_point&) = delete;

    /// Runs a coroutine on the world's first shard, which is cancelled when the point has come.
    void spawn(simulation& world, task<> what);

    /// The same for a coroutine that another one awaits, a handler or a middleware: what it returns and throws goes
    /// there. Of several calls the first one counts, the others are not cancelled.
    template <class T>
    [[nodiscard]] task<T> run(simulation& world, task<T> what)
    {
        return run_on(*this, world, std::move(what));
    }

    /// The point came before the coroutine had ended, and it was cancelled there.
    [[nodiscard]] bool was_reached() const noexcept { return reached_; }

    /// The coroutine has returned or thrown.
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }

    /// What a coroutine that was spawned here has thrown.
    [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }

private:
    struct end_mark
    {
        explicit end_mark(cancellation_point& of) noexcept : at{&of} {}

        end_mark(const end_mark&) = delete;
        end_mark& operator=(const end_mark&) = delete;

        ~end_mark() { at->ended_ = true; }

        cancellation_point* at;
    };

    template <class T>
    static task<T> run_on(cancellation_point& self, simulation& world, task<T> what)
    {
        if (std::exchange(self.begun_, true)) {
            co_return co_await std::move(what);
        } else {
            self.arm(world);
            const end_mark end{self};
            constexpr asio::use_awaitable_t<asio::io_context::executor_type> as_awaitable;
            co_return co_await asio::co_spawn(
                world.home().executor(),
                std::move(what),
                asio::bind_cancellation_slot(self.signal_.slot(), as_awaitable)
            );
        }
    }

    void arm(simulation& world);

    std::uint64_t turn_;
    asio::cancellation_type how_;
    asio::cancellation_signal signal_;
    std::exception_ptr thrown_;
    bool begun_ = false;
    bool reached_ = false;
    bool ended_ = false;
};

struct failing_cancellation
{
    std::uint64_t turn;
    std::string why;
};

/// Runs `scenario` again and again, and cancels its coroutine after the first turn, then after the second, until it ends
/// before: so it is cancelled at each of its suspensions, and while what it waited for is on its way to it. Stops
/// where the scenario returns what went wrong: a text that is not empty. The last run is not cancelled.
///
///     find_failing_cancellation([](cancellation_point& at) -> std::string {
///         simulation world;
///         ...
///         at.spawn(world, my_coroutine(socket));
///         world.run_for(1min);
///         return everything_is_released() ? "" : "something is left";
///     });
[[nodiscard]] std::optional<failing_cancellation> find_failing_cancellation(
    const std::function<std::string(cancellation_point& at)>& scenario,
    asio::cancellation_type how = asio::cancellation_type::terminal
);

}  // namespace cosio
