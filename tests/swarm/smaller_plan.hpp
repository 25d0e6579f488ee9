// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "plan.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::test {

/// What of a plan is carried out: all, but for what it says.
struct selection
{
    std::optional<std::vector<std::size_t>> operations;  // those alone
    std::optional<std::vector<std::size_t>> clients;     // by their numbers
    std::vector<std::string> without;                    // traits of its world
};

/// Whether a plan can do without something of that name.
[[nodiscard]] bool is_trait(std::string_view name) noexcept;

[[nodiscard]] plan select(plan whole, const selection& parts);

/// The least of a failing plan that still fails: operations and faults, clients, and traits of its world are dropped until
/// nothing more can be. Precondition: `fails(whole)`.
[[nodiscard]] selection minimised(const plan& whole, const std::function<bool(const plan&)>& fails);

/// What runs that again.
[[nodiscard]] std::string command_of(std::uint64_t seed, const selection& parts);

}  // namespace cosio::test
