// SPDX-License-Identifier: BSL-1.0
// A program of joins, leaves and departures on the room index, beside a naive one (A28, I16).
#include "fuzz.hpp"
#include "program.hpp"

#include <cosio/room_index.hpp>

#include <map>
#include <set>
#include <string>

using namespace cosio;

namespace {

constexpr std::size_t socket_count = 10;
constexpr std::size_t name_count = 10;
constexpr unsigned max_steps = 300;

struct naive_index
{
    std::map<std::string, std::set<socket_slot>, std::less<>> members;

    bool leave(socket_slot socket, const std::string& room)
    {
        const auto found = members.find(room);
        if (found == members.end() || found->second.erase(socket) == 0)
            return false;
        if (found->second.empty())
            members.erase(found);
        return true;
    }

    [[nodiscard]] std::set<std::string> rooms_of(socket_slot socket) const
    {
        std::set<std::string> rooms;
        for (const auto& [name, sockets] : members)
            if (sockets.contains(socket))
                rooms.insert(name);
        return rooms;
    }
};

/// Names of many lengths, the empty one and one with a NUL among them.
std::string name(std::size_t number)
{
    return std::string(number * number % 40, static_cast<char>(number == 7 ? 0 : 'a' + number));
}

std::set<std::string> rooms_of(const room_index& index, socket_slot socket)
{
    std::set<std::string> rooms;
    index.for_each_room_of(socket, [&](std::string_view room) {
        fuzz::require(rooms.emplace(room).second, "a room twice");
    });
    return rooms;
}

void compare(const room_index& index, const naive_index& model)
{
    fuzz::require(index.size() == model.members.size(), "another number of rooms");
    std::size_t named = 0;
    index.for_each_room([&](std::string_view room) {
        fuzz::require(model.members.contains(room), "a room without members");
        ++named;
    });
    fuzz::require(named == index.size(), "another number of rooms when they are named");
    for (std::size_t i = 0; i < name_count; ++i) {
        const std::string room = name(i);
        std::set<socket_slot> members;
        index.for_each_member(room, [&](socket_slot socket) {
            fuzz::require(members.insert(socket).second, "a member twice");
        });
        const auto found = model.members.find(room);
        fuzz::require(
            members == (found == model.members.end() ? std::set<socket_slot>{} : found->second),
            "other members"
        );
        fuzz::require(index.count(room) == members.size(), "another count of members");
    }
    for (socket_slot socket = 0; socket < socket_count; ++socket) {
        const std::set<std::string> rooms = rooms_of(index, socket);
        fuzz::require(rooms == model.rooms_of(socket), "other rooms of a socket");
        fuzz::require(index.room_count(socket) == rooms.size(), "another count of rooms");
    }
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    room_index index;
    naive_index model;
    program from{input};
    for (unsigned step = 1; !from.done() && step <= max_steps; ++step) {
        const std::size_t what = from.choice(8);
        const auto socket = static_cast<socket_slot>(from.choice(socket_count));
        const std::string room = name(from.choice(name_count));
        if (what < 4) {
            require(
                index.join(socket, room) == model.members[room].insert(socket).second,
                "another answer to a join"
            );
        } else if (what < 7) {
            require(
                index.leave(socket, room) == model.leave(socket, room), "another answer to a leave"
            );
        } else {
            for (const std::string& left : model.rooms_of(socket))
                model.leave(socket, left);
            index.erase(socket);
        }
        require(
            index.contains(socket, room) == model.rooms_of(socket).contains(room),
            "another member of the room"
        );
        if (step % (1 + seed) == 0)
            compare(index, model);
    }
    compare(index, model);
}
