// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/secret_hash.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cosio {

/// Number of a socket within its namespace; reused after the socket is gone.
using socket_slot = std::uint32_t;

/// Whom a broadcast reaches: the union of `rooms` (all sockets if empty) without the union of `except`.
struct audience
{
    std::vector<std::string> rooms = {};
    std::vector<std::string> except = {};
};

/// Who is in which room, both ways. Pure. Deterministic: iteration depends on the calls and the secret alone.
/// A room exists while it has members. The room that bears a socket's own id is not stored:
/// its owner resolves it (SIO-18).
class room_index
{
public:
    room_index() = default;

    /// Names that clients choose are as quick to find as others.
    explicit room_index(random_source& secrets) : ids_{0, detail::secret_hash{secrets}} {}

    /// False if the socket was in the room already.
    bool join(socket_slot socket, std::string_view room);

    /// False if the socket was not in the room.
    bool leave(socket_slot socket, std::string_view room) noexcept;

    /// The socket leaves all its rooms. Cost: O(1) per room.
    void erase(socket_slot socket) noexcept;

    [[nodiscard]] bool contains(socket_slot socket, std::string_view room) const noexcept;

    /// Members of a room.
    [[nodiscard]] std::size_t count(std::string_view room) const noexcept;

    /// Rooms of a socket.
    [[nodiscard]] std::size_t room_count(socket_slot socket) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

    template <class F>
    void for_each_member(std::string_view room, F&& visit) const
    {
        if (const auto found = ids_.find(room); found != ids_.end())
            for (const member& one : rooms_[found->second].members)
                visit(one.socket);
    }

    /// In no particular order.
    template <class F>
    void for_each_room(F&& visit) const
    {
        for (const auto& [name, id] : ids_)
            visit(std::string_view{name});
    }

    template <class F>
    void for_each_room_of(socket_slot socket, F&& visit) const
    {
        if (socket < memberships_.size())
            for (const membership& one : memberships_[socket])
                visit(std::string_view{*rooms_[one.room].name});
    }

private:
    using room_id = std::uint32_t;

    struct member
    {
        socket_slot socket;
        std::uint32_t place;  // in the socket's memberships
    };

    struct membership
    {
        room_id room;
        std::uint32_t place;  // in the room's members
    };

    struct room_entry
    {
        const std::string* name = nullptr;  // the key in ids_
        std::vector<member> members;
    };

    [[nodiscard]] std::uint32_t find(socket_slot socket, room_id id) const noexcept;
    void remove(socket_slot socket, std::uint32_t place) noexcept;

    std::unordered_map<std::string, room_id, detail::secret_hash, std::equal_to<>> ids_;
    std::vector<room_entry> rooms_;
    std::vector<room_id> free_rooms_;
    std::vector<std::vector<membership>> memberships_;  // by socket
};

}  // namespace cosio
