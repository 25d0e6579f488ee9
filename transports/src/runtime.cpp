// SPDX-License-Identifier: BSL-1.0
#include "owned_context.hpp"

#include <cosio/error.hpp>
#include <cosio/ids.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <sys/random.h>
#include <system_error>
#include <thread>
#include <vector>

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

    void rest() noexcept override
    {
        if (timer_)
            timer_->cancel();
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

/// One shard with what it needs.
struct one_shard
{
    explicit one_shard(unsigned index) : home{*context, time, random, index} {}

    std::unique_ptr<owned_context> context = std::make_unique<owned_context>();
    system_time time{*context};
    system_random random;
    shard home;
};

/// The shard of an io_context of the application's. Part of the context, so that it outlives what is parked there.
class hosted_shard final : public asio::execution_context::service
{
public:
    using key_type = hosted_shard;
    static asio::execution_context::id id;

    explicit hosted_shard(asio::execution_context& context)
        : service{context},
          time_{static_cast<asio::io_context&>(context)},
          home{static_cast<asio::io_context&>(context), time_, random_}
    {
        home.post([this] { home.set_running(true); });
    }

private:
    void shutdown() noexcept override { time_.stop(); }

    system_time time_;
    system_random random_;

public:
    shard home;
};

asio::execution_context::id hosted_shard::id;

using work_guard = asio::executor_work_guard<asio::io_context::executor_type>;

}  // namespace

struct runtime::state
{
    explicit state(unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            all.push_back(std::make_unique<one_shard>(i));
            shards.push_back(&all.back()->home);
        }
    }

    ~state()
    {
        // Coroutines that are parked in a context use time and shard while they are destroyed.
        signals.reset();
        for (const auto& one : all)
            one->time.stop();
        let_go_of_all(all);
        for (const auto& one : all)
            one->context.reset();
    }

    void set_running(bool running)
    {
        for (shard* const one : shards)
            one->set_running(running);
    }

    void run_all();

    std::vector<std::unique_ptr<one_shard>> all;
    std::vector<shard*> shards;
    std::optional<asio::signal_set> signals;
    std::atomic<bool> stopped = false;
};

/// The first shard alone tells when there is nothing left to do: the others are kept until then, and then
/// it is kept until they have finished too, for they may still ask it something.
void runtime::state::run_all()
{
    asio::io_context& first = *all.front()->context;
    std::vector<work_guard> kept;
    std::vector<std::thread> threads;

    struct others
    {
        std::size_t running;  // touched on the first shard
        std::optional<work_guard> keep_first;
    };

    const auto rest = std::make_shared<others>(others{all.size() - 1, std::nullopt});
    for (std::size_t i = 1; i < all.size(); ++i) {
        kept.emplace_back(all[i]->home.executor());
        threads.emplace_back([&first, rest, one = all[i].get()] {
            one->context->run();
            asio::post(first, [rest] {
                if (--rest->running == 0)
                    rest->keep_first.reset();
            });
        });
    }
    first.run();
    rest->keep_first.emplace(first.get_executor());
    if (!stopped)
        first.restart();
    kept.clear();
    if (stopped)
        for (const auto& one : all)
            one->context->stop();
    first.run();
    for (std::thread& thread : threads)
        thread.join();
}

runtime::runtime(runtime_options options)
{
    const unsigned count =
        options.shards == 0 ? std::max(1u, std::thread::hardware_concurrency()) : options.shards;
    if (count > session_id::max_shards)
        throw std::invalid_argument{
            fmt::format("option shards: must be at most {}", session_id::max_shards)
        };
    state_ = std::make_unique<state>(count);
}

runtime::~runtime() = default;

std::span<shard* const> runtime::shards() noexcept
{
    return state_->shards;
}

shard& runtime::home() noexcept
{
    return *state_->shards.front();
}

asio::io_context& runtime::context() noexcept
{
    return home().context();
}

void runtime::run()
{
    state_->set_running(true);
    if (state_->all.size() == 1)
        context().run();
    else
        state_->run_all();
    state_->set_running(false);
}

void runtime::stop() noexcept
{
    state_->stopped = true;
    for (const auto& one : state_->all)
        one->context->stop();
}

void runtime::on_signal(std::function<void()> handler)
{
    state_->signals.emplace(context(), SIGINT, SIGTERM);
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

shard& shard_of(asio::io_context& context)
{
    return asio::use_service<hosted_shard>(static_cast<asio::execution_context&>(context)).home;
}

}  // namespace cosio
