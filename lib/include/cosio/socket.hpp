// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_operator.hpp>
#include <cosio/detail/event_stream.hpp>
#include <cosio/engine_connection.hpp>
#include <cosio/handler.hpp>
#include <cosio/socket_emitter.hpp>

#include <initializer_list>

namespace cosio {

/// What server and client sockets have in common: events both ways. A handle: copy it, keep it, capture
/// it; one whose connection is gone answers `closed`.
/// Thread: emit, disconnect and connected from any; the rest on the socket's shard.
template <codec Codec, class Derived>
class socket_base
{
public:
    /// Calls `handler` for each event of that name. Its parameters are decoded from the arguments;
    /// also understood: the socket itself (anywhere), `arguments` for the rest, `ack<...>` to answer, and
    /// `std::string_view` for a string that is valid during the call.
    /// A server that recovers connections appends a text to events for a client (CSR-2): a handler may take it or not.
    /// It returns void (called inline) or a coroutine. The next event of this socket is handled when it has ended;
    /// `handlers_at_once` and unordered() allow otherwise. What it awaits, acknowledgements too, it gets meanwhile.
    /// Events that wait count for `max_running_handlers`; those that still wait when the socket ends are dropped.
    template <class F>
    const Derived& on(std::string_view event, F&& handler) const
    {
        state_->add_handler(event, detail::make_handler<Codec>(std::forward<F>(handler), false));
        return self();
    }

    /// As on(), for the first such event only.
    template <class F>
    const Derived& once(std::string_view event, F&& handler) const
    {
        state_->add_handler(event, detail::make_handler<Codec>(std::forward<F>(handler), true));
        return self();
    }

    /// The next event of that name: `while (auto said = co_await socket.next<std::string>("said"))`. From the first
    /// call on none is lost: those that nobody has asked for yet wait here, and when there are 64, the later events of
    /// this socket wait as for a handler that has not ended. Until off(), or the end of the socket.
    /// No type: result<void>; several: result of a tuple; ack<...> and arguments as in a handler's parameters.
    /// A deferred Asio operation, one at a time for an event; it can be cancelled.
    /// Errors: disconnected, if the socket is, and will not be connected again by itself; not_enough_memory.
    template <class... T>
    [[nodiscard]] auto next(std::string_view event) const
    {
        return detail::next_event<Codec, T...>(state_, std::nullopt, event);
    }

    /// The same. Errors: timeout also.
    template <class... T>
    [[nodiscard]] auto next(duration timeout, std::string_view event) const
    {
        return detail::next_event<Codec, T...>(state_, timeout, event);
    }

    /// Removes the handlers of that event.
    const Derived& off(std::string_view event) const
    {
        state_->remove_handlers(event);
        return self();
    }

    /// Calls `listener(std::string_view event, const arguments& all)` for each event that comes, handled or
    /// not, before its middlewares and handlers. Gives what off_any() takes.
    /// Cost: its arguments are decoded once more.
    template <class F>
    any_listener on_any(F listener) const
    {
        return state_->add_any(&detail::interceptors::incoming, std::move(listener), false);
    }

    /// As on_any(), before the listeners that are there.
    template <class F>
    any_listener prepend_any(F listener) const
    {
        return state_->add_any(&detail::interceptors::incoming, std::move(listener), true);
    }

    void off_any(any_listener which) const
    {
        state_->remove_any(&detail::interceptors::incoming, which);
    }

    void off_any() const { state_->remove_all_any(&detail::interceptors::incoming); }

    /// As on_any(), for each event that is about to be sent, broadcasts too. Cost: each is decoded.
    template <class F>
    any_listener on_any_outgoing(F listener) const
    {
        return state_->add_any(&detail::interceptors::outgoing, std::move(listener), false);
    }

    template <class F>
    any_listener prepend_any_outgoing(F listener) const
    {
        return state_->add_any(&detail::interceptors::outgoing, std::move(listener), true);
    }

    void off_any_outgoing(any_listener which) const
    {
        state_->remove_any(&detail::interceptors::outgoing, which);
    }

    void off_any_outgoing() const { state_->remove_all_any(&detail::interceptors::outgoing); }

    /// Called once at the end: `handler(close_reason)`, or `handler(close_reason, error_code)` to be told what the
    /// link or the rules of the protocol had to say, if they had.
    template <class F>
    const Derived& on_disconnect(F handler) const
    {
        state_->add_disconnect(with_details(std::move(handler)));
        return self();
    }

