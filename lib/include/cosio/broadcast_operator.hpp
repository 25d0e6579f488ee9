// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_answers.hpp>
#include <cosio/detail/emit.hpp>
#include <cosio/detail/namespace_group.hpp>

#include <boost/asio/this_coro.hpp>

#include <initializer_list>

namespace cosio {

template <codec Codec>
class basic_socket;

/// Whom an event goes to, on all shards: built by chaining, used by emit() and the calls below it.
/// Reusable; keeps its namespace. Thread: any.
template <codec Codec>
class broadcast_operator
{
public:
    explicit broadcast_operator(
        detail::namespace_group& nsp, detail::socket_ptr sender = nullptr
    ) noexcept
        : nsp_{&nsp}, sender_{std::move(sender)}
    {}

    /// Adds a room; the audience is the union of all rooms, each socket once (ORD-2).
    [[nodiscard]] broadcast_operator to(std::string_view room) const&
    {
        broadcast_operator wider = *this;
        return std::move(wider).to(room);
    }

    [[nodiscard]] broadcast_operator to(std::string_view room) &&
    {
        who_.rooms.emplace_back(room);
        return std::move(*this);
    }

    /// The same as to().
    [[nodiscard]] broadcast_operator in(std::string_view room) const { return to(room); }

    /// Leaves out the members of a room; wins over to().
    [[nodiscard]] broadcast_operator except(std::string_view room) const
    {
        broadcast_operator narrower = *this;
        narrower.who_.except.emplace_back(room);
        return narrower;
    }

    /// Sockets whose link is not writable now do not get the event (VOL-1).
    [[nodiscard]] broadcast_operator volatile_() const
    {
        broadcast_operator changed = *this;
        changed.flags_.is_volatile = true;
        return changed;
    }

    /// Replaces the event of that name and key that still waits to be sent to a socket; socket_emitter::latest()
    /// says more. The frames are shared by all here too.
    [[nodiscard]] broadcast_operator latest(std::string_view key = {}) const
    {
        broadcast_operator changed = *this;
        changed.latest_.emplace(key);
        return changed;
    }

    /// False: transports send the event as it is, even if compression was agreed on (WS-15).
    [[nodiscard]] broadcast_operator compress(bool compress) const
    {
        broadcast_operator changed = *this;
        changed.flags_.compress = compress;
        return changed;
    }

    /// How long the answers may take; without it as long as `ack_timeout` says.
    [[nodiscard]] broadcast_operator timeout(duration limit) const
    {
        broadcast_operator changed = *this;
        changed.timeout_ = limit;
        return changed;
    }

    /// Only the sockets of this server: all there are, as long as servers are not joined by an adapter.
    [[nodiscard]] broadcast_operator local() const { return *this; }

    /// Sends the event to the audience. Encoded once, the frames are shared by all. A last argument that
    /// is a callback taking `broadcast_replies<...>` is called once with all answers (EV-11), on the shard
    /// that asked, or on the first one.
    /// Cost: one block of the thread's recycled memory, a pointer per socket, and one post for each other shard.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        if constexpr (detail::ends_with_replies_callback<Args...>)
            return emit_with_callback(
                event,
                std::forward_as_tuple(args...),
                std::make_index_sequence<sizeof...(Args) - 1>{}
            );
        else
            return emit_plain(event, args...);
    }

    /// Sends the event "message".
    template <class... Args>
    send_status send(const Args&... args) const
    {
        return emit("message", args...);
    }

    /// Sends the event and waits for the answers of all: `broadcast_replies<int> all = co_await
    /// io.to("room").timeout(5s).emit_with_ack<int>("sum", 1, 2)`. Completes where the caller lives.
    template <class... Reply, class... Args>
    [[nodiscard]] task<broadcast_replies<Reply...>> emit_with_ack(
        std::string_view event, const Args&... args
    ) const
    {
        return gather<Reply...>(*this, std::string{event}, std::tuple{detail::own(args)...});
    }

    /// Sends the event; the answers are taken one by one as they come, on the caller's shard.
    template <class... Reply, class... Args>
    [[nodiscard]] broadcast_answers<Reply...> emit_with_ack_stream(
        std::string_view event, const Args&... args
    ) const
    {
        const auto to = collect<Reply...>(nsp_->local().home().executor());
        static_cast<void>(ask(source_of(to), event, args...));
        return broadcast_answers<Reply...>{to};
    }

    /// The sockets of the audience, shard by shard. Their handles may be used on any thread as
    /// basic_socket says. Completes where the caller lives.
    [[nodiscard]] task<std::vector<basic_socket<Codec>>> fetch_sockets() const
    {
        return fetch(nsp_, who_, sender_);
    }

    /// The ids of the sockets that fetch_sockets() gives.
    [[nodiscard]] task<std::vector<std::string>> all_sockets() const
    {
        return ids_of(fetch(nsp_, who_, sender_));
    }

    /// How many sockets the audience has now, on all shards.
    [[nodiscard]] task<std::size_t> count() const
    {
        return detail::namespace_group::count(nsp_, who_, sender_);
    }

    /// All of the audience join, leave a room, or are disconnected; on other shards soon.
    void sockets_join(std::string_view room) const
    {
        nsp_->on_each_socket(who_, sender_, [name = std::string{room}](const auto& socket) {
            static_cast<void>(socket->nsp()->join(*socket, name));
        });
    }

    void sockets_join(std::initializer_list<std::string_view> rooms) const
    {
        for (const std::string_view room : rooms)
            sockets_join(room);
    }

