// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

// What the clients of Socket.IO 1 and 2 do otherwise (protocol revision 4; they come over Engine.IO 3). Also: their
// first namespace is joined without a CONNECT, and CONNECT is answered without data (V3-7).

namespace cosio::protocol {

/// Takes the query off the name that a CONNECT asks for: "/chat?token=1" is namespace "/chat".
[[nodiscard]] std::string_view without_query(std::string_view nsp) noexcept;

/// What such a client sends instead of `auth`: the items of that query, decoded; the last of equal keys counts.
[[nodiscard]] boost::json::object legacy_auth(std::string_view nsp);

/// The id that such a client gives its socket by itself: that of its session, behind the namespace unless it is
/// the main one (V3-7).
[[nodiscard]] std::string legacy_socket_id(std::string_view nsp, std::string_view session);

/// What such a client is told when it is not let in: the data if there are any, else the message (V3-8).
[[nodiscard]] boost::json::value legacy_error(
    std::string_view message, std::optional<boost::json::value> data
);

}  // namespace cosio::protocol
