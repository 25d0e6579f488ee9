// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/server_state.hpp>
#include <cosio/namespace.hpp>

#include <array>
#include <span>

namespace cosio {

/// A Socket.IO server of one codec. It has no port of its own: a listener, a loopback or a custom
/// transport brings it connections.
/// Lifetime: the shards outlive the server. Destroying it ends its connections without a word and
/// completes what waits for an acknowledgement; no other handler is called: close() it first for that.
/// With several shards it is destroyed while they do not run.
template <codec Codec>
class basic_server
{
public:
    using socket_type = basic_socket<Codec>;
    using namespace_type = basic_namespace<Codec>;

    /// Throws std::invalid_argument with one clear line if an option is wrong.
    explicit basic_server(shard& home, server_options options = {})
        : basic_server{std::array{&home}, std::move(options)}
    {}

    /// On several shards, as those of a runtime: handlers then run on several threads, on that of their
    /// socket's shard; each shard has its own copy of them.
    explicit basic_server(std::span<shard* const> shards, server_options options = {})
        : state_{shards, std::move(options), detail::functions_of<Codec>}
    {}

    /// The namespace of that name, made at the first call. Throws std::invalid_argument for a bad name.
    [[nodiscard]] namespace_type of(std::string_view name)
    {
        return namespace_type{state_.of(name)};
    }

    /// The main namespace, which the calls below speak of.
    [[nodiscard]] namespace_type main() { return namespace_type{state_.main()}; }

    template <class F>
    void use(F middleware)
    {
        main().use(std::move(middleware));
    }

    template <class F>
    void on_connection(F handler)
    {
        main().on_connection(std::move(handler));
    }

    template <class F>
    void on(std::string_view event, F&& handler)
    {
        main().on(event, std::forward<F>(handler));
    }

    template <class... Args>
    send_status emit(std::string_view event, const Args&... args)
    {
        return main().emit(event, args...);
    }

    [[nodiscard]] broadcast_operator<Codec> to(std::string_view room) { return main().to(room); }

    [[nodiscard]] broadcast_operator<Codec> in(std::string_view room) { return main().in(room); }

    [[nodiscard]] broadcast_operator<Codec> except(std::string_view room)
    {
        return main().except(room);
    }

    /// Every socket ends with "server shutting down"; new connections are refused. Thread: any.
    void close() { state_.close(); }

    /// How often each limit was reached, those of sessions, packets and sockets. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept
    {
        return state_.engine().limits_reached();
    }

    /// The Engine.IO server below: what a listener is given.
    [[nodiscard]] engine_host& engine() noexcept { return state_.engine(); }

    [[nodiscard]] const server_options& options() const noexcept { return state_.options(); }

private:
    detail::server_state state_;
};

}  // namespace cosio
