// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/ack_wait.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>

// From an event's C++ values to one socket, with or without an answer.

namespace cosio::detail {

/// How an event goes out to one socket.
struct emit_settings
{
    emit_flags flags = {.recoverable = true, .is_event = true};
    std::optional<duration> timeout = {};    // of its answer; else that of the options
    std::optional<std::string> latest = {};  // the key of what it replaces
};

/// An event in its form on the wire. Errors: reserved_event, not_encodable.
template <codec Codec, class... Args>
[[nodiscard]] result<protocol::encoded_packet> encode_for(
    const socket_state& to,
    std::optional<std::uint64_t> ack_id,
    const emit_settings& how,
    std::string_view event,
    const Args&... args
)
{
    auto packet = encode_event<Codec>(to.nsp_name(), ack_id, to.limits().packet, event, args...);
    if (packet && !how.flags.compress)
        packet->forbid_compression();
    if (packet && how.latest)
        keep_latest(*packet, to.nsp_name(), event, *how.latest);
    return packet;
}

/// Calls call(event, args...) on the socket's shard in a later turn, with copies.
template <class F, class... Args>
void post_emit(const socket_ptr& to, F call, std::string_view event, const Args&... args)
{
    to->home().post([call = std::move(call),
                     name = std::string{event},
                     values =
                         std::tuple<std::decay_t<decltype(own(args))>...>{own(args)...}]() mutable {
        std::apply([&](const auto&... value) { call(name, value...); }, values);
    });
}

/// From a socket of a manager, connected or not. `receiver`: of the answer, or null. Thread: any; off the shard all
/// is posted to it.
template <codec Codec, class... Args>
send_status emit_or_keep(
    const socket_ptr& to,
    std::unique_ptr<protocol::ack_receiver> receiver,
    const emit_settings& how,
    std::string_view event,
    const Args&... args
)
{
    if (!to->home().is_current()) {
        auto later = [to, how, receiver = std::move(receiver)](
                         const std::string& name, const auto&... value
                     ) mutable {
            emit_or_keep<Codec>(to, std::move(receiver), how, name, value...);
        };
        post_emit(to, std::move(later), event, args...);
        return send_status::queued;
    }
    client_outgoing& out = *to->client().out;
    emit_settings settings = how;
    if (out.retries())
        settings.latest.reset();  // what was replaced would be sent again
    protocol::emission what;
    what.id = out.id_for(receiver != nullptr, how.flags.is_volatile);
    auto packet = encode_for<Codec>(*to, what.id, settings, event, args...);
    if (!packet) {
        out.refuse(std::move(receiver), packet.error());
        return to->refuse_emit(event, packet.error());
    }
    what.packet = std::move(*packet);
    what.receiver = std::move(receiver);
    what.timeout = how.timeout;
    what.is_volatile = how.flags.is_volatile;
    return out.emit(event, what, how.flags);
}

template <codec Codec, class... Args>
send_status emit_plain(
    const socket_ptr& to, const emit_settings& how, std::string_view event, const Args&... args
)
{
    if (to && to->keeps_emits())
        return emit_or_keep<Codec>(to, nullptr, how, event, args...);
    if (!to || !to->connected())
        return send_status::closed;
    auto packet = encode_for<Codec>(*to, std::nullopt, how, event, args...);
    if (!packet)
        return to->refuse_emit(event, packet.error());
    return to->send(std::move(*packet), how.flags);
}

/// Thread: any; off the shard all is posted to it.
template <codec Codec, class... Args>
send_status emit_expecting(
    const socket_ptr& to,
    std::unique_ptr<protocol::ack_receiver> receiver,
    const emit_settings& how,
    std::string_view event,
    const Args&... args
)
{
    if (to && to->keeps_emits())
        return emit_or_keep<Codec>(to, std::move(receiver), how, event, args...);
    if (!to || !to->connected()) {
        receiver->complete(errc::closed, nullptr);
        return send_status::closed;
    }
    if (!to->home().is_current()) {
        auto later = [to, how, receiver = std::move(receiver)](
                         const std::string& name, const auto&... value
                     ) mutable {
            emit_expecting<Codec>(to, std::move(receiver), how, name, value...);
        };
        post_emit(to, std::move(later), event, args...);
        return send_status::queued;
    }
    const auto ack_id = to->await_ack(std::move(receiver), how.timeout);
    if (!ack_id)
        return ack_id.error() == errc::closed ? send_status::closed : send_status::rejected;
    emit_flags flags = how.flags;
    flags.recoverable = false;  // CSR-2
    auto packet = encode_for<Codec>(*to, *ack_id, how, event, args...);
    if (!packet) {
        to->cancel_ack(*ack_id, packet.error());
        return to->refuse_emit(event, packet.error());
    }
    const send_status status = to->send(std::move(*packet), flags);
    if (status == send_status::dropped)
        to->cancel_ack(*ack_id, errc::timeout);  // VOL-4: nobody was asked
    return status;
}

template <codec Codec, class... Args, std::size_t... I>
send_status
emit_with_callback(const socket_ptr& to, const emit_settings& how, std::string_view event, const std::tuple<const Args&...>& all, std::index_sequence<I...>)
{
    using callback = std::tuple_element_t<sizeof...(I), std::tuple<Args...>>;
    using receiver = typename ack_callback<callback>::template receiver<Codec, callback>;
    return emit_expecting<Codec>(
        to, std::make_unique<receiver>(std::get<sizeof...(I)>(all)), how, event, std::get<I>(all)...
    );
}

/// The last argument may be a callback that takes the answer.
template <codec Codec, class... Args>
send_status emit_to_socket(
    const socket_ptr& to, const emit_settings& how, std::string_view event, const Args&... args
)
{
    if constexpr (sizeof...(Args) != 0) {
        using last = std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>;
        if constexpr (ack_callback<last>::value)
            return emit_with_callback<Codec>(
                to,
                how,
                event,
                std::forward_as_tuple(args...),
                std::make_index_sequence<sizeof...(Args) - 1>{}
            );
        else
            return emit_plain<Codec>(to, how, event, args...);
    } else {
        return emit_plain<Codec>(to, how, event, args...);
    }
}

/// An operation of Asio's that waits for an answer; cancelled, it does not wait any more, and the event is as it was.
template <codec Codec, class Handler, class... Reply>
class awaiting_receiver final : public protocol::ack_receiver
{
public:
    awaiting_receiver(Handler handler, const socket_ptr& socket)
        : handler_{std::move(handler)}, socket_{socket}, link_{begin_wait(socket)}
    {
        auto slot = asio::get_associated_cancellation_slot(*handler_);
        if (!slot.is_connected())
            return;
        self_ = std::make_shared<awaiting_receiver*>(this);
        slot.assign([self = self_, socket](asio::cancellation_type) {
            if (socket->home().is_reachable() && *self)
                (*self)->finish(reply{boost::system::in_place_error, errc::cancelled});
        });
    }

