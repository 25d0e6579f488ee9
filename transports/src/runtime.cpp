// SPDX-License-Identifier: BSL-1.0
#include <cosio/error.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <sys/random.h>
#include <system_error>

namespace cosio {
namespace {

/// One OS timer for all deadlines of a shard.
class system_time final : public time_source
{
public:
    explicit system_time(asio::io_context& context) : timer_{std::in_place, context.get_executor()}
    {}

    /// No deadline fires any more.
    void stop() noexcept { timer_.reset(); }

    time_point now() const noexcept override
    {
        return time_point{std::chrono::steady_clock::now().time_since_epoch()};
    }

    std::int64_t wall_clock_ms() const noexcept override
    {
        using namespace std::chrono;
        return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    }

private:
    using timer = asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        asio::io_context::executor_type>;

    void wake_at(time_point deadline) override
    {
        if (!timer_)
            return;
        timer_->expires_at(std::chrono::steady_clock::time_point{deadline.time_since_epoch()});
        timer_->async_wait([this](const error_code& ec) {
            if (ec)
                return;
            timers().advance(now());
            if (const auto next = timers().next_deadline())
                wake_at(*next);
        });
    }

    std::optional<timer> timer_;
};

/// getrandom(2), read in blocks.
class system_random final : public random_source
{
public:
    system_random() { refill(); }

    void fill(std::span<std::byte> out) noexcept override
    {
        while (!out.empty()) {
            if (used_ == block_.size())
                refill();
            const std::size_t count = std::min(out.size(), block_.size() - used_);
            std::memcpy(out.data(), block_.data() + used_, count);
            std::memset(block_.data() + used_, 0, count);  // ids are secrets: keep no copy
            used_ += count;
            out = out.subspan(count);
        }
    }

private:
    void refill()
    {
        std::size_t have = 0;
        while (have < block_.size()) {
            const ssize_t count = ::getrandom(block_.data() + have, block_.size() - have, 0);
            if (count < 0 && errno != EINTR)
                throw std::system_error{errno, std::generic_category(), "no entropy: getrandom"};
            if (count > 0)
                have += static_cast<std::size_t>(count);
        }
        used_ = 0;
    }

    std::array<std::byte, 256> block_;
    std::size_t used_ = 0;
};

}  // namespace

struct runtime::state
{
    ~state()
    {
        // Coroutines that are parked in the context use time and shard while they are destroyed.
        signals.reset();
        time.stop();
        context.reset();
    }

    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
    system_time time{*context};
    system_random random;
    shard home{*context, time, random};
    std::optional<asio::signal_set> signals;
};

runtime::runtime() : state_{std::make_unique<state>()} {}

runtime::~runtime() = default;

shard& runtime::home() noexcept
{
    return state_->home;
}

asio::io_context& runtime::context() noexcept
{
    return *state_->context;
}

void runtime::run()
{
    state_->context->run();
}

void runtime::stop() noexcept
{
    state_->context->stop();
}

void runtime::on_signal(std::function<void()> handler)
{
    state_->signals.emplace(*state_->context, SIGINT, SIGTERM);
    state_->signals->async_wait([this, handler = std::move(handler)](const error_code& ec, int) {
        if (ec)
            return;
        error_code ignored;
        state_->signals->clear(ignored);  // a second signal ends the process
        if (handler)
            handler();
        else
            stop();
    });
}

}  // namespace cosio
