// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/decode_frames.hpp>
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/report.hpp>

#include <utility>

namespace cosio::detail {

/// Told once, after a while. Owned by the list that it stands in.
class namespace_state::delayed_call final : public timer_node
{
public:
    delayed_call(namespace_state& of, std::function<void()> act) : of_{&of}, act_{std::move(act)} {}

private:
    void on_deadline(time_point) override
    {
        const auto act = std::move(act_);
        of_->delayed_.remove_if([this](const delayed_call& one) { return &one == this; });
        act();
    }

    namespace_state* of_;
    std::function<void()> act_;
};

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
    : rooms{home.random()}, home_{&home}, limits_{&limits}, all_{&all}
{}

namespace_state::~namespace_state() = default;

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
    server_events = {};
    room_listeners.clear();
    delayed_.clear();
}

void namespace_state::add_free_slot()
{
    const std::size_t slot = sockets_.size();
    if (marks_.size() == slot)
        marks_.push_back(0);
    free_slots_.reserve(slot + 1);  // so that removing never allocates
    sockets_.emplace_back();
    free_slots_.push_back(static_cast<socket_slot>(slot));
}

void namespace_state::add(const socket_ptr& socket)
{
    // A slot that became free under a broadcast must not bring the newcomer into it.
    const bool is_new =
        free_slots_.empty() || (delivering_ != 0 && !COSIO_MUTANT(newcomer_in_a_broadcast));
    if (is_new)
        add_free_slot();
    const socket_slot slot = free_slots_.back();
    by_id_.emplace(socket->id.view(), slot);  // the last that can fail
    free_slots_.pop_back();
    socket->index = slot;
    sockets_[slot] = socket;
    size_ = by_id_.size();
    tell(room_event_kind::create, socket->id.view(), nullptr);
    tell(room_event_kind::join, socket->id.view(), socket.get());
}

/// What a listener throws is reported, and means nothing else; so is that there is no memory for a call.
void namespace_state::tell(room_event_kind kind, std::string_view room, const socket_state* member)
{
    if (room_listeners.empty())
        return;
    const auto guarded = [&](auto&& call) {
        try {
            call();
        } catch (...) {
            report_exception(name(), to_string(kind), limits(), std::current_exception());
        }
    };
    guarded([&] {
        const auto listeners = room_listeners;
        const room_event what{kind, room, member ? member->id.view() : std::string_view{}};
        for (const auto& listener : listeners)
            guarded([&] { listener(what); });
    });
}

void namespace_state::remove(socket_state& socket) noexcept
{
    const auto found = by_id_.find(socket.id.view());
    if (found == by_id_.end())
        return;
    const socket_slot slot = found->second;
    const socket_ptr keep = sockets_[slot];  // a listener may look at its rooms
    std::vector<std::string> left;
    if (!room_listeners.empty())
        guard(socket, "leave", [&] {
            rooms.for_each_room_of(slot, [&](std::string_view room) { left.emplace_back(room); });
        });
    by_id_.erase(found);
    size_ = by_id_.size();
    rooms.erase(slot);
    free_slots_.push_back(slot);
    sockets_[slot].reset();
    if (room_listeners.empty())
        return;
    for (const std::string& room : left) {
        tell(room_event_kind::leave, room, &socket);
        if (rooms.count(room) == 0)
            tell(room_event_kind::remove, room, nullptr);
    }
    tell(room_event_kind::leave, socket.id.view(), &socket);
    tell(room_event_kind::remove, socket.id.view(), nullptr);
}

socket_ptr namespace_state::find(std::string_view id) const noexcept
{
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : sockets_[found->second];
}

