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

/// Another shard has sent an event.
template <codec Codec>
struct shard_asker
{
    const reply_sink_ptr& reply;

    template <class T>
    [[nodiscard]] T special() const
    {
        static_assert(
            role_of<Codec, T> != parameter_role::socket, "no socket has sent a server-side event"
        );
        return make_ack(std::type_identity<T>{});
    }

    [[nodiscard]] static bool appends_offset(const decoded_packet&) noexcept { return false; }

private:
    template <class... Reply>
    [[nodiscard]] ack<Reply...> make_ack(std::type_identity<ack<Reply...>>) const
    {
        return ack<Reply...>{reply, &encode_ack<Codec, Reply...>};
    }
};

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
        const shard_asker<Codec> asker{reply};
        return call_(asker, packet, [&](auto coroutine) {
            asio::co_spawn(
                at.home().executor(),
                std::move(coroutine),
                [self, nsp = boost::intrusive_ptr{&at}](const std::exception_ptr& thrown) {
                    if (thrown)
                        report_exception(nsp->name(), "server-side event", nsp->limits(), thrown);
                }
            );
        });
    }

private:
    typed_call<Codec, F> call_;
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
