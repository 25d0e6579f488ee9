// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/namespace_recovery.hpp>
#include <cosio/detail/server_event.hpp>
#include <cosio/detail/socket_state.hpp>
#include <cosio/room_event.hpp>
#include <cosio/task.hpp>

#include <list>

namespace cosio::detail {

class namespace_group;

/// A broadcast that is to be answered, on its way to the shards.
struct broadcast_question
{
    protocol::encoded_packet packet;
    std::uint64_t ack_id = 0;
    audience who = {};
    emit_flags flags = {};
    std::optional<duration> timeout = {};
    socket_ptr sender = {};
    /// Makes who is told the answer of one socket. Thread: the socket's.
    std::function<std::unique_ptr<protocol::ack_receiver>(const socket_ptr&)> receiver = {};
    /// Told by each shard how many it has asked. Thread: that shard's.
    std::function<void(std::size_t)> asked = {};
};

/// One namespace of a server on one shard: its sockets, rooms, middlewares and handlers.
/// Thread: the shard, unless a member says otherwise. Lifetime: that of its group; who refers to the part
/// by an intrusive_ptr keeps the group.
class namespace_state
{
public:
    struct middleware
    {
        std::function<verdict(const socket_ptr&)> now = {};  // exactly one of the two is set
        std::function<task<verdict>(const socket_ptr&)> later = {};
    };

    namespace_state(shard& home, const multiplexer_limits& limits, namespace_group& all);
    ~namespace_state();
    namespace_state(const namespace_state&) = delete;
    namespace_state& operator=(const namespace_state&) = delete;

    /// The namespace on all shards.
    [[nodiscard]] namespace_group& all() const noexcept { return *all_; }

    [[nodiscard]] const std::string& name() const noexcept;

    [[nodiscard]] shard& home() const noexcept { return *home_; }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    /// Runs `prepare` once, before the first socket comes: what a child is given by its parent.
    template <class F>
    void prepare_once(F&& prepare)
    {
        if (!std::exchange(is_prepared_, true))
            prepare();
    }

    /// The server is gone: forgets all handlers.
    void close() noexcept;

    /// Sends to an audience on this shard; `sender` (may be null) is left out. The frames are shared by all.
    void deliver(
        const protocol::encoded_packet& packet,
        const audience& who,
        emit_flags flags,
        const socket_state* sender
    );

    /// Asks each socket of an audience on this shard, and says how many: their receivers will be told.
    [[nodiscard]] std::size_t ask(const broadcast_question& question);

    /// The sockets of an audience on this shard, in a fixed order.
    [[nodiscard]] std::vector<socket_ptr> select_sockets(
        const audience& who, const socket_state* sender
    );

    /// How many select_sockets() would give.
    [[nodiscard]] std::size_t count(const audience& who, const socket_state* sender);

    void add(const socket_ptr& socket);
    void remove(socket_state& socket) noexcept;

    [[nodiscard]] socket_ptr find(std::string_view id) const noexcept;

    /// True from add() to remove(): while the socket has rooms.
    [[nodiscard]] bool contains(const socket_state& socket) const noexcept
    {
        const auto found = by_id_.find(socket.id.view());
        return found != by_id_.end() && sockets_[found->second].get() == &socket;
    }

    /// Thread: any.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Errors: too_many_rooms, closed.
    error_code join(socket_state& socket, std::string_view room);
    void leave(socket_state& socket, std::string_view room) noexcept;

    /// A server-side event from another shard.
    void hear(const server_event& message);

    /// Calls `act` on this shard after `after`, unless the namespace goes before. Errors: too_many_acks.
    [[nodiscard]] error_code call_later(duration after, std::function<void()> act);

    /// Runs the connection handlers; false if one threw.
    void run_connection_handlers(const socket_ptr& socket);

    room_index rooms;
    std::unique_ptr<namespace_recovery> recovery;  // null: off
    event_table events;
    std::uint16_t handlers_at_once = 0;  // 0: as many as the options say
    server_event_handlers server_events;
    std::vector<std::function<void(const room_event&)>> room_listeners;
    std::vector<middleware> middlewares;
    std::vector<std::function<void(const socket_ptr&)>> connection_handlers;

private:
    class delayed_call;

    void add_free_slot();
    void tell(room_event_kind kind, std::string_view room, const socket_state* member);
    void select(const audience& who, const socket_state* sender);
    template <class F>
    void for_each_slot_of(std::string_view room, F&& visit) const;

    shard* home_;
    boost::intrusive_ptr<const multiplexer_limits> limits_;
    namespace_group* all_;
    std::vector<socket_ptr> sockets_;  // by slot
    std::vector<socket_slot> free_slots_;
    std::unordered_map<std::string_view, socket_slot> by_id_;  // keys live in the sockets
    std::vector<std::uint32_t> marks_;   // by slot: the selection that last saw it
    std::vector<socket_slot> selected_;  // scratch of select()
    std::list<delayed_call> delayed_;
    std::uint32_t selection_ = 0;
    bool is_prepared_ = false;
    std::uint32_t delivering_ = 0;  // broadcasts under way, one inside the other
    std::atomic<std::size_t> size_ = 0;
};

void intrusive_ptr_add_ref(const namespace_state* part) noexcept;
void intrusive_ptr_release(const namespace_state* part) noexcept;

}  // namespace cosio::detail
