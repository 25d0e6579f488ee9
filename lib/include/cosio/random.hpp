// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <span>

namespace cosio {

/// PORT: where ids, masks and jitter come from.
class random_source
{
public:
    virtual ~random_source() = default;

    /// Fills `out`. The source of a real runtime is getrandom(2); it never falls back to a weaker one.
    virtual void fill(std::span<std::byte> out) noexcept = 0;
};

}  // namespace cosio
