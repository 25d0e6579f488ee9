// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/server_state.hpp>
#include <cosio/namespace.hpp>
#include <cosio/parent_namespace.hpp>

#include <array>
#include <span>

namespace cosio {

/// A Socket.IO server of one codec. It has no port of its own: a listener, a loopback or a custom
/// transport brings it connections.
/// Lifetime: the shards outlive the server. Destroying it ends its connections without a word and
/// completes what waits for an acknowledgement; no other handler is called: close() it first for that.
/// With several shards it is destroyed while they do not run.
template <codec Codec>
class basic_server : public broadcast_calls<Codec, basic_server<Codec>>
{
public:
    using socket_type = basic_socket<Codec>;
    using namespace_type = basic_namespace<Codec>;
    using parent_type = basic_parent_namespace<Codec>;

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

    /// A dynamic namespace: a client that asks for a name which fits, and is that of no other namespace, gets
    /// a child made for it. Of several dynamic ones the first that fits counts (SIO-14).
    /// Throws std::invalid_argument if the pattern is none.
    parent_type of(const name_pattern& pattern)
    {
        return parent_type{state_.add_parent(detail::matching(pattern.expression))};
    }

    /// The same by a function: `bool f(std::string_view name, const boost::json::value& auth)`, or a
    /// coroutine `task<bool> f(std::string name, boost::json::value auth)`. Thread: that of any shard.
    template <class F>
        requires std::is_invocable_v<F&, std::string, boost::json::value>
    parent_type of(F fits)
    {
        using returned = std::invoke_result_t<F&, std::string, boost::json::value>;
        if constexpr (std::is_same_v<returned, bool>)
            return parent_type{state_.add_parent({.now = std::move(fits)})};
        else
            return parent_type{state_.add_parent({.later = std::move(fits)})};
    }

    /// Called as handler(namespace_type) for each namespace that is made from now on, by of() or for a
    /// client. Thread: the one that makes it.
    template <class F>
    void on_new_namespace(F handler)
    {
        state_.add_new_namespace([handler = std::move(handler)](detail::namespace_group& made) {
            handler(namespace_type{made});
        });
    }

    /// The main namespace, which the calls below speak of.
    [[nodiscard]] namespace_type main() { return namespace_type{state_.main()}; }

    template <class F>
    void use(F middleware)
    {
        main().use(std::move(middleware));
    }

    /// Adds a middleware of HTTP behind those of `options.engine.middlewares`: it sees every request below the path,
    /// before anything is checked. Also while the server runs. Thread: any.
    void use_http(const http_middleware& middleware) { state_.use_http(middleware); }

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

    /// Everybody in the main namespace.
    [[nodiscard]] broadcast_operator<Codec> all() const
    {
        return broadcast_operator<Codec>{state_.main()};
    }

    /// Comes to an end in good order: refuses new connections, sends what was emitted, closes every session
    /// with "server shutting down". Completes when none is left; close the listener then, not before, for a
    /// client that long-polls still comes for what waits. Thread: a coroutine of any executor.
    [[nodiscard]] task<drain_report> drain(drain_options options = {})
    {
        return detail::server_state::drain(state_, options);
    }

    /// Every socket ends with "server shutting down"; new connections are refused. Thread: any.
    void close() { state_.close(); }

    /// How often each limit was reached, those of sessions, packets and sockets. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept
    {
        return state_.engine().limits_reached();
    }

    /// Connections, whatever namespaces they have joined: Node's `io.engine.clientsCount`. Thread: any.
    [[nodiscard]] std::size_t clients_count() const noexcept
    {
        return state_.engine().clients_count();
    }

    /// The ids of the sessions of all connections, which are secrets: Node's `io.engine.clients`.
    /// Completes where the caller lives.
    [[nodiscard]] task<std::vector<std::string>> client_ids() const
    {
        return detail::server_state::client_ids(state_.parts());
    }

    /// The Engine.IO server below: what a listener is given.
    [[nodiscard]] engine_host& engine() noexcept { return state_.engine(); }

    [[nodiscard]] const server_options& options() const noexcept { return state_.options(); }

private:
    detail::server_state state_;
};

}  // namespace cosio
