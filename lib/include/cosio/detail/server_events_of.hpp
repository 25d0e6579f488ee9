// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/answer_collector.hpp>
#include <cosio/detail/decode_frames.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/handler.hpp>

#include <boost/asio/co_spawn.hpp>

#include <atomic>

// Server-side events in the types of one codec.

namespace cosio::detail {

template <codec Codec, class F>
class typed_server_handler final : public server_event_handler
{
public:
    explicit typed_server_handler(F call) : call_{std::move(call)} {}

    error_code invoke(
        const std::shared_ptr<server_event_handler>& self,
        namespace_state& at,
        const reply_sink_ptr& reply,
        const decoded_packet& packet
    ) override
    {
        argument_cursor<Codec> cursor{static_cast<const typename Codec::packet&>(packet)};
        error_code ec;
        parameters values = prepare(reply, std::type_identity<parameters>{});
        std::apply([&](auto&... value) { (void)((ec = fill(cursor, value), !ec) && ...); }, values);
        if (!ec)
            ec = cursor.finish();
        if (ec)
            return ec;
        if constexpr (std::is_void_v<returned>)
            std::apply(call_, std::move(values));
        else
            asio::co_spawn(
                at.home().executor(),
                std::apply(call_, std::move(values)),
                [self, nsp = boost::intrusive_ptr{&at}](const std::exception_ptr& thrown) {
                    if (thrown)
                        report_exception(nsp->name(), "server-side event", nsp->limits(), thrown);
                }
            );
        return {};
    }

private:
    using returned = typename signature<F>::returned;
    using parameters = typename signature<F>::parameters;

    static_assert(
        std::is_void_v<returned> || is_coroutine<returned>,
        "a handler returns void, cosio::task<> or asio::awaitable<void>"
    );
    static_assert(
        std::is_void_v<returned> || !signature<F>::takes_references,
        "a coroutine handler takes its parameters by value: it outlives the event"
    );

    template <class T>
    static T prepare_one(const reply_sink_ptr& reply)
    {
        if constexpr (role_of<Codec, T> == parameter_role::ack)
            return make_ack(reply, std::type_identity<T>{});
        else
            return T{};
    }

    template <class... Reply>
    static ack<Reply...> make_ack(const reply_sink_ptr& reply, std::type_identity<ack<Reply...>>)
    {
        return ack<Reply...>{reply, &encode_ack<Codec, Reply...>};
    }

    template <class... T>
    static std::tuple<T...>
    prepare(const reply_sink_ptr& reply, std::type_identity<std::tuple<T...>>)
    {
        return std::tuple<T...>{prepare_one<T>(reply)...};
    }

    template <class T>
    static error_code fill(argument_cursor<Codec>& cursor, T& value)
    {
        static_assert(
            role_of<Codec, T> != parameter_role::socket, "no socket has sent a server-side event"
        );
        if constexpr (role_of<Codec, T> == parameter_role::ack)
            return {};
        else
            return cursor.read(value);
    }

    F call_;
};

/// The first answer of each shard counts.
template <codec Codec, class... Reply>
class shard_reply final : public reply_sink
{
public:
    shard_reply(
        answer_source_ptr<Reply...> to, boost::intrusive_ptr<const multiplexer_limits> limits
    ) noexcept
        : to_{std::move(to)}, limits_{std::move(limits)}
    {}

    [[nodiscard]] const protocol::packet_limits& limits() const noexcept override
    {
        return limits_->packet;
    }

    void answer(const result<protocol::encoded_packet>& packet) override
    {
        if (answered_.exchange(true))
            return;
        const auto decoder = Codec::make_decoder(limits_->packet);
        const decoded_packet* const read = packet ? decode_frames(*decoder, *packet) : nullptr;
        const error_code why = packet ? error_code{} : packet.error();
        if (read || why)
            to_->add_answer({}, read_reply<Codec, Reply...>(why, read));
    }

private:
    answer_source_ptr<Reply...> to_;
    boost::intrusive_ptr<const multiplexer_limits> limits_;
    std::atomic<bool> answered_ = false;
};

}  // namespace cosio::detail
