// SPDX-License-Identifier: BSL-1.0
#include "checks.hpp"

#include <fmt/format.h>

namespace cosio::test {
namespace {

void check_hash(const plan& what, outcome& of)
{
    if (run(what).hash != of.hash)
        of.broken.emplace_back("the same seed does not do the same");
    if (run(what, {.ignore_wall_clock = true}).hash != of.hash)
        of.broken.emplace_back("the wall clock makes a difference");
}

void check_segmentation(plan what, outcome& of)
{
    what = in_peace(std::move(what));
    const outcome whole = run(what, {.compares = true});
    what.quality.max_piece = 1;
    const outcome cut = run(what, {.compares = true});
    for (const outcome* const one : {&whole, &cut})
        for (const std::string& broken : one->broken)
            of.broken.push_back("not even in peace: " + broken);
    if (whole.heard == cut.heard)
        return;
    for (const auto& [who, heard] : whole.heard)
        if (const auto other = cut.heard.find(who);
            other == cut.heard.end() || other->second != heard)
            of.broken.push_back(
                fmt::format("it matters to {} how the network cuts what it passes", who)
            );
}

}  // namespace

outcome run_checked(const plan& what, const run_options& options)
{
    outcome of = run(what, options);
    if (what.seed % 50 == 0)
        check_hash(what, of);
    if (what.seed % 50 == 25)
        check_segmentation(what, of);
    return of;
}

}  // namespace cosio::test
