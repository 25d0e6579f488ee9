// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>

namespace cosio {

/// What a connection middleware decides, and who lets handshakes in.
struct verdict
{
    bool accepted = true;
    std::string message = {};
    std::optional<boost::json::value> data = std::nullopt;
};

[[nodiscard]] inline verdict accept()
{
    return {};
}

/// The client's `connect_error` gets `message`, and `data` if given (SIO-4).
[[nodiscard]] inline verdict reject(
    std::string message, std::optional<boost::json::value> data = std::nullopt
)
{
    return {false, std::move(message), std::move(data)};
}

}  // namespace cosio
