// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/shard.hpp>
#include <cosio/transports/stream_dialer.hpp>

namespace cosio {

/// Dials one of several addresses, by its number.
using address_dialer =
    std::function<std::unique_ptr<attempt>(std::size_t address, stream_dialer::dialed done)>;

/// Dials addresses 0 to `count` - 1 as wire::address_race says; `done` is told of the first that is reached, or of
/// the failure that was the last. Precondition: there is one.
[[nodiscard]] std::unique_ptr<attempt> race_addresses(
    shard& home, std::size_t count, duration delay, address_dialer dial, stream_dialer::dialed done
);

}  // namespace cosio
