// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/report.hpp>

#include <utility>

namespace cosio::detail {

void intrusive_ptr_add_ref(const namespace_state* part) noexcept
{
    intrusive_ptr_add_ref(&part->all());
}

void intrusive_ptr_release(const namespace_state* part) noexcept
{
    intrusive_ptr_release(&part->all());
}

namespace_state::namespace_state(
    shard& home, const multiplexer_limits& limits, namespace_group& all
)
    : home_{&home}, limits_{&limits}, all_{&all}
{}

const std::string& namespace_state::name() const noexcept
{
    return all_->name();
}

void namespace_state::close() noexcept
{
    recovery.reset();
    // One of them may be what destroys the server: whoever calls it holds a copy.
    events = {};
    middlewares.clear();
    connection_handlers.clear();
}

void namespace_state::add(const socket_ptr& socket)
{
    socket_slot slot = 0;
    // A slot that became free under a broadcast must not bring the newcomer into it.
    if (free_slots_.empty() || delivering_ != 0) {
        slot = static_cast<socket_slot>(sockets_.size());
        sockets_.emplace_back();
        marks_.push_back(0);
        free_slots_.reserve(sockets_.size());  // so that removing never allocates
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    socket->index = slot;
    sockets_[slot] = socket;
    by_id_.emplace(socket->id.view(), slot);
    size_ = by_id_.size();
}

void namespace_state::remove(socket_state& socket) noexcept
{
    const auto found = by_id_.find(socket.id.view());
    if (found == by_id_.end())
        return;
    const socket_slot slot = found->second;
    by_id_.erase(found);
    size_ = by_id_.size();
    rooms.erase(slot);
    free_slots_.push_back(slot);
    sockets_[slot].reset();
}

socket_ptr namespace_state::find(std::string_view id) const noexcept
{
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : sockets_[found->second];
}

error_code namespace_state::join(socket_state& socket, std::string_view room)
{
    if (!by_id_.contains(socket.id.view()))
        return errc::closed;
    if (room == socket.id.view())
        return {};
    if (rooms.room_count(socket.index) >= limits_->max_rooms_per_socket &&
        !rooms.contains(socket.index, room)) {
        limits_->fired->count(limit::max_rooms_per_socket);
        return errc::too_many_rooms;
    }
    if (rooms.join(socket.index, room) && recovery)
        recovery->joined(socket, room);
    return {};
}

void namespace_state::leave(socket_state& socket, std::string_view room) noexcept
{
    if (by_id_.contains(socket.id.view()) && rooms.leave(socket.index, room) && recovery)
        recovery->left(socket, room);
}

/// The room's members, and the socket whose id is the room's name: it is always in that room.
template <class F>
void namespace_state::for_each_slot_of(std::string_view room, F&& visit) const
{
    if (const auto own = by_id_.find(room); own != by_id_.end())
        visit(own->second);
    rooms.for_each_member(room, visit);
}

void namespace_state::select(const audience& who, const socket_state* sender)
{
    if (++selection_ == 0) {  // the counter went round: no old mark may look new
        std::ranges::fill(marks_, 0);
        selection_ = 1;
    }
    selected_.clear();
    if (sender && contains(*sender))
        marks_[sender->index] = selection_;
    for (const std::string& room : who.except)
        for_each_slot_of(room, [this](socket_slot slot) { marks_[slot] = selection_; });
    const auto pick = [this](socket_slot slot) {
        if (std::exchange(marks_[slot], selection_) != selection_)
            selected_.push_back(slot);
    };
    if (who.rooms.empty()) {
        for (socket_slot slot = 0; slot < sockets_.size(); ++slot)
            if (sockets_[slot])
                pick(slot);
    } else {
        for (const std::string& room : who.rooms)
            for_each_slot_of(room, pick);
    }
}

std::vector<socket_ptr> namespace_state::select_sockets(
    const audience& who, const socket_state* sender
)
{
    select(who, sender);
    std::vector<socket_ptr> found;
    found.reserve(selected_.size());
    for (const socket_slot slot : selected_)
        found.push_back(sockets_[slot]);
    return found;
}

void namespace_state::deliver(
    const protocol::encoded_packet& packet,
    const audience& who,
    emit_flags flags,
    const socket_state* sender
)
{
    select(who, sender);
    // Sending can end a socket that reads too slowly, and its handlers may broadcast in turn: the
    // selection is taken out of its scratch so that they cannot disturb this one.
    std::vector<socket_slot> targets = std::exchange(selected_, {});
    ++delivering_;
    for (const socket_slot slot : targets)
        if (const socket_state* const socket = sockets_[slot].get(); socket && socket->owner())
            static_cast<void>(socket->owner()->send(packet, flags));
    --delivering_;
    selected_ = std::move(targets);
}

void namespace_state::run_connection_handlers(const socket_ptr& socket)
{
    for (std::size_t i = 0; i < connection_handlers.size() && socket->connected(); ++i) {
        const auto handler = connection_handlers[i];  // it may register another one
        try {
            handler(socket);
        } catch (...) {
            report_exception(*socket, "connection", std::current_exception());
            socket->disconnect(false);
        }
    }
}

}  // namespace cosio::detail
