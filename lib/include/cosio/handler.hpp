// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/ack.hpp>
#include <cosio/any_value.hpp>
#include <cosio/detail/recycled_memory.hpp>
#include <cosio/detail/spawn.hpp>

#include <tuple>
#include <type_traits>

// From the signature of a user's handler to a function of packets.

namespace cosio {

template <codec Codec>
class basic_socket;

/// What unordered() gives.
template <class F>
struct unordered_handler
{
    F call;
};

/// A coroutine handler that later events of its socket do not wait for, whatever `handlers_at_once` says:
/// `socket.on("watch", cosio::unordered(...))`. For handlers that go on for long, or without end.
template <class F>
[[nodiscard]] unordered_handler<std::decay_t<F>> unordered(F&& handler)
{
    return {std::forward<F>(handler)};
}

namespace detail {

template <class F>
struct signature : signature<decltype(&F::operator())>
{};

template <class R, class... A>
struct signature<R (*)(A...)>
{
    using returned = R;
    using parameters = std::tuple<std::decay_t<A>...>;
    static constexpr bool takes_references = (std::is_reference_v<A> || ...);
    static constexpr bool takes_views = (std::is_same_v<std::decay_t<A>, std::string_view> || ...);
};

template <class R, class... A>
struct signature<R(A...)> : signature<R (*)(A...)>
{};

template <class R, class C, class... A>
struct signature<R (C::*)(A...)> : signature<R (*)(A...)>
{};

template <class R, class C, class... A>
struct signature<R (C::*)(A...) const> : signature<R (*)(A...)>
{};

template <class R, class C, class... A>
struct signature<R (C::*)(A...) noexcept> : signature<R (*)(A...)>
{};

template <class R, class C, class... A>
struct signature<R (C::*)(A...) const noexcept> : signature<R (*)(A...)>
{};

/// True if the callable is known to take a reference; a generic one does not tell.
template <class F>
inline constexpr bool takes_references = false;
template <class F>
    requires requires { &F::operator(); }
inline constexpr bool takes_references<F> = signature<F>::takes_references;

/// What one parameter of a handler is fed from.
enum class parameter_role : std::uint8_t
{
    socket,
    ack,
    rest,
    argument,
};

template <codec Codec, class T>
inline constexpr parameter_role role_of = parameter_role::argument;
template <codec Codec>
inline constexpr parameter_role role_of<Codec, basic_socket<Codec>> = parameter_role::socket;
template <codec Codec, class... T>
inline constexpr parameter_role role_of<Codec, ack<T...>> = parameter_role::ack;
template <codec Codec>
inline constexpr parameter_role role_of<Codec, arguments> = parameter_role::rest;

/// Reads arguments one after the other.
template <codec Codec>
class argument_cursor
{
public:
    explicit argument_cursor(const typename Codec::packet& packet) noexcept : packet_{&packet} {}

    template <class T>
    error_code read(T& out)
    {
        if (at_ == packet_->argument_count()) {
            if constexpr (is_optional<T>) {
                out.reset();
                return {};
            }
            return errc::wrong_argument_count;
        }
        return read_value(packet_->argument(at_++), out);
    }

    /// A view into the packet.
    error_code read_text(std::string_view& out)
    {
        if (at_ == packet_->argument_count())
            return errc::wrong_argument_count;
        const auto argument = packet_->argument(at_++);
        if (argument.kind() != value_kind::string)
            return errc::wrong_argument_type;
        out = argument.string();
        return {};
    }

    error_code read(arguments& out)
    {
        out.values.clear();
        out.attachments.clear();
        out.values.reserve(packet_->argument_count() - at_);
        for (; at_ != packet_->argument_count(); ++at_) {
            boost::json::value& value = out.values.emplace_back(nullptr);
            if (const error_code ec = read_json(packet_->argument(at_), value, &out.attachments))
                return ec;
        }
        return {};
    }

    [[nodiscard]] error_code finish() const
    {
        if (at_ != packet_->argument_count())
            return errc::wrong_argument_count;
        return {};
    }

    /// One text is left.
    [[nodiscard]] bool is_before_last_text() const
    {
        return at_ + 1 == packet_->argument_count() &&
               packet_->argument(at_).kind() == value_kind::string;
    }

private:
    const typename Codec::packet* packet_;
    std::size_t at_ = 0;
};

/// Fills `out` (a tuple of values) with all arguments of a packet.
template <codec Codec, class... T>
error_code read_arguments(const decoded_packet& packet, std::tuple<T...>& out)
{
    argument_cursor<Codec> cursor{static_cast<const typename Codec::packet&>(packet)};
    error_code ec;
    std::apply([&](T&... value) { (void)((ec = cursor.read(value), !ec) && ...); }, out);
    return ec ? ec : cursor.finish();
}

/// A user's handler: decodes its parameters and calls it. An asker says who has sent the event, and makes the
/// parameters that are no arguments: `special<T>()` for the socket and for what answers.
template <codec Codec, class F>
class typed_call
{
public:
    explicit typed_call(F call) : call_{std::move(call)} {}

