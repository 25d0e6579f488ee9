// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/socket_state.hpp>
#include <cosio/task.hpp>

namespace cosio::detail {

/// One namespace of a server: its sockets, rooms, middlewares and handlers.
/// Thread: the shard, unless a member says otherwise.
/// Lifetime: shared with its sockets, whose handles may outlive the server.
class namespace_state
    : public boost::intrusive_ref_counter<namespace_state, boost::thread_safe_counter>
{
public:
    struct middleware
    {
        std::function<verdict(const socket_ptr&)> now = {};  // exactly one of the two is set
        std::function<task<verdict>(const socket_ptr&)> later = {};
    };

    namespace_state(shard& home, const multiplexer_limits& limits, std::string name);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] shard& home() const noexcept { return *home_; }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    /// The server is gone: forgets all handlers, and answers broadcasts with `closed`.
    void close() noexcept;

    /// Sends to an audience; `sender` (may be null) is left out. The frames are shared by all.
    /// Thread: any; off the shard it is posted there.
    send_status broadcast(
        protocol::encoded_packet packet, audience who, emit_flags flags, const socket_state* sender
    );

    /// Calls visit(socket) for an audience, in a fixed order. `visit` must not add or remove sockets.
    template <class F>
    void for_each(const audience& who, const socket_state* sender, F&& visit)
    {
        select(who, sender);
        for (const socket_slot slot : selected_)
            visit(sockets_[slot]);
    }

    void add(const socket_ptr& socket);
    void remove(socket_state& socket) noexcept;

    [[nodiscard]] socket_ptr find(std::string_view id) const noexcept;

    /// True from add() to remove(): while the socket has rooms.
    [[nodiscard]] bool contains(const socket_state& socket) const noexcept
    {
        const auto found = by_id_.find(socket.id.view());
        return found != by_id_.end() && sockets_[found->second].get() == &socket;
    }

    [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

    /// Errors: too_many_rooms, closed.
    error_code join(socket_state& socket, std::string_view room);
    void leave(socket_state& socket, std::string_view room) noexcept;

    /// Runs the connection handlers; false if one threw.
    void run_connection_handlers(const socket_ptr& socket);

    room_index rooms;
    event_table events;
    std::vector<middleware> middlewares;
    std::vector<std::function<void(const socket_ptr&)>> connection_handlers;

private:
    void select(const audience& who, const socket_state* sender);
    void deliver(
        const protocol::encoded_packet& packet,
        const audience& who,
        emit_flags flags,
        const socket_state* sender
    );
    template <class F>
    void for_each_slot_of(std::string_view room, F&& visit) const;

    shard* home_;
    boost::intrusive_ptr<const multiplexer_limits> limits_;
    std::string name_;
    std::vector<socket_ptr> sockets_;  // by slot
    std::vector<socket_slot> free_slots_;
    std::unordered_map<std::string_view, socket_slot> by_id_;  // keys live in the sockets
    std::vector<std::uint32_t> marks_;   // by slot: the selection that last saw it
    std::vector<socket_slot> selected_;  // scratch of for_each()
    std::uint32_t selection_ = 0;
    std::uint32_t delivering_ = 0;  // broadcasts under way, one inside the other
    std::atomic<bool> closed_ = false;
};

}  // namespace cosio::detail
