// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

// Of cosio::failing_allocations, which replaces the global operators new and delete of the program that links it.

namespace cosio {

/// Which allocation of one run of a scenario throws std::bad_alloc.
/// Thread: one at a time, and only what its thread allocates counts.
class allocation_failure
{
public:
    /// `number` counts from 0, from arm() on.
    explicit allocation_failure(std::uint64_t number) noexcept : number_{number} {}

    allocation_failure(const allocation_failure&) = delete;
    allocation_failure& operator=(const allocation_failure&) = delete;

    ~allocation_failure() { disarm(); }

    /// Allocations count from now on, of those that `counts` is true for: it is asked at each one, and allocates nothing.
    /// A server's alone, in a world with two shards: `at.arm([&] { return world.home().is_current(); })`.
    void arm(std::function<bool()> counts = {});

    /// They do not count any more.
    void disarm() noexcept;

    /// The allocation has been asked for, and has failed.
    [[nodiscard]] bool was_reached() const noexcept { return reached_; }

    /// What is allocated while this lives does not count: what stands for the kernel or a library of C.
    class exemption
    {
    public:
        exemption() noexcept;
        exemption(const exemption&) = delete;
        exemption& operator=(const exemption&) = delete;
        ~exemption();
    };

    /// For operator new: whether this allocation fails.
    [[nodiscard]] static bool fails_next();

private:
    std::uint64_t number_;
    std::uint64_t seen_ = 0;
    std::function<bool()> counts_;
    bool reached_ = false;
};

struct failing_allocation
{
    std::uint64_t number;
    std::string why;
};

/// Runs `scenario` again and again; its first allocation fails, then its second, until there is none any more. Stops where
/// it returns what went wrong: a text that is not empty. The last run has all its memory.
///
///     find_failing_allocation([](allocation_failure& at) -> std::string {
///         simulation world;
///         ...
///         at.arm();
///         world.run_for(1min);
///         at.disarm();
///         return is_served(somebody_else) ? "" : "the server serves nobody any more";
///     });
[[nodiscard]] std::optional<failing_allocation> find_failing_allocation(
    const std::function<std::string(allocation_failure& at)>& scenario
);

}  // namespace cosio