    /// Sends an event. A last argument that is a callback taking `result<...>` is called exactly once:
    /// with the peer's answer, or with timeout or disconnected. A socket of a manager keeps what it cannot send yet, as
    /// `client_options::offline` says; any other is `closed` without a connection.
    /// What a value of a user's type throws is thrown to the caller, and there is no answer then; where it was posted from
    /// another thread it is told to `on_handler_error`, and the callback hears not_encodable.
    /// Cost: one block of the thread's recycled memory; the write comes at the end of the turn.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        return detail::emit_to_socket<Codec>(state_, {}, event, args...);
    }

    /// Sends the event "message".
    template <class... Args>
    send_status send(const Args&... args) const
    {
        return emit("message", args...);
    }

    /// Sends an event only if it can leave at once; else it is dropped (VOL-1).
    template <class... Args>
    send_status emit_volatile(std::string_view event, const Args&... args) const
    {
        return volatile_().emit(event, args...);
    }

    /// Sends an event and waits for its answer: `result<int> sum = co_await socket.emit_with_ack<int>(5s,
    /// "sum", 1, 2)`. No reply type: result<void>; several: result of a tuple.
    /// A deferred Asio operation: co_await it, or call it with any completion token. It can be cancelled on the
    /// socket's shard: the answer is not waited for any more, and the event goes where it goes.
    /// Errors: timeout, cancelled, disconnected, closed, too_many_acks, not_encodable (also if a value of a user's type
    /// throws), not_enough_memory; those of reading the reply, and handler_failed if a user's type throws then; of a
    /// manager's socket also too_many_queued, message_too_large.
    template <class... Reply, class... Args>
    [[nodiscard]] auto emit_with_ack(duration timeout, std::string_view event, Args... args) const
    {
        return detail::emit_with_ack_to<Codec, Reply...>(
            state_, {.timeout = timeout}, event, std::move(args)...
        );
    }

    /// Emits as emit() does, but differently: `socket.timeout(5s).compress(false).emit(...)`.
    [[nodiscard]] socket_emitter<Codec> volatile_() const
    {
        return socket_emitter<Codec>{state_}.volatile_();
    }

    [[nodiscard]] socket_emitter<Codec> latest(std::string_view key = {}) const
    {
        return socket_emitter<Codec>{state_}.latest(key);
    }

    [[nodiscard]] socket_emitter<Codec> compress(bool compress) const
    {
        return socket_emitter<Codec>{state_}.compress(compress);
    }

    [[nodiscard]] socket_emitter<Codec> timeout(duration limit) const
    {
        return socket_emitter<Codec>{state_}.timeout(limit);
    }

    /// How many coroutine handlers it may have under way before its next event waits; 0: as the namespace says.
    void set_handlers_at_once(std::uint16_t count) const { state_->set_handlers_at_once(count); }

    /// What becomes of an event when too much waits to be sent; at first as the options say.
    void set_overflow(overflow_policy policy) const { state_->set_overflow(policy); }

    /// Leaves the namespace; with `close_connection` the whole connection ends.
    void disconnect(bool close_connection = false) const { state_->disconnect(close_connection); }

    /// Ends the connection without a word of Socket.IO: all its sockets end, a stock client reconnects.
    void close_connection() const { state_->close_connection(); }

    [[nodiscard]] bool connected() const noexcept { return state_ && state_->connected(); }

    /// 20 characters, but for a client of Socket.IO 1 or 2; public, unlike the id of the session.
    /// Lifetime: as long as this handle.
    [[nodiscard]] std::string_view id() const noexcept { return state_->id.view(); }

    /// The application's own data of this socket: one value of one type, made by its default constructor.
    template <class T>
    [[nodiscard]] T& data() const
    {
        if (!state_->data.has_value())
            state_->data.template emplace<T>();
        return std::any_cast<T&>(state_->data);
    }

    [[nodiscard]] bool operator==(const socket_base&) const noexcept = default;

protected:
    socket_base() = default;

    explicit socket_base(detail::socket_ptr state) noexcept : state_{std::move(state)} {}

    template <class F>
    [[nodiscard]] static std::function<void(close_reason, error_code)> with_details(F handler)
    {
        if constexpr (std::is_invocable_v<F&, close_reason, error_code>)
            return handler;
        else
            return [handler = std::move(handler)](close_reason reason, error_code) mutable {
                handler(reason);
            };
    }

    detail::socket_ptr state_;

private:
    [[nodiscard]] const Derived& self() const noexcept
    {
        return static_cast<const Derived&>(*this);
    }
};

