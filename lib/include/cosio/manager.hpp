// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client.hpp>

namespace cosio {

/// A Socket.IO client that comes back: one connection at a time to one server, and its sockets over it, which keep
/// their handlers from one to the next.
///
///     json_manager manager{runtime.home(), make_http_connector(...)};
///     json_client_socket chat = manager.socket("/chat");
///     chat.on("said", [](std::string text) { ... });
///
/// Lifetime: the shard outlives the manager. Destroying it ends everything and calls nobody but those who wait for an
/// answer; it may be destroyed by any of its own handlers. Thread: the shard.
/// Errors: the constructor throws std::invalid_argument for a wrong option.
template <codec Codec>
class basic_manager
{
public:
    using socket_type = basic_client_socket<Codec>;

    /// Begins to connect unless `auto_connect` is false.
    basic_manager(shard& home, std::unique_ptr<connector> network, client_options options = {})
        : state_{std::make_shared<
              detail::manager_state>(home, std::move(network), options, detail::functions_of<Codec>)
          }
    {
        if (options.auto_connect)
            state_->open();
    }

    basic_manager(const basic_manager&) = delete;
    basic_manager& operator=(const basic_manager&) = delete;

    ~basic_manager() { state_->shut(); }

    /// The socket of a namespace, always the same one. `auth` goes with its CONNECT: an object, or null for none.
    [[nodiscard]] socket_type socket(std::string_view nsp = "/", boost::json::value auth = nullptr)
    {
        return socket_type{state_->socket(nsp, std::move(auth))};
    }

    /// Connects, if nothing of the kind is under way. Thread: any.
    void open() { state_->run(&detail::manager_state::open); }

    /// Disconnects, and comes back no more. The sockets are connected again after the next open(). Thread: any.
    void close() { state_->run(&detail::manager_state::close); }

    /// Other transports, from the next connection on.
    /// Errors: throws std::invalid_argument for none, or one twice.
    void set_transports(std::vector<engine::transport_kind> transports)
    {
        state_->set_transports(std::move(transports));
    }

    [[nodiscard]] bool is_open() const noexcept
    {
        return state_->rules().current() == protocol::reconnect::state::open;
    }

    /// Connected, or about to be, or to try again.
    [[nodiscard]] bool is_active() const noexcept { return state_->rules().is_active(); }

    /// How often each limit was reached. Thread: any.
    [[nodiscard]] const limit_counters& limits_reached() const noexcept
    {
        return state_->limits_reached();
    }

    /// Called as handler() when there is a connection, before its sockets are in their namespaces.
    template <class F>
    basic_manager& on_open(F handler)
    {
        state_->handlers.open.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler(error_code, std::string_view text) when there could not be one.
    template <class F>
    basic_manager& on_error(F handler)
    {
        state_->handlers.error.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler(close_reason) when the connection has ended.
    template <class F>
    basic_manager& on_close(F handler)
    {
        state_->handlers.close.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler(error_code, std::string_view text) when there is no upgrade to another transport: the
    /// connection goes on over long-polling, unless it has ended (UP-16). `text` begins with "probe error".
    template <class F>
    basic_manager& on_upgrade_error(F handler)
    {
        state_->handlers.upgrade_error.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler(std::uint64_t number) before each attempt to come back.
    template <class F>
    basic_manager& on_reconnect_attempt(F handler)
    {
        state_->handlers.reconnect_attempt.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler(error_code) when such an attempt has failed.
    template <class F>
    basic_manager& on_reconnect_error(F handler)
    {
        state_->handlers.reconnect_error.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler() when there will be no other.
    template <class F>
    basic_manager& on_reconnect_failed(F handler)
    {
        state_->handlers.reconnect_failed.push_back(std::move(handler));
        return *this;
    }

    /// Called as handler(std::uint64_t number) when an attempt has succeeded.
    template <class F>
    basic_manager& on_reconnect(F handler)
    {
        state_->handlers.reconnect.push_back(std::move(handler));
        return *this;
    }

private:
    std::shared_ptr<detail::manager_state> state_;
};

}  // namespace cosio
