// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/protocol/reconnect.hpp>

#include <algorithm>
#include <random>

namespace cosio::test::reconnecting {

using namespace cosio::protocol;
using namespace std::chrono_literals;

inline constexpr time_point start{1'000s};

/// Always the same bits: of all ones comes the longest wait, of all zeros the shortest.
class constant_random final : public random_source
{
public:
    explicit constant_random(unsigned char all) noexcept : all_{all} {}

    void fill(std::span<std::byte> out) noexcept override
    {
        std::ranges::fill(out, std::byte{all_});
    }

private:
    unsigned char all_;
};

class seeded_random final : public random_source
{
public:
    explicit seeded_random(unsigned seed) : engine_{seed} {}

    void fill(std::span<std::byte> out) noexcept override
    {
        for (std::byte& one : out)
            one = static_cast<std::byte>(engine_());
    }

private:
    std::mt19937 engine_;
};

inline const reconnect_actions nothing;

template <class... Action>
reconnect_actions list(const Action&... all)
{
    return {reconnect_action{all}...};
}

}  // namespace cosio::test::reconnecting