/// A client of a server's namespace.
template <codec Codec>
class basic_socket : public socket_base<Codec, basic_socket<Codec>>
{
public:
    /// A handle of no socket; only assignment, comparison and connected() are allowed.
    basic_socket() = default;

    explicit basic_socket(detail::socket_ptr state) noexcept
        : socket_base<Codec, basic_socket>{std::move(state)}
    {}

    /// As on_disconnect(), but while the rooms are still there.
    template <class F>
    const basic_socket& on_disconnecting(F handler) const
    {
        this->state_->add_disconnecting(this->with_details(std::move(handler)));
        return *this;
    }

    /// Decides over each event of this socket before its handlers, in the order of registration:
    /// `verdict f(std::string_view event, const arguments& all)`, or a coroutine
    /// `task<verdict> f(std::string event, arguments all)`, which later events wait for as for a handler.
    /// An event that is refused is dropped, and the handlers of on_error() are told.
    template <class F>
    const basic_socket& use(F middleware) const
    {
        if constexpr (std::is_invocable_r_v<verdict, F&, std::string_view, const arguments&>)
            this->state_->add_middleware({.now = std::move(middleware)});
        else
            this->state_->add_middleware({.later = std::move(middleware)});
        return *this;
    }

    /// Called as handler(const verdict&) for each event that a middleware has refused.
    template <class F>
    const basic_socket& on_error(F handler) const
    {
        this->state_->add_refused(std::move(handler));
        return *this;
    }

    /// Errors: too_many_rooms, closed. Thread: any; then the result of another thread's call is unknown.
    error_code join(std::string_view room) const
    {
        if (!this->connected())
            return errc::closed;
        if (this->state_->home().is_current())
            return this->state_->nsp()->join(*this->state_, room);
        this->state_->home().post([state = this->state_, name = std::string{room}] {
            static_cast<void>(state->nsp()->join(*state, name));
        });
        return {};
    }

    /// Several rooms: those before the one that fails are joined.
    error_code join(std::initializer_list<std::string_view> rooms) const
    {
        error_code ec;
        for (const std::string_view room : rooms)
            if (!ec)
                ec = join(room);
        return ec;
    }

    void leave(std::string_view room) const
    {
        if (!this->connected())
            return;
        if (this->state_->home().is_current())
            this->state_->nsp()->leave(*this->state_, room);
        else
            this->state_->home().post([state = this->state_, name = std::string{room}] {
                state->nsp()->leave(*state, name);
            });
    }

    /// Its own id (SIO-18) and the rooms it has joined.
    [[nodiscard]] std::vector<std::string> rooms() const
    {
        std::vector<std::string> names;
        if (!this->state_->nsp()->contains(*this->state_))
            return names;
        names.emplace_back(this->id());
        this->state_->nsp()->rooms.for_each_room_of(
            this->state_->index, [&](std::string_view name) { names.emplace_back(name); }
        );
        return names;
    }

    /// The members of a room without this socket (ORD-4).
    [[nodiscard]] broadcast_operator<Codec> to(std::string_view room) const
    {
        return broadcast().to(room);
    }

    [[nodiscard]] broadcast_operator<Codec> in(std::string_view room) const { return to(room); }

    /// Everybody in the namespace but this socket and the members of `room`.
    [[nodiscard]] broadcast_operator<Codec> except(std::string_view room) const
    {
        return broadcast().except(room);
    }

    /// Everybody in the namespace but this socket; JavaScript's `socket.broadcast`.
    [[nodiscard]] broadcast_operator<Codec> broadcast() const
    {
        return broadcast_operator<Codec>{this->state_->nsp()->all(), this->state_};
    }

    /// True if this is the socket of a connection that was lost: it has its id, rooms and data again.
    [[nodiscard]] bool recovered() const noexcept
    {
        return this->state_->recovery && this->state_->recovery->recovered;
    }

    /// What the client came with. Lifetime: as long as this handle.
    [[nodiscard]] const handshake& shake() const noexcept { return this->state_->shake; }

    /// Name of the namespace.
    [[nodiscard]] const std::string& nsp_name() const noexcept { return this->state_->nsp_name(); }

    /// The connection below: its transport, its upgrade, its round-trip time, what waits to be sent.
    [[nodiscard]] engine_connection conn() const noexcept
    {
        return engine_connection{this->state_};
    }

    /// Completes when all that was emitted has been written; see engine_connection::drained().
    [[nodiscard]] auto drained() const { return conn().drained(); }

    /// "polling" or "websocket"; empty after the end.
    [[nodiscard]] std::string_view transport_name() const { return this->state_->transport_name(); }
};

}  // namespace cosio
