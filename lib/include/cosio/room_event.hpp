// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace cosio {

enum class room_event_kind : std::uint8_t
{
    create,  ///< the room has its first member
    join,
    leave,
    remove,  ///< the room has lost its last member; Socket.IO's "delete-room"
};

[[nodiscard]] constexpr std::string_view to_string(room_event_kind kind) noexcept
{
    switch (kind) {
    case room_event_kind::create: return "create-room";
    case room_event_kind::join: return "join-room";
    case room_event_kind::leave: return "leave-room";
    case room_event_kind::remove: return "delete-room";
    }
    return "";
}

/// What became of a room, seen from one shard: a room that has members on two is created on both.
/// The room that bears a socket's own id is one too. Lifetime: during the call.
struct room_event
{
    room_event_kind kind = room_event_kind::join;
    std::string_view room = {};
    std::string_view socket = {};  ///< who joined or left; empty for the other two
};

}  // namespace cosio
