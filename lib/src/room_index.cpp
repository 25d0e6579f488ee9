// SPDX-License-Identifier: BSL-1.0
#include <cosio/room_index.hpp>

namespace cosio {
namespace {

constexpr std::uint32_t nowhere = ~std::uint32_t{0};

/// For one element more.
template <class T>
void make_room(std::vector<T>& in)
{
    if (in.size() == in.capacity())
        in.reserve(in.empty() ? 1 : 2 * in.size());
}

}  // namespace

std::uint32_t room_index::find(socket_slot socket, room_id id) const noexcept
{
    if (socket >= memberships_.size())
        return nowhere;
    // Either side may be searched; the shorter one is: a socket in many rooms, or a room of many sockets.
    const std::vector<membership>& mine = memberships_[socket];
    const std::vector<member>& theirs = rooms_[id].members;
    if (mine.size() <= theirs.size()) {
        for (std::uint32_t i = 0; i < mine.size(); ++i)
            if (mine[i].room == id)
                return i;
    } else {
        for (const member& one : theirs)
            if (one.socket == socket)
                return one.place;
    }
    return nowhere;
}

bool room_index::join(socket_slot socket, std::string_view name)
{
    auto found = ids_.find(name);
    if (found != ids_.end() && find(socket, found->second) != nowhere)
        return false;
    if (found == ids_.end() && free_rooms_.empty()) {
        free_rooms_.reserve(rooms_.size() + 1);  // so that leaving never allocates
        rooms_.emplace_back();
        free_rooms_.push_back(static_cast<room_id>(rooms_.size() - 1));
    }
    const room_id id = found == ids_.end() ? free_rooms_.back() : found->second;
    if (socket >= memberships_.size())
        memberships_.resize(socket + 1);
    std::vector<member>& members = rooms_[id].members;
    std::vector<membership>& mine = memberships_[socket];
    make_room(members);
    make_room(mine);
    if (found == ids_.end()) {
        found = ids_.emplace(std::string{name}, id).first;  // the last that can fail
        free_rooms_.pop_back();
        rooms_[id].name = &found->first;
    }
    mine.push_back({id, static_cast<std::uint32_t>(members.size())});
    members.push_back({socket, static_cast<std::uint32_t>(mine.size() - 1)});
    return true;
}

void room_index::remove(socket_slot socket, std::uint32_t place) noexcept
{
    std::vector<membership>& mine = memberships_[socket];
    const membership gone = mine[place];
    room_entry& from = rooms_[gone.room];

    from.members[gone.place] = from.members.back();
    const member& moved = from.members[gone.place];
    memberships_[moved.socket][moved.place].place = gone.place;
    from.members.pop_back();

    mine[place] = mine.back();
    if (place + 1 != mine.size())
        rooms_[mine[place].room].members[mine[place].place].place = place;
    mine.pop_back();

    if (from.members.empty()) {
        const auto key = ids_.find(*from.name);
        from = room_entry{};
        free_rooms_.push_back(gone.room);
        ids_.erase(key);
    }
}

bool room_index::leave(socket_slot socket, std::string_view name) noexcept
{
    const auto found = ids_.find(name);
    if (found == ids_.end())
        return false;
    const std::uint32_t place = find(socket, found->second);
    if (place == nowhere)
        return false;
    remove(socket, place);
    return true;
}

void room_index::erase(socket_slot socket) noexcept
{
    if (socket >= memberships_.size())
        return;
    while (!memberships_[socket].empty())
        remove(socket, static_cast<std::uint32_t>(memberships_[socket].size() - 1));
    memberships_[socket].shrink_to_fit();
}

bool room_index::contains(socket_slot socket, std::string_view name) const noexcept
{
    const auto found = ids_.find(name);
    return found != ids_.end() && find(socket, found->second) != nowhere;
}

std::size_t room_index::count(std::string_view name) const noexcept
{
    const auto found = ids_.find(name);
    return found == ids_.end() ? 0 : rooms_[found->second].members.size();
}

std::size_t room_index::room_count(socket_slot socket) const noexcept
{
    return socket < memberships_.size() ? memberships_[socket].size() : 0;
}

}  // namespace cosio
