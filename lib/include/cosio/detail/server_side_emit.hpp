// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_answers.hpp>
#include <cosio/detail/emit.hpp>
#include <cosio/detail/server_events_of.hpp>

#include <boost/asio/this_coro.hpp>

namespace cosio::detail {

/// Errors: reserved_event, not_encodable.
template <codec Codec, class... Args>
[[nodiscard]] result<server_event> make_server_event(
    namespace_group& nsp, std::string_view event, const Args&... args
)
{
    auto packet = is_reserved_server_event(event)
                      ? result<protocol::encoded_packet>{errc::reserved_event}
                      : encode_event<Codec>(nsp.name(), 0, nsp.limits().packet, event, args...);
    if (!packet) {
        nsp.limits().log(
            log_level::warning,
            "{}: server_side_emit \"{}\": {}",
            nsp.name(),
            event,
            packet.error().message()
        );
        return packet.error();
    }
    server_event message;
    message.packet = std::move(*packet);
    message.event = event;
    return message;
}

/// Asks all other shards; `to` is complete when they have answered, or after `timeout`. It expects an answer
/// of each of them, and one part for the caller.
template <codec Codec, class... Reply, class... Args>
send_status ask_server_side(
    namespace_group& nsp,
    const answer_source_ptr<Reply...>& to,
    std::optional<duration> timeout,
    std::string_view event,
    const Args&... args
)
{
    auto message = make_server_event<Codec>(nsp, event, args...);
    if (!message) {
        to->give_up(message.error());
        return send_status::rejected;
    }
    message->reply = [to, limits = boost::intrusive_ptr{&nsp.limits()}]() -> reply_sink_ptr {
        return new shard_reply<Codec, Reply...>{to, limits};
    };
    message->asked = [to](std::size_t count) { to->add_part(count); };
    const auto wait = [to,
                       after = timeout.value_or(nsp.limits().ack_timeout)](namespace_state& part) {
        if (const error_code ec = part.call_later(after, [to] { to->give_up(errc::timeout); }))
            to->give_up(ec);
    };
    namespace_state& here = nsp.local();
    if (here.home().is_current())
        wait(here);
    else
        here.home().post([keep = boost::intrusive_ptr{&nsp}, wait, &here] { wait(here); });
    const send_status status = nsp.server_side_emit(std::move(*message));
    if (status == send_status::closed)
        to->give_up(errc::closed);
    else
        to->add_part(0);  // the caller's own
    return status;
}

template <codec Codec, class... Args, std::size_t... I>
send_status
server_side_emit_with_callback(namespace_group& nsp, std::string_view event, const std::tuple<const Args&...>& all, std::index_sequence<I...>)
{
    using callback = std::tuple_element_t<sizeof...(I), std::tuple<Args...>>;
    return replies_callback<callback>::with_reply([&]<class... Reply>() {
        const boost::intrusive_ptr to{
            new answer_collector<Reply...>{nsp.local().home().executor(), nsp.other_parts() + 1}
        };
        to->on_complete = [call = std::get<sizeof...(I)>(all)](auto& from) mutable {
            call(replies_of(from));
        };
        const answer_source_ptr<Reply...> from{new answer_source<Reply...>{to}};
        return ask_server_side<Codec>(nsp, from, std::nullopt, event, std::get<I>(all)...);
    });
}

/// The last argument may be a callback that takes the answers.
template <codec Codec, class... Args>
send_status server_side_emit(namespace_group& nsp, std::string_view event, const Args&... args)
{
    if constexpr (ends_with_replies_callback<Args...>) {
        return server_side_emit_with_callback<Codec>(
            nsp,
            event,
            std::forward_as_tuple(args...),
            std::make_index_sequence<sizeof...(Args) - 1>{}
        );
    } else {
        auto message = make_server_event<Codec>(nsp, event, args...);
        return message ? nsp.server_side_emit(std::move(*message)) : send_status::rejected;
    }
}

template <codec Codec, class... Reply, class... Args>
task<broadcast_replies<Reply...>> gather_server_side(
    boost::intrusive_ptr<namespace_group> nsp,
    duration timeout,
    std::string event,
    std::tuple<Args...> values
)
{
    const auto executor = co_await asio::this_coro::executor;
    const boost::intrusive_ptr to{new answer_collector<Reply...>{executor, nsp->other_parts() + 1}};
    std::apply(
        [&](const Args&... value) {
            const answer_source_ptr<Reply...> from{new answer_source<Reply...>{to}};
            static_cast<void>(ask_server_side<Codec>(*nsp, from, timeout, event, value...));
        },
        values
    );
    while (!to->is_complete())
        co_await to->changed.wait();
    co_return replies_of(*to);
}

}  // namespace cosio::detail
