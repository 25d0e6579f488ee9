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

template <codec Codec, class F>
class typed_handler final : public event_handler
{
public:
    explicit typed_handler(F call) : call_{std::move(call)} {}

    error_code invoke(const socket_ptr& socket, const decoded_packet& packet) override
    {
        argument_cursor<Codec> cursor{static_cast<const typename Codec::packet&>(packet)};
        error_code ec;
        parameters values = prepare(socket, packet, std::type_identity<parameters>{});
        std::apply([&](auto&... value) { (void)((ec = fill(cursor, value), !ec) && ...); }, values);
        if (!ec)
            ec = cursor.finish();
        if (ec)
            return ec;
        if constexpr (std::is_void_v<returned>)
            std::apply(call_, std::move(values));
        else
            spawn_handler(
                socket,
                packet.event(),
                event_handler_ptr{this},
                std::apply(call_, std::move(values))
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
        std::is_void_v<returned> || !(signature<F>::takes_references || signature<F>::takes_views),
        "a coroutine handler takes its parameters by value: it outlives the event"
    );

    template <class T>
    static T prepare_one(const socket_ptr& socket, const decoded_packet& packet)
    {
        if constexpr (role_of<Codec, T> == parameter_role::socket)
            return T{socket};
        else if constexpr (role_of<Codec, T> == parameter_role::ack)
            return make_ack(socket, packet, std::type_identity<T>{});
        else if constexpr (role_of<Codec, T> == parameter_role::rest)
            return T{.values = boost::json::array(recycled_storage())};
        else if constexpr (std::is_same_v<T, any_value>)
            return T{.json = boost::json::value(recycled_storage())};
        else
            return T{};
    }

    template <class... Reply>
    static ack<Reply...>
    make_ack(const socket_ptr& socket, const decoded_packet& packet, std::type_identity<ack<Reply...>>)
    {
        return ack<Reply...>{socket, packet.header().id, &encode_ack<Codec, Reply...>};
    }

    template <class... T>
    static std::tuple<T...>
    prepare(const socket_ptr& socket, const decoded_packet& packet, std::type_identity<std::tuple<T...>>)
    {
        return std::tuple<T...>{prepare_one<T>(socket, packet)...};
    }

    template <class T>
    static error_code fill(argument_cursor<Codec>& cursor, T& value)
    {
        if constexpr (role_of<Codec, T> == parameter_role::socket ||
                      role_of<Codec, T> == parameter_role::ack)
            return {};
        else if constexpr (std::is_same_v<T, std::string_view>)
            return cursor.read_text(value);
        else
            return cursor.read(value);
    }

    F call_;
};

template <codec Codec, class F>
event_handler_ptr make_handler(F&& call, bool once)
{
    event_handler_ptr handler{new typed_handler<Codec, std::decay_t<F>>{std::forward<F>(call)}};
    handler->once = once;
    return handler;
}

}  // namespace detail
}  // namespace cosio
