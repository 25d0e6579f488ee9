// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/answer_collector.hpp>

namespace cosio {

/// What one socket has answered to a broadcast. `reply` is result<void>, result<T> or result of a tuple.
template <class... Reply>
struct broadcast_answer
{
    socket_id socket;
    detail::reply_t<Reply...> reply;
};

/// The answers to a broadcast as they come: `while (auto answer = co_await answers.next())`.
/// Thread: where the broadcast was asked for. One coroutine waits at a time.
template <class... Reply>
class broadcast_answers
{
public:
    using answer = broadcast_answer<Reply...>;

    explicit broadcast_answers(boost::intrusive_ptr<detail::answer_collector<Reply...>> from
    ) noexcept
        : from_{std::move(from)}
    {}

    /// The next one, or nothing when each socket has answered, gone, or been too late.
    [[nodiscard]] task<std::optional<answer>> next() { return next_of(from_); }

private:
    static task<std::optional<answer>> next_of(
        boost::intrusive_ptr<detail::answer_collector<Reply...>> from
    )
    {
        while (from->answers.empty() && !from->is_complete())
            co_await from->changed.wait();
        if (from->answers.empty())
            co_return std::nullopt;
        auto& [socket, reply] = from->answers.front();
        std::optional<answer> one{answer{socket, std::move(reply)}};
        from->answers.pop_front();
        co_return one;
    }

    boost::intrusive_ptr<detail::answer_collector<Reply...>> from_;
};

/// All answers to a broadcast. With `why` set (the first reason), those that came are there all the same.
template <class... Reply>
struct broadcast_replies
{
    using value = typename detail::collected<Reply...>::type;

    std::vector<value> values;  ///< in the order of their arrival
    std::size_t asked = 0;      ///< sockets that the event was sent to
    error_code why = {};        ///< success: all have answered; timeout, disconnected ...
};

namespace detail {

template <class... Reply>
[[nodiscard]] broadcast_replies<Reply...> replies_of(answer_collector<Reply...>& from)
{
    broadcast_replies<Reply...> all;
    all.asked = from.asked();
    all.why = from.refused();
    for (auto& [socket, reply] : from.answers) {
        if (!reply && !all.why)
            all.why = reply.error();
        if (!reply)
            continue;
        if constexpr (sizeof...(Reply) == 0)
            all.values.emplace_back();
        else
            all.values.push_back(std::move(*reply));
    }
    return all;
}

template <class T>
struct replies_parameter : std::false_type
{};

template <class... Reply>
struct replies_parameter<broadcast_replies<Reply...>> : std::true_type
{
    template <class F>
    static auto with_reply(F&& f)
    {
        return f.template operator()<Reply...>();
    }
};

template <class F>
struct replies_callback : std::false_type
{};

/// A callback that takes one broadcast_replies<...> waits for the answers to a broadcast.
template <class F>
    requires requires { &F::operator(); } &&
             (std::tuple_size_v<typename signature<F>::parameters> == 1)
struct replies_callback<F>
    : replies_parameter<std::tuple_element_t<0, typename signature<F>::parameters>>
{};

template <class... Args>
inline constexpr bool ends_with_replies_callback = false;
template <class First, class... Rest>
inline constexpr bool ends_with_replies_callback<First, Rest...> =
    replies_callback<std::tuple_element_t<sizeof...(Rest), std::tuple<First, Rest...>>>::value;

}  // namespace detail
}  // namespace cosio
