// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/operation.hpp>
#include <cosio/handler.hpp>

namespace cosio::detail {

/// result<void>, result<T>, or result of a tuple, by the number of values that a reply has.
template <class... Reply>
struct reply_of
{
    using type = result<std::tuple<Reply...>>;
};

template <class Reply>
struct reply_of<Reply>
{
    using type = result<Reply>;
};

template <>
struct reply_of<>
{
    using type = result<void>;
};

template <class... Reply>
using reply_t = typename reply_of<Reply...>::type;

/// Decodes a reply. Errors: those of read_value, wrong_argument_count; handler_failed, if a user's type threw.
template <codec Codec, class... Reply>
[[nodiscard]] reply_t<Reply...> read_reply(error_code why, const decoded_packet* packet)
try {
    using answer = reply_t<Reply...>;
    // result<bool> does not convert from an error: it is told what it is given.
    constexpr auto failed = boost::system::in_place_error;
    if (why)
        return answer{failed, why};
    std::tuple<Reply...> values;
    if (const error_code ec = read_arguments<Codec>(*packet, values))
        return answer{failed, ec};
    if constexpr (sizeof...(Reply) == 0)
        return {};
    else if constexpr (sizeof...(Reply) == 1)
        return answer{boost::system::in_place_value, std::get<0>(std::move(values))};
    else
        return values;
} catch (...) {
    return {boost::system::in_place_error, error_of_exception(errc::handler_failed)};
}

/// Calls `call(reply)` inline, on the shard.
template <codec Codec, class F, class... Reply>
class typed_ack_receiver final : public protocol::ack_receiver
{
public:
    explicit typed_ack_receiver(F call) : call_{std::move(call)} {}

    void complete(error_code why, const decoded_packet* reply) override
    {
        call_(read_reply<Codec, Reply...>(why, reply));
    }

private:
    F call_;
};

/// Whether a handler parameter is an answer: result<void>, result<T> or result of a tuple.
template <class T>
struct answer : std::false_type
{};

template <>
struct answer<result<void>> : std::true_type
{
    template <codec Codec, class F>
    using receiver = typed_ack_receiver<Codec, F>;
};

template <class T>
struct answer<result<T>> : std::true_type
{
    template <codec Codec, class F>
    using receiver = typed_ack_receiver<Codec, F, T>;
};

template <class... T>
struct answer<result<std::tuple<T...>>> : std::true_type
{
    template <codec Codec, class F>
    using receiver = typed_ack_receiver<Codec, F, T...>;
};

template <class F>
struct ack_callback : std::false_type
{};

/// A callback that takes one result<...> waits for an acknowledgement.
template <class F>
    requires requires { &F::operator(); } &&
             (std::tuple_size_v<typename signature<F>::parameters> == 1)
struct ack_callback<F> : answer<std::tuple_element_t<0, typename signature<F>::parameters>>
{};

}  // namespace cosio::detail
