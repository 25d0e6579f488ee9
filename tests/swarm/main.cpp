// SPDX-License-Identifier: BSL-1.0
// Random programs over the public API, each drawn from a seed: see --help, and docs/simulation.md.
#include "arguments.hpp"
#include "program.hpp"
#include "workers.hpp"

#include <cosio/transports/seed_search.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

using namespace cosio;
using namespace cosio::test;

namespace {

void say(std::string_view text)
{
    std::fputs(std::string{text}.c_str(), stdout);
}

/// The parts of a plan that its command names: all, if it names none.
plan chosen(const arguments& from, std::uint64_t seed)
{
    plan what = draw_plan(seed);
    if (from.only) {
        std::vector<operation> kept;
        for (const std::size_t at : *from.only)
            if (at < what.operations.size())
                kept.push_back(what.operations[at]);
        what.operations = std::move(kept);
    }
    if (from.clients)
        std::erase_if(what.clients, [&](const client_plan& one) {
            return std::ranges::find(*from.clients, one.number) == from.clients->end();
        });
    return what;
}

/// What is left of a failing plan when every operation, fault and client that it does not need is dropped, and the
/// command that runs just that.
std::string minimised(std::uint64_t seed)
{
    const plan whole = draw_plan(seed);
    const auto fails = [](const plan& what) { return !run(what).broken.empty(); };
    std::vector<std::size_t> operations;
    for (std::size_t i = 0; i < whole.operations.size(); ++i)
        operations.push_back(i);
    plan smaller = whole;
    const auto with = [&](const std::vector<std::size_t>& kept) {
        plan tried = smaller;
        tried.operations.clear();
        for (const std::size_t at : kept)
            tried.operations.push_back(whole.operations[at]);
        return tried;
    };
    operations = minimise(operations, [&](const auto& kept) { return fails(with(kept)); });
    smaller = with(operations);
    smaller.clients = minimise(smaller.clients, [&](const std::vector<client_plan>& kept) {
        plan tried = smaller;
        tried.clients = kept;
        return fails(tried);
    });
    std::vector<std::size_t> clients;
    for (const client_plan& one : smaller.clients)
        clients.push_back(one.number);
    return fmt::format(
        "{}\nit takes {} of {} operations and {} of {} clients:\n"
        "    scripts/simulate --seed {} --only {} --clients {}\n",
        describe(smaller),
        operations.size(),
        whole.operations.size(),
        clients.size(),
        whole.clients.size(),
        seed,
        operations.empty() ? "none" : fmt::format("{}", fmt::join(operations, ",")),
        clients.empty() ? "none" : fmt::format("{}", fmt::join(clients, ","))
    );
}

int run_one(const arguments& with, std::uint64_t seed)
{
    const plan what = chosen(with, seed);
    say(describe(what));
    const outcome end = run(what, {.trace_lines = with.trace_lines});
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

/// Each fiftieth seed twice: the same happens again (determinism), and with a wall clock that nobody sets (I34).
std::string check_hash(std::uint64_t seed, std::uint64_t hash)
{
    const plan what = draw_plan(seed);
    if (run(what).hash != hash)
        return "the same seed does not do the same";
    if (run(what, {.ignore_wall_clock = true}).hash != hash)
        return "the wall clock makes a difference";
    return {};
}

/// The same, in peace, over a network that passes each byte alone: everybody hears the same (I32).
std::string check_segmentation(std::uint64_t seed)
{
    plan what = in_peace(draw_plan(seed));
    const outcome whole = run(what, {.compares = true});
    what.quality.max_piece = 1;
    const outcome cut = run(what, {.compares = true});
    if (!whole.broken.empty() || !cut.broken.empty())
        return "not even in peace";
    return whole.heard == cut.heard ? "" : "it matters how the network cuts what it passes";
}

seed_result run_seed(std::uint64_t seed)
{
    const outcome end = run(draw_plan(seed));
    std::vector<std::string> broken = end.broken;
    if (seed % 50 == 0)
        if (std::string why = check_hash(seed, end.hash); !why.empty())
            broken.push_back(std::move(why));
    if (seed % 50 == 25)
        if (std::string why = check_segmentation(seed); !why.empty())
            broken.push_back(std::move(why));
    return {
        .seed = seed,
        .failed = !broken.empty(),
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

int fail_with(std::uint64_t seed, bool crashed, bool quiet)
{
    if (crashed) {
        say(fmt::format("seed {} ended its process:\n    scripts/simulate --seed {}\n", seed, seed)
        );
        return 1;
    }
    for (const std::string& one : run(draw_plan(seed)).broken)
        say(fmt::format("broken: {}\n", one));
    say(fmt::format("seed {} fails:\n    scripts/simulate --seed {}\n", seed, seed));
    if (quiet)
        return 1;
    say("\nlooking for less that fails ...\n");
    say(minimised(seed));
    return 1;
}

int run_all(const arguments& with)
{
    const seed_range range{.first = with.from, .count = with.seeds};
    const totals all = run_in_workers(range, with.jobs, with.progress, run_seed);
    tell_of(with, all);
    if (all.failing)
        return fail_with(*all.failing, all.crashed, with.quiet);
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
