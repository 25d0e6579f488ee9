// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "program.hpp"

namespace cosio::test {

/// As run(); and of each fiftieth seed more than one run, for what a single one cannot show: that the same happens again,
/// also with a wall clock that nobody sets (I34), and that everybody hears the same however the network cuts what it
/// passes (I32).
[[nodiscard]] outcome run_checked(const plan& what, const run_options& options = {});

}  // namespace cosio::test
