// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_operator.hpp>
#include <cosio/detail/ack_wait.hpp>
#include <cosio/handler.hpp>

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
    /// It returns void (called inline) or a coroutine (runs on; later events do not wait for it).
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

    /// Removes the handlers of that event.
    const Derived& off(std::string_view event) const
    {
        state_->remove_handlers(event);
        return self();
    }

    /// Called once at the end, with the reason (features.md 2.3).
    template <class F>
    const Derived& on_disconnect(F handler) const
    {
        state_->add_disconnect(std::move(handler));
        return self();
    }

    /// Sends an event. A last argument that is a callback taking `result<...>` is called exactly once:
    /// with the peer's answer, or with timeout or disconnected.
    /// Cost: one block of the thread's recycled memory; the write comes at the end of the turn.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        if constexpr (sizeof...(Args) != 0) {
            using last = std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>;
            if constexpr (detail::ack_callback<last>::value)
                return emit_with_callback(
                    event,
                    std::forward_as_tuple(args...),
                    std::make_index_sequence<sizeof...(Args) - 1>{}
                );
            else
                return emit_plain(event, {.recoverable = true}, args...);
        } else {
            return emit_plain(event, {.recoverable = true}, args...);
        }
    }

    /// Sends an event only if it can leave at once; else it is dropped (VOL-1).
    template <class... Args>
    send_status emit_volatile(std::string_view event, const Args&... args) const
    {
        return emit_plain(event, {.is_volatile = true}, args...);
    }

    /// Sends an event and waits for its answer: `result<int> sum = co_await socket.emit_with_ack<int>(5s,
    /// "sum", 1, 2)`. No reply type: result<void>; several: result of a tuple.
    /// A deferred Asio operation: co_await it, or call it with any completion token.
    /// Errors: timeout, disconnected, closed, too_many_acks, not_encodable; those of reading the reply.
    template <class... Reply, class... Args>
    [[nodiscard]] auto emit_with_ack(duration timeout, std::string_view event, Args... args) const
    {
        auto initiate = [](auto handler,
                           detail::socket_ptr socket,
                           duration limit,
                           const std::string& name,
                           const std::tuple<Args...>& values) {
            start_ack_wait<Reply...>(std::move(handler), std::move(socket), limit, name, values);
        };
        return asio::async_initiate<const asio::deferred_t, void(detail::reply_t<Reply...>)>(
            std::move(initiate),
            asio::deferred,
            state_,
            timeout,
            std::string{event},
            std::tuple<Args...>{std::move(args)...}
        );
    }

    /// Leaves the namespace; with `close_connection` the whole connection ends.
    void disconnect(bool close_connection = false) const { state_->disconnect(close_connection); }

    /// Ends the connection without a word of Socket.IO: all its sockets end, a stock client reconnects.
    void close_connection() const { state_->close_connection(); }

    [[nodiscard]] bool connected() const noexcept { return state_ && state_->connected(); }

    /// 20 characters; public, unlike the id of the session. Lifetime: as long as this handle.
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

    detail::socket_ptr state_;

private:
    [[nodiscard]] const Derived& self() const noexcept
    {
        return static_cast<const Derived&>(*this);
    }

    template <class... Args>
    send_status emit_plain(std::string_view event, detail::emit_flags flags, const Args&... args)
        const
    {
        if (!connected())
            return send_status::closed;
        auto packet = detail::encode_event<Codec>(
            state_->nsp_name(), std::nullopt, state_->limits().packet, event, args...
        );
        if (!packet)
            return state_->refuse_emit(event, packet.error());
        return state_->send(std::move(*packet), flags);
    }

    template <class... Args, std::size_t... I>
    send_status
    emit_with_callback(std::string_view event, const std::tuple<const Args&...>& all, std::index_sequence<I...>)
        const
    {
        using callback = std::tuple_element_t<sizeof...(I), std::tuple<Args...>>;
        using receiver =
            typename detail::ack_callback<callback>::template receiver<Codec, callback>;
        return emit_expecting(
            state_,
            std::make_unique<receiver>(std::get<sizeof...(I)>(all)),
            std::nullopt,
            event,
            std::get<I>(all)...
        );
    }

    template <class... Args>
    static send_status emit_expecting(
        const detail::socket_ptr& state,
        std::unique_ptr<protocol::ack_receiver> receiver,
        std::optional<duration> timeout,
        std::string_view event,
        const Args&... args
    )
    {
        if (!state->connected()) {
            receiver->complete(errc::closed, nullptr);
            return send_status::closed;
        }
        if (!state->home().is_current()) {
            state->home().post([state,
                                receiver = std::move(receiver),
                                timeout,
                                name = std::string{event},
                                values = std::tuple<std::decay_t<decltype(detail::own(args))>...>{
                                    detail::own(args)...
                                }]() mutable {
                std::apply(
                    [&](const auto&... value) {
                        emit_expecting(state, std::move(receiver), timeout, name, value...);
                    },
                    values
                );
            });
            return send_status::queued;
        }
        const auto ack_id = state->await_ack(std::move(receiver), timeout);
        if (!ack_id)
            return ack_id.error() == errc::closed ? send_status::closed : send_status::rejected;
        auto packet = detail::encode_event<Codec>(
            state->nsp_name(), *ack_id, state->limits().packet, event, args...
        );
        if (packet)
            return state->send(std::move(*packet), {});
        state->cancel_ack(*ack_id, packet.error());
        return state->refuse_emit(event, packet.error());
    }

    template <class... Reply, class Handler, class... Args>
    static void start_ack_wait(
        Handler handler,
        detail::socket_ptr socket,
        duration timeout,
        const std::string& event,
        const std::tuple<Args...>& values
    )
    {
        using reply = detail::reply_t<Reply...>;
        auto complete = [handler = std::move(handler),
                         socket,
                         link = detail::begin_wait(socket)](reply value) mutable {
            detail::end_wait(link);
            const auto executor = asio::get_associated_executor(handler, socket->home().executor());
            asio::post(
                executor,
                [handler = std::move(handler), value = std::move(value)]() mutable {
                    std::move(handler)(std::move(value));
                }
            );
        };
        using receiver = detail::typed_ack_receiver<Codec, decltype(complete), Reply...>;
        auto waiting = std::make_unique<receiver>(std::move(complete));
        std::apply(
            [&](const auto&... value) {
                emit_expecting(socket, std::move(waiting), timeout, event, value...);
            },
            values
        );
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
        this->state_->add_disconnecting(std::move(handler));
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

    /// "polling" or "websocket"; empty after the end.
    [[nodiscard]] std::string_view transport_name() const { return this->state_->transport_name(); }
};

}  // namespace cosio
