// SPDX-License-Identifier: BSL-1.0
// Random programs over the public API, each drawn from a seed: see --help, and docs/simulation.md.
#include "arguments.hpp"
#include "checks.hpp"
#include "smaller_plan.hpp"
#include "workers.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>

using namespace cosio;
using namespace cosio::test;

namespace {

void say(std::string_view text)
{
    std::fputs(std::string{text}.c_str(), stdout);
}

int run_one(const arguments& with, std::uint64_t seed)
{
    const plan what = select(draw_plan(seed), with.parts);
    say(describe(what));
    std::fflush(stdout);  // it may end its process
    const outcome end = run_checked(what, {.trace_lines = with.trace_lines});
    say(end.trace);
    for (const std::string& one : end.broken)
        say(fmt::format("broken: {}\n", one));
    say(fmt::format(
        "{} messages in {:.1f} s of its time, hash {:016x}\n",
        end.messages,
        std::chrono::duration<double>(end.lasted).count(),
        end.hash
    ));
    return end.broken.empty() ? 0 : 1;
}

seed_result run_seed(std::uint64_t seed)
{
    const outcome end = run_checked(draw_plan(seed));
    return {
        .seed = seed,
        .failed = !end.broken.empty(),
        .messages = end.messages,
        .lasted_ms = static_cast<std::uint64_t>(end.lasted / std::chrono::milliseconds{1}),
        .reached = end.reached,
    };
}

void tell_of(const arguments& with, const totals& all)
{
    say(fmt::format(
        "{} runs in {:.1f} s, {:.0f} a second; {} messages, {:.1f} days of their time\n",
        all.runs,
        all.seconds,
        static_cast<double>(all.runs) / std::max(all.seconds, 1e-3),
        all.messages,
        static_cast<double>(all.lasted_ms) / 86'400'000
    ));
    if (with.quiet)
        return;
    for (std::size_t i = 0; i < all.reached.size(); ++i)
        say(fmt::format("{:>12}  {}\n", all.reached[i], to_string(static_cast<milestone>(i))));
}

int fail_with(std::uint64_t seed, failure how, bool quiet)
{
    const plan whole = draw_plan(seed);
    if (how == failure::broken)
        for (const std::string& one : run_checked(whole).broken)
            say(fmt::format("broken: {}\n", one));
    constexpr std::array what = {"fails", "ends its process", "does not come to an end"};
    say(fmt::format(
        "seed {} {}:\n    {}\n", seed, what[static_cast<std::size_t>(how)], command_of(seed, {})
    ));
    if (quiet)
        return 1;
    say("\nlooking for less that fails ...\n");
    const selection less = minimised(whole, [](const plan& tried) {
        return !holds_apart([&] { return run_checked(tried).broken.empty(); });
    });
    say(fmt::format(
        "{}\nit takes {} of {} operations and {} of {} clients:\n    {}\n",
        describe(select(whole, less)),
        less.operations->size(),
        whole.operations.size(),
        less.clients->size(),
        whole.clients.size(),
        command_of(seed, less)
    ));
    return 1;
}

int run_all(const arguments& with)
{
    const seed_range range{.first = with.from, .count = with.seeds};
    const totals all = run_in_workers(range, with.jobs, with.progress, run_seed);
    tell_of(with, all);
    if (all.failing)
        return fail_with(*all.failing, all.how, with.quiet);
    bool complete = true;
    for (std::size_t i = 0; i < all.reached.size(); ++i) {
        const auto what = static_cast<milestone>(i);
        if (all.reached[i] == 0 && with.seeds >= (is_rare(what) ? 50'000 : 300)) {
            complete = false;
            say(fmt::format("never happened: {}\n", to_string(what)));
        }
    }
    return complete ? 0 : 1;
}

}  // namespace

int main(int count, char** words)
{
    const auto read = read_arguments(count, words);
    if (!read) {
        std::fputs((read.error() + '\n').c_str(), stderr);
        return 2;
    }
    if (read->help) {
        say(usage);
        return 0;
    }
    return read->seed ? run_one(*read, *read->seed) : run_all(*read);
}
