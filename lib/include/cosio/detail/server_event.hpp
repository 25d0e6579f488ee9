// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codec.hpp>
#include <cosio/detail/reply_sink.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

// Events between the shards of one server, and in time between servers: no client hears of them.

namespace cosio::detail {

class namespace_state;

/// A user's handler of one server-side event, its signature erased.
class server_event_handler
{
public:
    virtual ~server_event_handler() = default;

    /// As event_handler::invoke(); `reply` is null if nobody asked. `self` keeps this during a coroutine.
    [[nodiscard]] virtual error_code invoke(
        const std::shared_ptr<server_event_handler>& self,
        namespace_state& at,
        const reply_sink_ptr& reply,
        const decoded_packet& packet
    ) = 0;
};

/// The handlers of one shard.
struct server_event_handlers
{
    struct entry
    {
        std::string event;
        std::shared_ptr<server_event_handler> handler;
    };

    std::vector<entry> entries;
    std::shared_ptr<packet_decoder> decoder;  // the shard's own may be in the middle of a packet
};

/// A server-side event on its way to the other shards.
struct server_event
{
    protocol::encoded_packet packet;
    std::string event = {};
    std::function<reply_sink_ptr()> reply = {
    };  ///< makes that of one shard; null: no answer is wanted
    std::function<void(std::size_t)> asked = {};  ///< told how many answers will come, or null
};

/// Names that Node's server emits itself.
[[nodiscard]] constexpr bool is_reserved_server_event(std::string_view name) noexcept
{
    return name == "connect" || name == "connection" || name == "new_namespace";
}

}  // namespace cosio::detail
