// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/ack_wait.hpp>
#include <cosio/detail/operation.hpp>
#include <cosio/detail/socket_state.hpp>
#include <cosio/timer_queue.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <deque>
#include <functional>

namespace cosio::detail {

/// So many events of one name may wait to be asked for; then the later events of their socket wait too.
inline constexpr std::size_t max_unread_events = 64;

/// Events that somebody asks for, one after the other, instead of being called. Thread: the shard.
template <codec Codec, class... T>
class event_stream final : public event_handler, private timer_node
{
public:
    using value = reply_t<T...>;
    using receiver = std::function<void(value)>;

    static_assert(
        (!std::is_same_v<T, std::string_view> && ...),
        "the text of a packet does not last: std::string"
    );

    explicit event_stream(socket_ptr socket)
        : socket_{std::move(socket)},
          handler_{make_handler<Codec>([this](T... all) { push(std::move(all)...); }, false)}
    {}

    ~event_stream() override
    {
        finish(errc::disconnected);
        for (; held_back_ != 0; --held_back_)
            socket_->handler_ended();
    }

    static bool matches(const event_handler& other)
    {
        return dynamic_cast<const event_stream*>(&other) != nullptr;
    }

    error_code invoke(const socket_ptr& socket, const decoded_packet& packet) override
    {
        return handler_->invoke(socket, packet);
    }

    void interrupt(error_code why) override { finish(why); }

    /// Calls `told` once, in a later turn if it has to wait.
    void next(std::optional<duration> timeout, receiver told)
    {
        if (told_) {
            told(value{boost::system::in_place_error, asio::error::already_started});
        } else if (!unread_.empty()) {
            told(take());
        } else if (socket_->is_deaf()) {
            told(value{boost::system::in_place_error, errc::disconnected});
        } else {
            told_ = std::move(told);
            if (timeout)
                socket_->home().time().arm(*this, socket_->home().now() + *timeout);
        }
    }

private:
    void on_deadline(time_point) override { finish(errc::timeout); }

    void push(T... all)
    {
        value one = value_of(std::move(all)...);
        if (told_) {
            tell(std::move(one));
            return;
        }
        unread_.push_back(std::move(one));
        if (unread_.size() > max_unread_events) {
            socket_->handler_began();
            ++held_back_;
        }
    }

    static value value_of(T... all)
    {
        if constexpr (sizeof...(T) == 0)
            return {};
        else if constexpr (sizeof...(T) == 1)
            return value{boost::system::in_place_value, std::move(all)...};
        else
            return value{boost::system::in_place_value, std::tuple<T...>{std::move(all)...}};
    }

    value take()
    {
        value first = std::move(unread_.front());
        unread_.pop_front();
        if (held_back_ != 0) {
            --held_back_;
            socket_->handler_ended();
        }
        return first;
    }

    void finish(error_code why)
    {
        if (told_)
            tell(value{boost::system::in_place_error, why});
    }

    void tell(value outcome)
    {
        socket_->home().time().disarm(*this);
        std::exchange(told_, nullptr)(std::move(outcome));
    }

    socket_ptr socket_;
    event_handler_ptr handler_;
    std::deque<value> unread_;
    std::size_t held_back_ = 0;
    receiver told_;
};

/// The stream of that event; the first call begins it.
template <class Stream>
boost::intrusive_ptr<Stream> stream_of(const socket_ptr& socket, std::string_view event)
{
    if (event_handler* const known = socket->find_handler(event, &Stream::matches))
        return static_cast<Stream*>(known);
    const boost::intrusive_ptr<Stream> made{new Stream{socket}};
    socket->add_handler(event, made);
    return made;
}

/// Whoever waits for the next event gives up. Thread: any.
template <class Stream>
void cancel_next(const socket_ptr& socket, const std::string& event)
{
    if (!socket->home().is_current())
        socket->home().post([socket, event] { cancel_next<Stream>(socket, event); });
    else if (event_handler* const stream = socket->find_handler(event, &Stream::matches))
        stream->interrupt(errc::cancelled);
}

/// Waits at the stream. Thread: the shard.
template <class Stream, class Handler>
void wait_for_next(
    const std::shared_ptr<pending_operation<Handler, typename Stream::value>>& pending,
    const socket_ptr& socket,
    std::optional<duration> timeout,
    const std::string& event
)
{
    const auto stream = stream_of<Stream>(socket, event);
    if (auto slot = pending->cancellation(); slot.is_connected())
        slot.assign([socket, event](asio::cancellation_type) { cancel_next<Stream>(socket, event); }
        );
    stream->next(timeout, [pending](typename Stream::value outcome) {
        pending->complete(std::move(outcome));
    });
}

template <class Stream, class Handler>
void start_next(
    Handler handler,
    const socket_ptr& socket,
    std::optional<duration> timeout,
    const std::string& event
)
{
    using pending_type = pending_operation<Handler, typename Stream::value>;
    const auto begin = [&](const std::shared_ptr<pending_type>& pending) {
        if (socket->home().is_current()) {
            wait_for_next<Stream>(pending, socket, timeout, event);
            return;
        }
        socket->home().post([pending, socket, timeout, event] {
            run_step(pending, [&] { wait_for_next<Stream>(pending, socket, timeout, event); });
        });
    };
    begin_operation<pending_type>(std::move(handler), socket->home().executor(), begin);
}

/// A deferred operation of Asio's that completes with the next event.
template <codec Codec, class... T>
[[nodiscard]] auto next_event(
    const socket_ptr& of, std::optional<duration> timeout, std::string_view event
)
{
    using stream = event_stream<Codec, T...>;
    auto initiate = [](auto handler,
                       const socket_ptr& socket,
                       std::optional<duration> limit,
                       const std::string& name) {
        start_next<stream>(std::move(handler), socket, limit, name);
    };
    return asio::async_initiate<const asio::deferred_t, void(reply_t<T...>)>(
        std::move(initiate), asio::deferred, of, timeout, std::string{event}
    );
}

}  // namespace cosio::detail
