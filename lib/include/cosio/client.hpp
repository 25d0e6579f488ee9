// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/client_state.hpp>
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