    /// Errors: the arguments do not fit; then the user was not called. `spawn` is given its coroutine, if it is one.
    template <class Asker, class Spawn>
    error_code operator()(
        const Asker& asker, const decoded_packet& packet, [[maybe_unused]] Spawn&& spawn
    )
    {
        argument_cursor<Codec> cursor{static_cast<const typename Codec::packet&>(packet)};
        error_code ec;
        parameters values = prepare(asker, std::type_identity<parameters>{});
        std::apply([&](auto&... value) { (void)((ec = fill(cursor, value), !ec) && ...); }, values);
        if (ec)
            return ec;
        ec = cursor.finish();
        if (ec && !(cursor.is_before_last_text() && asker.appends_offset(packet)))
            return ec;
        if constexpr (std::is_void_v<returned>)
            std::apply(call_, std::move(values));
        else
            spawn(std::apply(call_, std::move(values)));
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
        std::is_void_v<returned> || !(signature<F>::takes_references || signature<F>::takes_views),
        "a coroutine handler takes its parameters by value: it outlives the event"
    );

    template <class T>
    static constexpr bool is_special =
        role_of<Codec, T> == parameter_role::socket || role_of<Codec, T> == parameter_role::ack;

    template <class... T, class Asker>
    static std::tuple<T...> prepare(const Asker& asker, std::type_identity<std::tuple<T...>>)
    {
        return std::tuple<T...>{prepare_one<T>(asker)...};
    }

    template <class T, class Asker>
    static T prepare_one([[maybe_unused]] const Asker& asker)
    {
        if constexpr (is_special<T>)
            return asker.template special<T>();
        else if constexpr (role_of<Codec, T> == parameter_role::rest)
            return T{.values = boost::json::array(recycled_storage())};
        else if constexpr (std::is_same_v<T, any_value>)
            return T{.json = boost::json::value(recycled_storage())};
        else
            return T{};
    }

    template <class T>
    static error_code fill(argument_cursor<Codec>& cursor, T& value)
    {
        if constexpr (is_special<T>)
            return {};
        else if constexpr (std::is_same_v<T, std::string_view>)
            return cursor.read_text(value);
        else
            return cursor.read(value);
    }

    F call_;
};

/// The other side of a socket has sent an event.
template <codec Codec>
struct socket_asker
{
    const socket_ptr& socket;
    const decoded_packet& packet;

    template <class T>
    [[nodiscard]] T special() const
    {
        if constexpr (role_of<Codec, T> == parameter_role::socket)
            return T{socket};
        else
            return make_ack(std::type_identity<T>{});
    }

    /// The server has appended where a recovery goes on (CSR-2): that is no argument of the event.
    [[nodiscard]] bool appends_offset(const decoded_packet& event) const
    {
        return socket->is_client() && socket->client().point.pid() && !event.header().id;
    }

private:
    template <class... Reply>
    [[nodiscard]] ack<Reply...> make_ack(std::type_identity<ack<Reply...>>) const
    {
        return ack<Reply...>{socket, packet.header().id, &encode_ack<Codec, Reply...>};
    }
};

template <codec Codec, class F>
class typed_handler final : public event_handler
{
public:
    explicit typed_handler(F call) : call_{std::move(call)} {}

    error_code invoke(const socket_ptr& socket, const decoded_packet& packet) override
    {
        const socket_asker<Codec> asker{socket, packet};
        return call_(asker, packet, [&](auto coroutine) {
            spawn_handler(
                socket, packet.event(), event_handler_ptr{this}, std::move(coroutine), in_order
            );
        });
    }

private:
    typed_call<Codec, F> call_;
};

template <class F>
inline constexpr bool is_unordered = false;
template <class F>
inline constexpr bool is_unordered<unordered_handler<F>> = true;

template <codec Codec, class F>
event_handler_ptr make_handler(F&& call, bool once)
{
    if constexpr (is_unordered<std::decay_t<F>>) {
        event_handler_ptr handler = make_handler<Codec>(std::forward<F>(call).call, once);
        handler->in_order = false;
        return handler;
    } else {
        event_handler_ptr handler{new typed_handler<Codec, std::decay_t<F>>{std::forward<F>(call)}};
        handler->once = once;
        return handler;
    }
}

}  // namespace detail
}  // namespace cosio
