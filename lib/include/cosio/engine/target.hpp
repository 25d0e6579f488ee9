// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/random.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cosio::engine {

/// What all request targets of a client have in common.
struct target_config
{
    std::string path = "/socket.io/";
    bool add_trailing_slash = true;                               ///< if there is none
    std::vector<std::pair<std::string, std::string>> query = {};  ///< as the server shall see it
    /// A text that is another one in every request, lest something on the way answers from its memory.
    /// Unset: with polls only.
    std::optional<bool> timestamp_requests = {};
    std::string timestamp_param = "t";
    bool force_base64 = false;  ///< asks for binary as text over every transport
};

/// True of the keys that encode_target() adds itself; `timestamp_param` is one more.
[[nodiscard]] bool is_engine_key(std::string_view key) noexcept;

/// Path and query of the next request (Engine.IO v4, "Handshake"). `sid` is empty before the session is open.
[[nodiscard]] std::string encode_target(
    const target_config& config,
    transport_kind transport,
    std::string_view sid,
    random_source& random
);

}  // namespace cosio::engine
