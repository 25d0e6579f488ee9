// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/frame.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace cosio::engine {

/// The data of an OPEN packet (Engine.IO v4, "Handshake").
struct open_data
{
    std::string sid;
    bool upgrades_to_websocket = false;
    std::int64_t ping_interval_ms = 25'000;
    std::int64_t ping_timeout_ms = 20'000;
    std::uint64_t max_payload = 1'000'000;  ///< 0: not said, as in the third revision (V3-6)

    bool operator==(const open_data&) const = default;
};

[[nodiscard]] frame_ref encode_open(const open_data& data);

/// Reads the JSON of an OPEN packet (X01, X02). Errors: parse_error, also for intervals that are not from 1 ms to
/// an hour, and for an id that is empty or longer than 1024 bytes. A `max_payload` that says nothing is 0.
[[nodiscard]] result<open_data> parse_open(std::string_view json);

}  // namespace cosio::engine