    void sockets_leave(std::string_view room) const
    {
        nsp_->on_each_socket(who_, sender_, [name = std::string{room}](const auto& socket) {
            socket->nsp()->leave(*socket, name);
        });
    }

    void disconnect_sockets(bool close_connection = false) const
    {
        nsp_->on_each_socket(who_, sender_, [close_connection](const auto& socket) {
            socket->disconnect(close_connection);
        });
    }

private:
    template <class... Reply>
    using collector_ptr = boost::intrusive_ptr<detail::answer_collector<Reply...>>;

    template <class... Args>
    [[nodiscard]] result<protocol::encoded_packet> encode(
        std::optional<std::uint64_t> ack_id, std::string_view event, const Args&... args
    ) const
    {
        auto packet = detail::encode_event<Codec>(
            nsp_->name(), ack_id, nsp_->limits().packet, event, args...
        );
        if (!packet)
            nsp_->limits().log(
                log_level::warning,
                "{}: emit \"{}\": {}",
                nsp_->name(),
                event,
                packet.error().message()
            );
        if (packet && !flags_.compress)
            packet->forbid_compression();
        if (packet && latest_)
            detail::keep_latest(*packet, nsp_->name(), event, *latest_);
        return packet;
    }

    template <class... Args>
    send_status emit_plain(std::string_view event, const Args&... args) const
    {
        auto packet = encode(std::nullopt, event, args...);
        if (!packet)
            return send_status::rejected;
        detail::emit_flags flags = flags_;
        flags.recoverable = !flags.is_volatile && !latest_;
        return nsp_->broadcast(std::move(*packet), who_, flags, sender_.get());
    }

    template <class... Args, std::size_t... I>
    send_status
    emit_with_callback(std::string_view event, const std::tuple<const Args&...>& all, std::index_sequence<I...>)
        const
    {
        using callback = std::tuple_element_t<sizeof...(I), std::tuple<Args...>>;
        return detail::replies_callback<callback>::with_reply([&]<class... Reply>() {
            const auto to = collect<Reply...>(nsp_->local().home().executor());
            to->on_complete = [call = std::get<sizeof...(I)>(all)](auto& from) mutable {
                call(detail::replies_of(from));
            };
            return ask(source_of(to), event, std::get<I>(all)...);
        });
    }

    template <class... Reply>
    [[nodiscard]] collector_ptr<Reply...> collect(asio::io_context::executor_type executor) const
    {
        return new detail::answer_collector<Reply...>{executor, nsp_->parts().size()};
    }

    template <class... Reply>
    [[nodiscard]] static detail::answer_source_ptr<Reply...> source_of(
        const collector_ptr<Reply...>& to
    )
    {
        return new detail::answer_source<Reply...>{to};
    }

    template <class... Reply, class... Args>
    send_status ask(
        const detail::answer_source_ptr<Reply...>& to, std::string_view event, const Args&... args
    ) const
    {
        const std::uint64_t ack_id = nsp_->next_ack_id();
        auto packet = encode(ack_id, event, args...);
        if (!packet) {
            to->give_up(packet.error());
            return send_status::rejected;
        }
        detail::broadcast_question question;
        question.packet = std::move(*packet);
        question.ack_id = ack_id;
        question.who = who_;
        question.flags = flags_;
        question.timeout = timeout_;
        question.sender = sender_;
        question.receiver = [to](const detail::socket_ptr& from) {
            return std::make_unique<detail::broadcast_receiver<Codec, Reply...>>(to, from->id);
        };
        question.asked = [to](std::size_t count) { to->add_part(count); };
        return nsp_->ask(std::move(question));
    }

    template <class... Reply, class... Args>
    static task<broadcast_replies<Reply...>> gather(
        broadcast_operator self, std::string event, std::tuple<Args...> values
    )
    {
        const auto executor = co_await asio::this_coro::executor;
        const auto to = self.template collect<Reply...>(executor);
        std::apply(
            [&](const Args&... value) {
                static_cast<void>(self.ask(source_of(to), event, value...));
            },
            values
        );
        while (!to->is_complete())
            co_await to->changed.wait();
        co_return detail::replies_of(*to);
    }

    static task<std::vector<basic_socket<Codec>>> fetch(
        boost::intrusive_ptr<detail::namespace_group> nsp, audience who, detail::socket_ptr sender
    )
    {
        auto parts =
            detail::namespace_group::fetch(std::move(nsp), std::move(who), std::move(sender));
        const std::vector<detail::socket_ptr> found = co_await std::move(parts);
        std::vector<basic_socket<Codec>> handles;
        handles.reserve(found.size());
        for (const detail::socket_ptr& socket : found)
            handles.emplace_back(socket);
        co_return handles;
    }

    static task<std::vector<std::string>> ids_of(task<std::vector<basic_socket<Codec>>> fetching)
    {
        const std::vector<basic_socket<Codec>> found = co_await std::move(fetching);
        std::vector<std::string> ids;
        ids.reserve(found.size());
        for (const basic_socket<Codec>& socket : found)
            ids.emplace_back(socket.id());
        co_return ids;
    }

    boost::intrusive_ptr<detail::namespace_group> nsp_;
    detail::socket_ptr sender_;
    audience who_;
    detail::emit_flags flags_{.is_event = true};
    std::optional<duration> timeout_;
    std::optional<std::string> latest_;
};

}  // namespace cosio
