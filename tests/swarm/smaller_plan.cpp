// SPDX-License-Identifier: BSL-1.0
#include "smaller_plan.hpp"

#include <cosio/transports/seed_search.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace cosio::test {
namespace {

struct trait
{
    std::string_view name;
    void (*drop)(plan& from);
};

constexpr std::array traits = {
    trait{"latency", [](plan& from) { from.quality.latency = {}; }},
    trait{"jitter", [](plan& from) { from.quality.jitter = {}; }},
    trait{"pieces", [](plan& from) { from.quality.max_piece = link_quality{}.max_piece; }},
    trait{
        "small_queues",
        [](plan& from) {
            from.small_queues = false;
            from.quality.capacity_bytes = link_quality{}.capacity_bytes;
        }
    },
    trait{"short_log", [](plan& from) { from.short_log = false; }},
    trait{"recovery", [](plan& from) { from.recovery = false; }},
    trait{"shards", [](plan& from) { from.shards = 1; }},
    trait{"cleanup", [](plan& from) { from.cleanup_of_namespaces = false; }},
    trait{
        "proxy",
        [](plan& from) {
            from.proxy = {};
            for (client_plan& one : from.clients)
                one.through_proxy = false;
        }
    },
    trait{
        "retries",
        [](plan& from) {
            for (client_plan& one : from.clients)
                one.retries = false;
        }
    },
};

[[nodiscard]] std::size_t size_of(const selection& parts)
{
    return parts.operations->size() + parts.clients->size() + traits.size() - parts.without.size();
}

[[nodiscard]] std::string list_of(const std::vector<std::size_t>& numbers)
{
    return numbers.empty() ? "none" : fmt::format("{}", fmt::join(numbers, ","));
}

}  // namespace

bool is_trait(std::string_view name) noexcept
{
    return std::ranges::find(traits, name, &trait::name) != traits.end();
}

plan select(plan whole, const selection& parts)
{
    if (parts.operations) {
        std::vector<operation> kept;
        for (const std::size_t at : *parts.operations)
            if (at < whole.operations.size())
                kept.push_back(whole.operations[at]);
        whole.operations = std::move(kept);
    }
    if (parts.clients)
        std::erase_if(whole.clients, [&](const client_plan& one) {
            return std::ranges::find(*parts.clients, one.number) == parts.clients->end();
        });
    for (const trait& one : traits)
        if (std::ranges::find(parts.without, one.name) != parts.without.end())
            one.drop(whole);
    return whole;
}

selection minimised(const plan& whole, const std::function<bool(const plan&)>& fails)
{
    selection kept{.operations = {{}}, .clients = {{}}, .without = {}};
    for (std::size_t i = 0; i < whole.operations.size(); ++i)
        kept.operations->push_back(i);
    for (const client_plan& one : whole.clients)
        kept.clients->push_back(one.number);
    const auto minimise_list = [&](std::optional<std::vector<std::size_t>> selection::* list) {
        kept.*list = minimise(*(kept.*list), [&](const std::vector<std::size_t>& fewer) {
            selection tried = kept;
            tried.*list = fewer;
            return fails(select(whole, tried));
        });
    };
    // Without a client fewer operations may do, and the other way round.
    for (std::size_t before = size_of(kept) + 1; size_of(kept) < before;) {
        before = size_of(kept);
        minimise_list(&selection::operations);
        minimise_list(&selection::clients);
        for (const trait& one : traits) {
            if (std::ranges::find(kept.without, one.name) != kept.without.end())
                continue;
            selection tried = kept;
            tried.without.emplace_back(one.name);
            if (fails(select(whole, tried)))
                kept = std::move(tried);
        }
    }
    return kept;
}

std::string command_of(std::uint64_t seed, const selection& parts)
{
    std::string all = fmt::format("scripts/simulate --seed {}", seed);
    if (parts.operations)
        all += " --only " + list_of(*parts.operations);
    if (parts.clients)
        all += " --clients " + list_of(*parts.clients);
    if (!parts.without.empty())
        all += fmt::format(" --without {}", fmt::join(parts.without, ","));
    return all;
}

}  // namespace cosio::test
