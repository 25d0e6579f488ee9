// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio {

/// Which seeds a search goes through.
struct seed_range
{
    std::uint64_t first = 1;
    std::uint64_t count = 100;

    /// As the environment says: COSIO_SEED=17 is that one alone, COSIO_SEEDS=5000 so many from `first`.
    /// Errors: a text that is no number is as if it were not there.
    [[nodiscard]] static seed_range from_environment(std::uint64_t count, std::uint64_t first = 1);
};

struct failing_seed
{
    std::uint64_t seed;
    std::string why;
};

/// Runs `scenario` for each seed, until one returns what went wrong: a text that is not empty.
[[nodiscard]] std::optional<failing_seed> find_failing_seed(
    seed_range range, const std::function<std::string(std::uint64_t seed)>& scenario
);

/// Drops parts of `steps` as long as `fails` holds for the rest, ever smaller ones, down to single steps: what is left
/// fails, and no step of it can be taken out. Cost: calls `fails` about n log n times for n steps.
/// Precondition: `fails(steps)`, and again each time it is asked.
template <class Step, class Fails>
[[nodiscard]] std::vector<Step> minimise(std::vector<Step> steps, Fails&& fails)
{
    std::size_t part = std::max<std::size_t>(1, steps.size() / 2);
    for (bool smaller = true; smaller || part > 1;) {
        if (!smaller)
            part = (part + 1) / 2;
        smaller = false;
        for (std::size_t at = 0; at < steps.size();) {
            const auto begin = steps.begin() + static_cast<std::ptrdiff_t>(at);
            const auto count = static_cast<std::ptrdiff_t>(std::min(part, steps.size() - at));
            std::vector<Step> rest{steps.begin(), begin};
            rest.insert(rest.end(), begin + count, steps.end());
            if (fails(std::as_const(rest))) {
                steps = std::move(rest);
                smaller = true;
            } else {
                at += part;
            }
        }
    }
    return steps;
}

}  // namespace cosio
