// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/close_reason.hpp>
#include <cosio/detail/client_part.hpp>
#include <cosio/detail/event_inbox.hpp>
#include <cosio/detail/event_table.hpp>
#include <cosio/detail/interceptors.hpp>
#include <cosio/detail/multiplexer_limits.hpp>
#include <cosio/handshake.hpp>
#include <cosio/ids.hpp>
#include <cosio/outbox.hpp>
#include <cosio/protocol/acks.hpp>
#include <cosio/protocol/connection.hpp>
#include <cosio/protocol/packet_log.hpp>
#include <cosio/room_index.hpp>
#include <cosio/shard.hpp>

#include <any>
#include <atomic>
#include <functional>

namespace cosio::detail {

class multiplexer;
class namespace_state;

/// What both ends of an emit agree on besides the packet.
struct emit_flags
{
    bool is_volatile = false;
    bool recoverable = false;  ///< an event that a recovered client hears later
    bool compress = true;      ///< where the transport does
    bool is_event = false;     ///< may be dropped if its socket says so; other packets never are
};

struct recovery_state;

/// One socket: a client in a namespace, seen from the server or from the client.
/// Thread: its shard, unless a member says otherwise. The handles of users share it.
class socket_state final
    : public boost::intrusive_ref_counter<socket_state, boost::thread_safe_counter>
{
public:
    /// Server side: a member of `nsp`. Client side: `nsp` is null.
    socket_state(
        shard& home,
        const multiplexer_limits& limits,
        std::string_view nsp_name,
        namespace_state* nsp
    );
    ~socket_state();

    [[nodiscard]] shard& home() const noexcept { return *home_; }

    [[nodiscard]] const std::string& nsp_name() const noexcept;

    [[nodiscard]] namespace_state* nsp() const noexcept { return nsp_.get(); }

    [[nodiscard]] const multiplexer_limits& limits() const noexcept { return *limits_; }

    /// Thread: any.
    [[nodiscard]] bool connected() const noexcept { return connected_; }

    /// Sends an encoded packet. Thread: any; off the shard the frames are posted to it.
    send_status send(protocol::encoded_packet packet, emit_flags flags);

    /// Tells the operator why something was not sent, and answers `rejected`.
    send_status refuse_emit(std::string_view event, error_code why) const;

    /// Registers who waits for an answer, or tells it why it need not; what throws leaves it to the caller.
    /// Errors: closed, too_many_acks. Thread: the shard.
    [[nodiscard]] result<std::uint64_t> await_ack(
        std::unique_ptr<protocol::ack_receiver>&& receiver, std::optional<duration> timeout
    );

    /// Sends a question that others are asked too, under one id; the receiver is told in any case.
    void ask(
        const protocol::encoded_packet& packet,
        std::uint64_t ack_id,
        std::unique_ptr<protocol::ack_receiver> receiver,
        std::optional<duration> timeout,
        emit_flags flags
    );

    /// Tells who waits for an answer what came of it.
    void complete(
        std::unique_ptr<protocol::ack_receiver> receiver,
        error_code why,
        const decoded_packet* reply
    );

    /// Gives up an acknowledgement that was registered and never sent.
    void cancel_ack(std::uint64_t ack_id, error_code why);

    /// The same, but the receiver is not told: null if it has been.
    [[nodiscard]] std::unique_ptr<protocol::ack_receiver> forget_ack(std::uint64_t ack_id) noexcept;

    [[nodiscard]] std::string_view transport_name() const noexcept;

    /// Once the socket is over, what would be registered is dropped: it may own a handle of this socket.
    void add_handler(std::string_view event, event_handler_ptr handler);
    void remove_handlers(std::string_view event) noexcept;

    [[nodiscard]] event_handler* find_handler(
        std::string_view event, bool (*matches)(const event_handler&)
    ) const
    {
        return events_ ? events_->find(event, matches) : nullptr;
    }

    /// No event will come, unless somebody asks for a new connection.
    [[nodiscard]] bool is_deaf() const noexcept
    {
        return over_ || (keeps_emits() && !client_->active && !connected_);
    }

    /// Those who wait for an event are told that none will come by itself.
    void interrupt_streams();

    void add_disconnecting(std::function<void(close_reason, error_code)> handler);
    void add_disconnect(std::function<void(close_reason, error_code)> handler);
    void add_upgrade(std::function<void(std::string_view)> handler);
    void add_drain(std::function<void()> handler);

    /// Calls `told` once, when nothing waits to be sent any more, or with `closed`. Thread: the shard.
    void when_drained(std::function<void(error_code)> told);

    void add_connect(std::function<void()> handler);
    void add_connect_error(
        std::function<void(const std::string&, const boost::json::value&)> handler
    );

    using listeners_of = interceptors::listeners interceptors::*;  // incoming or outgoing

    /// A listener for any event, called before (`first`) or after those that are there.
    any_listener add_any(listeners_of where, interceptors::call told, bool first);
    void remove_any(listeners_of where, any_listener which) noexcept;
    void remove_all_any(listeners_of where) noexcept;
    void add_middleware(interceptors::middleware one);
    void add_refused(std::function<void(const verdict&)> handler);

    /// True if tell_outgoing() would tell anybody.
    [[nodiscard]] bool has_outgoing_listeners() const noexcept
    {
        return interceptors_ && !interceptors_->outgoing.empty();
    }

    /// An event is about to be sent; `extra` arguments at its end are not the user's.
    void tell_outgoing(const protocol::encoded_packet& packet, std::size_t extra);

    /// Leaves the namespace; `close_connection` ends the engine session too. Thread: any.
    void disconnect(bool close_connection);

    /// Ends the engine session without a Socket.IO packet: its clients reconnect. Thread: any.
    void close_connection();

    // --- called by the multiplexer and the namespace ---

    void attach(multiplexer& owner, protocol::slot where) noexcept;

    [[nodiscard]] multiplexer* owner() const noexcept { return owner_; }

    [[nodiscard]] protocol::slot where() const noexcept { return where_; }

    void set_connected() noexcept { connected_ = true; }

    /// What only sockets of clients have. Precondition: it is one.
    [[nodiscard]] client_part& client() noexcept { return *client_; }

    [[nodiscard]] const client_part& client() const noexcept { return *client_; }

    [[nodiscard]] bool is_client() const noexcept { return client_ != nullptr; }

    /// What is emitted goes through client().out, connected or not. Thread: any.
    [[nodiscard]] bool keeps_emits() const noexcept
    {
        return client_ && client_->out && !client_->over;
    }

    void run_upgrade_handlers();
    void run_drain_handlers();
    void run_connect_handlers();
    void run_connect_error_handlers(const std::string& message, const boost::json::value& data);

    /// An event has come: it starts its handlers, or waits until those before it have ended. `whole` is the
    /// message that it was; null if it took several.
    void dispatch(const decoded_packet& packet, const raw_message* whole);

    /// A coroutine that later events wait for.
    void handler_began() noexcept { ++running_; }

    void handler_ended();

    /// 0: as many as the namespace says.
    void set_handlers_at_once(std::uint16_t count);

    [[nodiscard]] overflow_policy overflow() const noexcept
    {
        return drops_ ? overflow_policy::drop : overflow_policy::disconnect;
    }

    void set_overflow(overflow_policy policy) noexcept { drops_ = policy == overflow_policy::drop; }

    void resolve(std::uint64_t id, const decoded_packet& packet);
    void expire_acks(time_point now);

    [[nodiscard]] std::optional<time_point> ack_deadline() const noexcept
    {
        return backlog_ ? backlog_->acks.deadline() : std::nullopt;
    }

    [[nodiscard]] bool awaits_answer() const noexcept
    {
        return (backlog_ && backlog_->acks.size() != 0) ||
               (keeps_emits() && client_->out->awaits_answer());
    }

    /// The socket is over, or waits for its manager's next connection. Runs the disconnect handlers if it was
    /// connected, completes all acks. `why`: what the link or the rules of the protocol had to say.
    void end(close_reason reason, error_code why = {});

    /// The server or client is being destroyed: the acks are completed, no other handler is called, for
    /// what it captured may be gone already.
    void abandon() noexcept;

    socket_id id;
    handshake shake;
    std::any data;
    std::unique_ptr<recovery_state> recovery;  // null: off, or a client's socket
    socket_slot index = 0;                     // in its namespace

private:
    using disconnect_handlers = std::vector<std::function<void(close_reason, error_code)>>;

    struct lifecycle_handlers
    {
        disconnect_handlers disconnecting;
        disconnect_handlers disconnect;
        std::vector<std::function<void()>> connect;
        std::vector<std::function<void(std::string_view)>> upgrade;
        std::vector<std::function<void()>> drain;
        std::vector<std::function<void(error_code)>> drained;
        std::vector<std::function<void(const std::string&, const boost::json::value&)>>
            connect_error;
    };

    /// What waits for the other side, or for handlers.
    struct backlog
    {
        protocol::acks acks;
        std::unique_ptr<event_inbox> inbox;  // null while no event waits
    };

    template <class Handler>
    void add_lifecycle(std::vector<Handler> lifecycle_handlers::* to, Handler handler);
    void set_over() noexcept;
    void leave();
    void pause(close_reason reason, error_code why);
    [[nodiscard]] bool may_await(
        std::unique_ptr<protocol::ack_receiver>& receiver, error_code& why
    );
    interceptors& intercepting();
    void tell(const interceptors::listeners& whom, std::string_view event, const arguments& all);
    [[nodiscard]] bool intercept(const decoded_packet& packet);
    [[nodiscard]] static task<> ask_later(
        socket_ptr self,
        std::size_t from,
        std::string event,
        arguments all,
        std::optional<std::uint64_t> ack_id
    );
    [[nodiscard]] verdict ask_now(
        const interceptors::middleware& one, std::string_view event, const arguments& all
    );
    void refuse(std::string_view event, const verdict& answer);
    [[nodiscard]] result<protocol::encoded_packet> encode_again(
        std::string_view event, const arguments& all, std::optional<std::uint64_t> ack_id
    ) const;
    [[nodiscard]] backlog& what_waits();

    [[nodiscard]] event_inbox* inbox() noexcept
    {
        return backlog_ ? backlog_->inbox.get() : nullptr;
    }

    [[nodiscard]] std::size_t handlers_at_once() const noexcept;
    void start(const decoded_packet& packet);
    void note_offset(const decoded_packet& packet);
    void hold(const decoded_packet& packet, const raw_message* whole);
    void empty_inbox();
    void start_held();
    void drop_held() noexcept;
    void run_handlers(const decoded_packet& packet);

    shard* home_;
    boost::intrusive_ptr<const multiplexer_limits> limits_;
    boost::intrusive_ptr<namespace_state> nsp_;
    multiplexer* owner_ = nullptr;
    std::unique_ptr<client_part> client_;  // null on the server's side
    std::unique_ptr<event_table> events_;
    std::unique_ptr<interceptors> interceptors_;
    std::unique_ptr<lifecycle_handlers> lifecycle_;
    std::unique_ptr<backlog> backlog_;  // null while nothing waits
    std::atomic<bool> connected_ = false;
    bool over_ : 1 = false;
    bool drops_ : 1;
    protocol::slot where_ = 0;
    std::uint16_t running_ = 0;               // coroutines that later events wait for
    std::uint16_t own_handlers_at_once_ = 0;  // 0: that of the namespace
};

}  // namespace cosio::detail
