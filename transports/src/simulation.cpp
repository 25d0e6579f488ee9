// SPDX-License-Identifier: BSL-1.0
#include "owned_context.hpp"
#include "seeded_random.hpp"

#include <cosio/transports/simulation.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

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
        return epoch_ms + duration_cast<milliseconds>(now_.time_since_epoch() + shift_).count();
    }

    void jump_to(time_point when) { now_ = when; }

    void shift_wall_clock(duration by) noexcept { shift_ += by; }

private:
    void wake_at(time_point) override {}  // whoever moves the time looks at the deadlines itself

    time_point now_{};
    duration shift_{};
};

}  // namespace

struct simulation::state
{
    state(std::uint64_t with, unsigned count) : seed{with}, order{~with}
    {
        for (unsigned i = 0; i < count; ++i) {
            all.push_back(std::make_unique<one_shard>(apart(with, i), i));
            shards.push_back(&all.back()->home);
        }
    }

    ~state()
    {
        // Parked coroutines use time and shard while they are destroyed.
        let_go_of_all(all);
        for (const auto& one : all)
            one->context.reset();
    }

    struct one_shard
    {
        one_shard(std::uint64_t with, unsigned index)
            : random{with}, home{*context, time, random, index}
        {}

        std::unique_ptr<owned_context> context = std::make_unique<owned_context>();
        manual_time time;
        seeded_random random;
        shard home;
        std::optional<time_point> wakes_at;  // it is suspended until then
    };

    [[nodiscard]] time_point now() const noexcept { return all.front()->time.now(); }

    void jump_to(time_point when)
    {
        for (const auto& one : all)
            one->time.jump_to(when);
    }

    [[nodiscard]] std::optional<time_point> next_deadline() const
    {
        std::optional<time_point> next;
        for (const auto& one : all) {
            const auto its = one->wakes_at ? one->wakes_at : one->time.timers().next_deadline();
            if (its && (!next || *its < *next))
                next = its;
        }
        return next;
    }

    std::size_t advance()
    {
        std::size_t fired = 0;
        const std::size_t first = all.size() == 1 ? 0 : draw(all.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            one_shard& one = *all[(first + i) % all.size()];
            if (one.wakes_at && *one.wakes_at > now())
                continue;
            fired += std::exchange(one.wakes_at, std::nullopt) ? 1 : 0;
            fired += one.time.timers().advance(now());
        }
        return fired;
    }

    [[nodiscard]] std::size_t draw(std::size_t below)
    {
        return static_cast<std::size_t>(order.below(below));
    }

    void poll();
    void poll_alone();
    void poll_in_drawn_order();
    void count_turns(std::size_t ran);

    std::uint64_t turns = 0;
    std::uint64_t event_turn = 0;
    std::function<void()> event;
    std::uint64_t seed;
    seeded_random order;
    std::vector<std::unique_ptr<one_shard>> all;
    std::vector<shard*> shards;
    simulation_trace trace;
};

/// Runs what is ready; with several shards handler by handler, on shards that the seed chooses.
void simulation::state::poll()
{
    for (const auto& one : all)
        one->home.set_running(true);
    if (all.size() == 1)
        poll_alone();
    else
        poll_in_drawn_order();
    for (const auto& one : all)
        one->home.set_running(false);
}

void simulation::state::poll_alone()
{
    asio::io_context& context = *all.front()->context;
    std::size_t ran = 0;
    do {
        if (all.front()->wakes_at)
            return;
        context.restart();
        ran = event ? context.poll_one() : context.poll();
        count_turns(ran);
    } while (ran != 0);
}

void simulation::state::count_turns(std::size_t ran)
{
    turns += ran;
    if (event && ran != 0 && turns > event_turn)
        all.front()->home.post(std::exchange(event, nullptr));
}

void simulation::state::poll_in_drawn_order()
{
    std::vector<std::size_t> ready;
    const auto refill = [&] {
        ready.resize(all.size());
        std::iota(ready.begin(), ready.end(), std::size_t{0});
    };
    refill();
    while (!ready.empty()) {
        const std::size_t at = draw(ready.size());
        one_shard& next = *all[ready[at]];
        std::size_t ran = 0;
        if (!next.wakes_at) {
            next.context->restart();
            ran = next.context->poll_one();
        }
        count_turns(ran);
        if (ran == 0)
            ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(at));
        else
            refill();  // it may have given the others something to do
    }
}

simulation::simulation(std::uint64_t seed, unsigned shards)
    : state_{std::make_unique<state>(seed, std::max(1u, shards))}
{}

simulation::~simulation() = default;

shard& simulation::home() noexcept
{
    return *state_->shards.front();
}

std::span<shard* const> simulation::shards() noexcept
{
    return state_->shards;
}

duration simulation::now() const noexcept
{
    return state_->now().time_since_epoch();
}

std::uint64_t simulation::seed() const noexcept
{
    return state_->seed;
}

void simulation::run()
{
    do {
        state_->poll();
    } while (state_->advance() != 0);
}

void simulation::run_for(duration span)
{
    const time_point end = state_->now() + span;
    run();
    while (true) {
        const auto next = state_->next_deadline();
        if (!next || *next > end)
            break;
        state_->jump_to(*next);
        run();
    }
    state_->jump_to(end);
}

void simulation::freeze(duration span)
{
    run();
    note("world", "is suspended");
    state_->jump_to(state_->now() + span);
    run();
}

void simulation::suspend(shard& which, duration span)
{
    note("shard", "is suspended");
    state_->all[which.index()]->wakes_at = state_->now() + span;
    // What is in the middle of a turn lets the others run before the next one.
    which.context().stop();
}

void simulation::shift_wall_clock(duration by) noexcept
{
    for (const auto& one : state_->all)
        one->time.shift_wall_clock(by);
}

std::uint64_t simulation::turns() const noexcept
{
    return state_->turns;
}

void simulation::at_turn(std::uint64_t turn, std::function<void()> what)
{
    state_->event_turn = turn;
    state_->event = std::move(what);
    home().context().stop();  // a poll() that is under way would not count one by one
}

simulation_trace& simulation::trace() noexcept
{
    return state_->trace;
}

bool simulation::run_until(const std::function<bool()>& done, duration limit)
{
    const time_point end = state_->now() + limit;
    run();
    while (!done()) {
        const auto next = state_->next_deadline();
        if (!next || *next > end)
            return false;
        state_->jump_to(*next);
        run();
    }
    return true;
}

std::unique_ptr<transport> simulation::connect_host(engine_host& host, unsigned on)
{
    engine_host& part = *host.part_on(on);
    auto [server_end, client_end] = make_loopback_pair(part.home(), home());
    http_request request;
    request.method = "GET";
    request.target = host.options().path + "?EIO=4&transport=loopback";
    request.remote_address = "loopback";
    static_cast<void>(part.open(request, std::move(server_end)));
    return std::move(client_end);
}

}  // namespace cosio
