// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ledger.hpp"
#include "plan.hpp"

#include <cosio/client_options.hpp>
#include <cosio/options.hpp>

namespace cosio::test {

/// What a server and a client of the plan are made with. Lifetime: the ledger outlives what takes them.
[[nodiscard]] server_options server_options_of(const plan& of, ledger& book);
[[nodiscard]] client_options client_options_of(const plan& in, const client_plan& of, ledger& book);

}  // namespace cosio::test
