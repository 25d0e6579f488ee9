// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/client_state.hpp>
#include <cosio/detail/manager_state.hpp>
#include <cosio/engine_connection.hpp>
#include <cosio/socket.hpp>

namespace cosio {

/// A socket of a client: one namespace of one server.
template <codec Codec>
class basic_client_socket : public socket_base<Codec, basic_client_socket<Codec>>
{
public:
    basic_client_socket() = default;

    explicit basic_client_socket(detail::socket_ptr state) noexcept
        : socket_base<Codec, basic_client_socket>{std::move(state)}
    {}

    /// Called when the server has let the socket in.
    template <class F>
    const basic_client_socket& on_connect(F handler) const
    {
        this->state_->add_connect(std::move(handler));
        return *this;
    }

    /// Asked for the auth of each CONNECT, instead of what the socket was made with: a function or a coroutine that
    /// gives an object, or null for none. Throwing is a connect_error.
    template <class F>
    const basic_client_socket& set_auth(F provider) const
    {
        if constexpr (std::is_same_v<std::invoke_result_t<F&>, task<boost::json::value>>)
            this->state_->client().auth = std::move(provider);
        else
            this->state_->client().auth =
                [provider = std::move(provider)]() mutable -> task<boost::json::value> {
                co_return provider();
            };
        return *this;
    }

    /// Connects a socket of a manager again after disconnect(), or after the server has ended or refused it.
    void connect() const
    {
        if (const auto manager = this->state_->client().manager.lock())
            manager->connect(this->state_);
    }

    /// "/chat". Lifetime: as long as this handle.
    [[nodiscard]] std::string_view nsp_name() const noexcept { return this->state_->nsp_name(); }

    /// The connection below: its transport, its upgrade, what waits to be sent.
    [[nodiscard]] engine_connection conn() const noexcept
    {
        return engine_connection{this->state_};
    }

    /// It is connected, or will be as soon as there is a connection.
    [[nodiscard]] bool active() const noexcept
    {
        return this->state_ && this->state_->client().active;
    }

    /// The last CONNECT has brought back the socket that was lost, and the events it missed.
    [[nodiscard]] bool recovered() const noexcept
    {
        return this->state_ && this->state_->client().recovered;
    }

    /// Called as handler(message, data) when the server refuses; `data` is null if it sent none.
    template <class F>
    const basic_client_socket& on_connect_error(F handler) const
    {
        this->state_->add_connect_error(std::move(handler));
        return *this;
    }
};

/// A Socket.IO client over one link that is given to it; its sockets end with the link.
/// Lifetime: the shard outlives the client. Destroying it completes what waits for an acknowledgement; no
/// other handler is called: close() it first for that. Thread: the shard.
/// Errors: the constructor throws std::invalid_argument for a wrong option.
template <codec Codec>
class basic_client
{
public:
    using socket_type = basic_client_socket<Codec>;

    basic_client(shard& home, std::unique_ptr<transport> link, client_options options = {})
        : state_{home, std::move(link), std::move(options), detail::functions_of<Codec>}
    {}

    /// The socket of a namespace. `auth` goes with its CONNECT: an object, or null for none.
    [[nodiscard]] socket_type socket(std::string_view nsp = "/", boost::json::value auth = nullptr)
    {
        return socket_type{state_.socket(nsp, std::move(auth))};
    }

    /// Ends all sockets and the link.
    void close() { state_.close(); }

    /// True between the server's handshake and the end.
    [[nodiscard]] bool is_open() const noexcept { return state_.is_open(); }

private:
    detail::client_state state_;
};

}  // namespace cosio