error_code namespace_state::join(socket_state& socket, std::string_view room)
{
    if (!by_id_.contains(socket.id.view()) && !COSIO_MUTANT(join_after_disconnect))
        return errc::closed;
    if (room == socket.id.view())
        return {};
    if (rooms.room_count(socket.index) >= limits_->max_rooms_per_socket &&
        !rooms.contains(socket.index, room)) {
        limits_->fired->count(limit::max_rooms_per_socket);
        return errc::too_many_rooms;
    }
    if (!rooms.join(socket.index, room))
        return {};
    if (recovery)
        recovery->joined(socket, room);
    if (room_listeners.empty())
        return {};
    const std::string kept{room};  // a listener may make it leave again
    if (rooms.count(kept) == 1)
        tell(room_event_kind::create, kept, nullptr);
    tell(room_event_kind::join, kept, &socket);
    return {};
}

void namespace_state::leave(socket_state& socket, std::string_view room) noexcept
{
    if (!by_id_.contains(socket.id.view()) || !rooms.leave(socket.index, room))
        return;
    if (recovery)
        recovery->left(socket, room);
    if (room_listeners.empty())
        return;
    guard(socket, "leave", [&] {
        const std::string kept{room};
        tell(room_event_kind::leave, kept, &socket);
        if (rooms.count(kept) == 0)
            tell(room_event_kind::remove, kept, nullptr);
    });
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

std::size_t namespace_state::count(const audience& who, const socket_state* sender)
{
    select(who, sender);
    return selected_.size();
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
    const std::size_t extra_arguments = flags.recoverable && recovery ? 1 : 0;

    struct delivery
    {
        explicit delivery(std::uint32_t& of) noexcept : all{&of} { ++*all; }

        delivery(const delivery&) = delete;
        delivery& operator=(const delivery&) = delete;

        ~delivery() { --*all; }

        std::uint32_t* all;
    };

    const delivery under_way{delivering_};
    for (const socket_slot slot : targets) {
        socket_state* const socket = sockets_[slot].get();
        if (!socket)
            continue;
        if (socket->has_outgoing_listeners()) {
            const socket_ptr keep{socket};
            socket->tell_outgoing(packet, extra_arguments);
            if (socket->owner())
                static_cast<void>(socket->owner()->send(packet, flags, socket->overflow()));
        } else if (socket->owner()) {
            static_cast<void>(socket->owner()->send(packet, flags, socket->overflow()));
        }
    }
    selected_ = std::move(targets);
}

std::size_t namespace_state::ask(const broadcast_question& question)
{
    const std::vector<socket_ptr> targets = select_sockets(question.who, question.sender.get());
    for (const socket_ptr& socket : targets)
        socket->ask(
            question.packet,
            question.ack_id,
            question.receiver(socket),
            question.timeout,
            question.flags
        );
    return targets.size();
}

error_code namespace_state::call_later(duration after, std::function<void()> act)
{
    if (delayed_.size() >= limits_->max_pending_acks)
        return errc::too_many_acks;
    home_->time().arm(delayed_.emplace_back(*this, std::move(act)), home_->now() + after);
    return {};
}

void namespace_state::hear(const server_event& message)
{
    std::vector<std::shared_ptr<server_event_handler>> handlers;
    for (const auto& [event, handler] : server_events.entries)
        if (event == message.event)
            handlers.push_back(handler);
    if (message.asked)
        message.asked(handlers.empty() ? 0 : 1);
    const reply_sink_ptr reply =
        message.reply && !handlers.empty() ? message.reply() : reply_sink_ptr{};
    const auto decoder = server_events.decoder;  // one of them may end the server
    for (const auto& handler : handlers) {
        // Read again for each: it may be heard again inside the one before.
        const decoded_packet* const packet = decode_frames(*decoder, message.packet);
        try {
            const error_code why = packet ? handler->invoke(handler, *this, reply, *packet)
                                          : error_code{protocol::errc::invalid_payload};
            if (why)
                limits_->report(
                    {.nsp = name(),
                     .socket = {},
                     .event = message.event,
                     .why = why,
                     .message = why.message()}
                );
        } catch (...) {
            report_exception(name(), message.event, limits(), std::current_exception());
        }
    }
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
