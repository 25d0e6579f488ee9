// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_operator.hpp>

namespace cosio {

/// What a server and its namespaces have of broadcast_operator: the calls go to everybody, `to()` and the
/// like narrow them. `Derived` has all(), everybody. Thread: any.
template <codec Codec, class Derived>
class broadcast_calls
{
public:
    /// Sends an event to every socket of the namespace; broadcast_operator::emit() says more.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        return all().emit(event, args...);
    }

    /// Sends the event "message".
    template <class... Args>
    send_status send(const Args&... args) const
    {
        return all().send(args...);
    }

    template <class... Reply, class... Args>
    [[nodiscard]] task<broadcast_replies<Reply...>> emit_with_ack(
        std::string_view event, const Args&... args
    ) const
    {
        return all().template emit_with_ack<Reply...>(event, args...);
    }

    [[nodiscard]] broadcast_operator<Codec> to(std::string_view room) const
    {
        return all().to(room);
    }

    [[nodiscard]] broadcast_operator<Codec> in(std::string_view room) const
    {
        return all().to(room);
    }

    [[nodiscard]] broadcast_operator<Codec> except(std::string_view room) const
    {
        return all().except(room);
    }

    [[nodiscard]] broadcast_operator<Codec> volatile_() const { return all().volatile_(); }

    [[nodiscard]] broadcast_operator<Codec> compress(bool compress) const
    {
        return all().compress(compress);
    }

    [[nodiscard]] broadcast_operator<Codec> timeout(duration limit) const
    {
        return all().timeout(limit);
    }

    [[nodiscard]] broadcast_operator<Codec> local() const { return all().local(); }

    /// The connected sockets of all shards.
    [[nodiscard]] task<std::vector<basic_socket<Codec>>> fetch_sockets() const
    {
        return all().fetch_sockets();
    }

    void sockets_join(std::string_view room) const { all().sockets_join(room); }

    void sockets_leave(std::string_view room) const { all().sockets_leave(room); }

    void disconnect_sockets(bool close_connection = false) const
    {
        all().disconnect_sockets(close_connection);
    }

private:
    [[nodiscard]] broadcast_operator<Codec> all() const
    {
        return static_cast<const Derived&>(*this).all();
    }
};

}  // namespace cosio
