// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/codec_functions.hpp>
#include <cosio/handshake.hpp>
#include <cosio/task.hpp>

#include <functional>
#include <string>
#include <vector>

namespace cosio {

/// Names a listener for any event, to take it away again.
enum class any_listener : std::uint64_t
{
};

namespace detail {

/// What looks at all events of one socket, whatever their name. Few sockets have any.
struct interceptors
{
    using call = std::function<void(std::string_view event, const arguments& all)>;

    struct listener
    {
        any_listener id;
        std::shared_ptr<const call> told;
    };

    /// In the order in which they are called.
    using listeners = std::vector<listener>;

    /// Decides whether an event reaches its handlers; exactly one of the two is set.
    struct middleware
    {
        std::function<verdict(std::string_view event, const arguments& all)> now = {};
        std::function<task<verdict>(std::string event, arguments all)> later = {};
    };

    listeners incoming;
    listeners outgoing;
    std::vector<std::shared_ptr<const middleware>> middlewares;
    std::vector<std::function<void(const verdict&)>> refused;
    std::unique_ptr<packet_decoder> own_packets;  // reads what outgoing listeners are told
    std::uint64_t last_id = 0;
};

}  // namespace detail
}  // namespace cosio
