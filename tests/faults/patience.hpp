// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "real_world.hpp"

namespace cosio::test {

/// What `others` connections did has cost the well-behaved client a few turns for each of them, between two of its answers.
inline void check_patience(const real_world& on, std::size_t others)
{
    CHECK(on.most_turns() <= 20 + 4 * others);
}

}  // namespace cosio::test
