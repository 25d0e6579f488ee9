// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/simulation.hpp>

#include <cstring>

namespace cosio {
namespace {

// 2026-01-01T00:00:00Z: wall clocks of simulated worlds begin here.
constexpr std::int64_t epoch_ms = 1'767'225'600'000;

class manual_time final : public time_source
{
public:
    time_point now() const noexcept override { return now_; }

    std::int64_t wall_clock_ms() const noexcept override
    {
        using namespace std::chrono;
        return epoch_ms + duration_cast<milliseconds>(now_.time_since_epoch()).count();
    }

    void jump_to(time_point when) { now_ = when; }

private:
    void wake_at(time_point) override {}  // whoever moves the time looks at the deadlines itself

    time_point now_{};
};

/// SplitMix64: small, and the same everywhere.
class seeded_random final : public random_source
{
public:
    explicit seeded_random(std::uint64_t seed) noexcept : state_{seed} {}

    void fill(std::span<std::byte> out) noexcept override
    {
        while (!out.empty()) {
            state_ += 0x9e3779b97f4a7c15U;
            std::uint64_t bits = state_;
            bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
            bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
            bits ^= bits >> 31;
            const std::size_t count = std::min(out.size(), sizeof bits);
            std::memcpy(out.data(), &bits, count);
            out = out.subspan(count);
        }
    }

private:
    std::uint64_t state_;
};

}  // namespace

struct simulation::state
{
    explicit state(std::uint64_t with) : seed{with}, random{with} {}

    ~state() { context.reset(); }  // parked coroutines use time and shard while they are destroyed

    std::uint64_t seed;
    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
    manual_time time;
    seeded_random random;
    shard home{*context, time, random};
};

simulation::simulation(std::uint64_t seed) : state_{std::make_unique<state>(seed)} {}

simulation::~simulation() = default;

shard& simulation::home() noexcept
{
    return state_->home;
}

duration simulation::now() const noexcept
{
    return state_->time.now().time_since_epoch();
}

std::uint64_t simulation::seed() const noexcept
{
    return state_->seed;
}

void simulation::run()
{
    do {
        state_->context->restart();
        state_->context->poll();
    } while (state_->time.timers().advance(state_->time.now()) != 0);
}

void simulation::run_for(duration span)
{
    const time_point end = state_->time.now() + span;
    run();
    while (true) {
        const auto next = state_->time.timers().next_deadline();
        if (!next || *next > end)
            break;
        state_->time.jump_to(*next);
        run();
    }
    state_->time.jump_to(end);
}

bool simulation::run_until(const std::function<bool()>& done, duration limit)
{
    const time_point end = state_->time.now() + limit;
    run();
    while (!done()) {
        const auto next = state_->time.timers().next_deadline();
        if (!next || *next > end)
            return false;
        state_->time.jump_to(*next);
        run();
    }
    return true;
}

std::unique_ptr<transport> simulation::connect_host(engine_host& host)
{
    auto [server_end, client_end] = make_loopback_pair(state_->home);
    http_request request;
    request.method = "GET";
    request.target = host.options().path + "?EIO=4&transport=loopback";
    request.remote_address = "loopback";
    static_cast<void>(host.open(request, std::move(server_end)));
    return std::move(client_end);
}

}  // namespace cosio
