// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/ack_wait.hpp>
#include <cosio/detail/operation.hpp>
#include <cosio/detail/report.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

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

/// Calls call(receiver, event, args...) on the socket's shard in a later turn, with copies. What it throws is reported,
/// as nobody waits for the call; and who waits for the answer is told.
template <class F, class... Args>
void post_emit(
    const socket_ptr& to,
    std::unique_ptr<protocol::ack_receiver>&& receiver,
    F call,
    std::string_view event,
    const Args&... args
)
{
    to->home().post([to,
                     receiver = std::move(receiver),
                     call = std::move(call),
                     name = std::string{event},
                     values =
                         std::tuple<std::decay_t<decltype(own(args))>...>{own(args)...}]() mutable {
        try {
            std::apply(
                [&](const auto&... value) { call(std::move(receiver), name, value...); }, values
            );
        } catch (...) {
            const error_code why = error_of_exception(errc::not_encodable);
            report_exception(*to, name, std::current_exception());
            if (receiver)
                to->complete(std::move(receiver), why, nullptr);
        }
    });
}

/// From a socket of a manager, connected or not. `receiver`: of the answer, or null; left to the caller by what throws.
/// Thread: any; off the shard all is posted to it.
template <codec Codec, class... Args>
send_status emit_or_keep(
    const socket_ptr& to,
    std::unique_ptr<protocol::ack_receiver>&& receiver,
    const emit_settings& how,
    std::string_view event,
    const Args&... args
)
{
    if (!to->home().is_current()) {
        auto later = [to, how](
                         std::unique_ptr<protocol::ack_receiver>&& kept,
                         const std::string& name,
                         const auto&... value
                     ) { emit_or_keep<Codec>(to, std::move(kept), how, name, value...); };
        post_emit(to, std::move(receiver), std::move(later), event, args...);
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
    try {
        return out.emit(event, what, how.flags);
    } catch (...) {
        receiver = std::move(what.receiver);
        throw;
    }
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

/// What throws leaves the receiver to the caller. Thread: any; off the shard all is posted to it.
template <codec Codec, class... Args>
send_status emit_expecting(
    const socket_ptr& to,
    std::unique_ptr<protocol::ack_receiver>&& receiver,
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
        auto later = [to, how](
                         std::unique_ptr<protocol::ack_receiver>&& kept,
                         const std::string& name,
                         const auto&... value
                     ) { emit_expecting<Codec>(to, std::move(kept), how, name, value...); };
        post_emit(to, std::move(receiver), std::move(later), event, args...);
        return send_status::queued;
    }
    const auto ack_id = to->await_ack(std::move(receiver), how.timeout);
    if (!ack_id)
        return ack_id.error() == errc::closed ? send_status::closed : send_status::rejected;
    try {
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
    } catch (...) {
        receiver = to->forget_ack(*ack_id);
        throw;
    }
}

/// The last argument may be a callback that takes the answer.
template <codec Codec, class... Args>
send_status emit_to_socket(
    const socket_ptr& to, const emit_settings& how, std::string_view event, const Args&... args
)
{
    if constexpr (sizeof...(Args) != 0) {
        using last = std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>;
        if constexpr (ack_callback<last>::value) {
            using receiver = typename ack_callback<last>::template receiver<Codec, last>;
            const auto all = std::forward_as_tuple(args...);
            const auto emit = [&]<std::size_t... I>(std::index_sequence<I...>) {
                auto waiting = std::make_unique<receiver>(std::get<sizeof...(I)>(all));
                return emit_expecting<Codec>(
                    to, std::move(waiting), how, event, std::get<I>(all)...
                );
            };
            return emit(std::make_index_sequence<sizeof...(Args) - 1>{});
        } else {
            return emit_plain<Codec>(to, how, event, args...);
        }
    } else {
        return emit_plain<Codec>(to, how, event, args...);
    }
}

/// Who waits for an answer. A handler of events that does is not one that runs meanwhile.
template <class Handler, class... Reply>
class pending_answer final : public pending_operation<Handler, reply_t<Reply...>>
{
    using base = pending_operation<Handler, reply_t<Reply...>>;

public:
    using base::base;

    void begin(const socket_ptr& socket) noexcept { link_ = begin_wait(socket); }

    void complete(reply_t<Reply...> answer)
    {
        end_wait(std::exchange(link_, nullptr));
        base::complete(std::move(answer));
    }

private:
    engine::peer_ptr link_;
};

template <codec Codec, class Handler, class... Reply>
class awaiting_receiver final : public protocol::ack_receiver
{
public:
    explicit awaiting_receiver(std::shared_ptr<pending_answer<Handler, Reply...>> pending) noexcept
        : pending_{std::move(pending)}
    {}

    void complete(error_code why, const decoded_packet* answer) override
    {
        pending_->complete(read_reply<Codec, Reply...>(why, answer));
    }

private:
    std::shared_ptr<pending_answer<Handler, Reply...>> pending_;
};

/// Sends the event, and waits; cancelled, it does not wait any more, and the event is as it was.
template <codec Codec, class... Reply, class Handler, class... Args>
void start_ack_wait(
    Handler handler,
    const socket_ptr& socket,
    const emit_settings& how,
    const std::string& event,
    const std::tuple<Args...>& values
)
{
    using pending_type = pending_answer<Handler, Reply...>;
    const auto begin = [&](const std::shared_ptr<pending_type>& pending) {
        pending->begin(socket);
        if (auto slot = pending->cancellation(); slot.is_connected())
            slot.assign([who = std::weak_ptr{pending}, socket](asio::cancellation_type) {
                const auto still = who.lock();
                if (still && socket->home().is_reachable())
                    still->complete({boost::system::in_place_error, errc::cancelled});
            });
        std::apply(
            [&](const auto&... value) {
                using receiver = awaiting_receiver<Codec, Handler, Reply...>;
                emit_expecting<Codec>(
                    socket, std::make_unique<receiver>(pending), how, event, value...
                );
            },
            values
        );
    };
    begin_operation<pending_type>(std::move(handler), socket->home().executor(), begin);
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
