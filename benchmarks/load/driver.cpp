// SPDX-License-Identifier: BSL-1.0
#include "driver.hpp"

#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sys/resource.h>
#include <unistd.h>

namespace cosio::load {
namespace {

constexpr double nanoseconds = 1e9;

std::int64_t duration_of(double seconds)
{
    return static_cast<std::int64_t>(seconds * nanoseconds);
}

rlim_t needed_descriptors(const options& chosen)
{
    constexpr rlim_t own = 64;
    if (chosen.cycles_connections())
        return own + 2 * rlim_t{chosen.depth};
    switch (chosen.what) {
    case mode::polling: return own + 2 * rlim_t{chosen.clients};
    case mode::connect:
    case mode::membership:
    case mode::echo:
    case mode::ack:
    case mode::broadcast:
    case mode::idle: break;
    }
    return own + chosen.clients;
}

bool raise_descriptor_limit(rlim_t needed)
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    if (limit.rlim_cur >= needed)
        return true;
    limit.rlim_cur = needed;
    limit.rlim_max = std::max(limit.rlim_max, needed);
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// The phases of one run.
class driver
{
public:
    explicit driver(const options& chosen)
        : chosen_{chosen}, progress_{chosen.progress}, done_{std::make_unique<outcome>()}
    {
        done_->chosen = chosen;
    }

    run_result run()
    {
        if (!prepare() || !join())
            return failed();
        if (!warm_up() || !measure())
            return failed();
        progress_.clear();
        return {.done = std::move(done_), .failure = {}};
    }

private:
    run_result failed()
    {
        progress_.clear();
        return {.done = nullptr, .failure = loop_.failure()};
    }

    bool refuse(std::string why)
    {
        loop_.fail(std::move(why));
        return false;
    }

    bool prepare()
    {
        const rlim_t needed = needed_descriptors(chosen_);
        if (!raise_descriptor_limit(needed))
            return refuse(fmt::format("{} file descriptors are needed: raise ulimit -n", needed));
        if (chosen_.pid != 0) {
            const std::optional<memory_sample> before = memory_of(chosen_.pid);
            if (!before || !cpu_time(chosen_.pid))
                return refuse(fmt::format("--pid: there is no process {}", chosen_.pid));
            done_->memory = memory_samples{.before = *before, .joined = {}, .after = {}};
        }
        result<session_plan> plan = session_plan::make(chosen_);
        if (!plan)
            return refuse(
                plan.error() == boost::system::errc::no_such_file_or_directory
                    ? "--ca: there is no certificate in the file"
                    : "cannot resolve the name"
            );
        plan_ = *std::move(plan);
        work_ = make_workload(chosen_, plan_, loop_, done_->count);
        done_->clients = work_->wanted();
        return !loop_.failed();
    }

    bool join()
    {
        const std::int64_t begun = monotonic_now();
        // Every connection that gets nowhere ends the run, so this needs no deadline of its own.
        loop_.run_until(std::numeric_limits<std::int64_t>::max(), [&](std::int64_t now) {
            work_->advance(now);
            progress_.show_joining(now, work_->ready(), work_->wanted());
            return work_->ready() == work_->wanted();
        });
        done_->connect_seconds = static_cast<double>(monotonic_now() - begun) / nanoseconds;
        return !loop_.failed() && (!done_->memory || sample_memory(done_->memory->joined));
    }

    bool warm_up()
    {
        work_->begin();
        load_for("warm-up", chosen_.what == mode::idle ? 0 : chosen_.warmup_seconds);
        return !loop_.failed();
    }

    bool measure()
    {
        const std::int64_t driver_before = cpu_time(getpid()).value_or(0);
        const std::optional<std::int64_t> server_before = server_cpu();
        const std::int64_t begun = monotonic_now();
        done_->count.clear();
        load_for("measuring", chosen_.seconds);
        const std::int64_t ended = monotonic_now();
        work_->finish(ended);
        const std::optional<std::int64_t> server_after = server_cpu();
        done_->driver_cpu = cpu_time(getpid()).value_or(0) - driver_before;
        done_->seconds = static_cast<double>(ended - begun) / nanoseconds;
        if (loop_.failed())
            return false;

        if (server_before && server_after)
            done_->server_cpu = *server_after - *server_before;
        if (done_->memory && !sample_memory(done_->memory->after))
            return false;
        if (done_->count.messages == 0 && chosen_.what != mode::idle)
            return refuse(fmt::format(
                "nothing came back in {} s: does the server know the event?", chosen_.seconds
            ));
        return true;
    }

    void load_for(std::string_view phase, double seconds)
    {
        const std::int64_t begun = monotonic_now();
        const std::int64_t length = duration_of(seconds);
        const std::uint64_t already = done_->count.messages;
        loop_.run_until(begun + length, [&](std::int64_t now) {
            work_->advance(now);
            const std::uint64_t messages = done_->count.messages - already;
            progress_.show_load(phase, now - begun, length, messages, now);
            return false;
        });
    }

    std::optional<std::int64_t> server_cpu() const
    {
        return chosen_.pid == 0 ? std::nullopt : cpu_time(chosen_.pid);
    }

    bool sample_memory(memory_sample& sample)
    {
        const std::optional<memory_sample> found = memory_of(chosen_.pid);
        if (!found)
            return refuse(fmt::format("process {} has ended", chosen_.pid));
        sample = *found;
        return true;
    }

    const options& chosen_;
    event_loop loop_;
    session_plan plan_;
    progress progress_;
    std::unique_ptr<outcome> done_;
    std::unique_ptr<workload> work_;
};

}  // namespace

run_result run(const options& chosen)
{
    const auto one = std::make_unique<driver>(chosen);
    return one->run();
}

}  // namespace cosio::load