    awaiting_receiver(const awaiting_receiver&) = delete;
    awaiting_receiver& operator=(const awaiting_receiver&) = delete;

    ~awaiting_receiver() override
    {
        if (self_)
            *self_ = nullptr;
    }

    void complete(error_code why, const decoded_packet* answer) override
    {
        if (handler_)
            finish(read_reply<Codec, Reply...>(why, answer));
    }

private:
    using reply = reply_t<Reply...>;

    void finish(reply value)
    {
        if (!handler_)
            return;
        end_wait(link_);
        const auto executor = asio::get_associated_executor(*handler_, socket_->home().executor());
        Handler handler = *std::exchange(handler_, std::nullopt);
        asio::post(executor, [handler = std::move(handler), value = std::move(value)]() mutable {
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            std::move(handler)(std::move(value));
        });
    }

    std::optional<Handler> handler_;
    socket_ptr socket_;
    engine::peer_ptr link_;
    std::shared_ptr<awaiting_receiver*> self_;  // for the slot
};

template <codec Codec, class... Reply, class Handler, class... Args>
void start_ack_wait(
    Handler handler,
    socket_ptr socket,
    const emit_settings& how,
    const std::string& event,
    const std::tuple<Args...>& values
)
{
    using receiver = awaiting_receiver<Codec, Handler, Reply...>;
    auto waiting = std::make_unique<receiver>(std::move(handler), socket);
    std::apply(
        [&](const auto&... value) {
            emit_expecting<Codec>(socket, std::move(waiting), how, event, value...);
        },
        values
    );
}

/// A deferred operation of Asio's that completes with the answer.
template <codec Codec, class... Reply, class... Args>
[[nodiscard]] auto emit_with_ack_to(
    const socket_ptr& to, const emit_settings& how, std::string_view event, Args... args
)
{
    auto initiate = [](auto handler,
                       socket_ptr socket,
                       const emit_settings& settings,
                       const std::string& name,
                       const std::tuple<Args...>& values) {
        start_ack_wait<Codec, Reply...>(
            std::move(handler), std::move(socket), settings, name, values
        );
    };
    return asio::async_initiate<const asio::deferred_t, void(reply_t<Reply...>)>(
        std::move(initiate),
        asio::deferred,
        to,
        how,
        std::string{event},
        std::tuple<Args...>{std::move(args)...}
    );
}

}  // namespace cosio::detail
