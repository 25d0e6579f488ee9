// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/broadcast_operator.hpp>

namespace cosio {

/// What a server, its namespaces and dynamic ones have of an operator: the calls go to everybody, `to()` and
/// the like narrow them. `Derived` has all(), which gives the `Operator` for everybody. Thread: any.
template <class Operator, class Derived>
class audience_calls
{
public:
    /// Sends an event to every socket; the operator's emit() says more.
    template <class... Args>
    send_status emit(std::string_view event, const Args&... args) const
    {
        return everybody().emit(event, args...);
    }

    /// Sends the event "message".
    template <class... Args>
    send_status send(const Args&... args) const
    {
        return everybody().send(args...);
    }

    [[nodiscard]] Operator to(std::string_view room) const { return everybody().to(room); }

    [[nodiscard]] Operator in(std::string_view room) const { return everybody().to(room); }

    [[nodiscard]] Operator except(std::string_view room) const { return everybody().except(room); }

    [[nodiscard]] Operator volatile_() const { return everybody().volatile_(); }

    [[nodiscard]] Operator latest(std::string_view key = {}) const
    {
        return everybody().latest(key);
    }

    [[nodiscard]] Operator compress(bool compress) const { return everybody().compress(compress); }

protected:
    [[nodiscard]] Operator everybody() const { return static_cast<const Derived&>(*this).all(); }
};

/// What a server and its namespaces have of broadcast_operator. Thread: any.
template <codec Codec, class Derived>
class broadcast_calls : public audience_calls<broadcast_operator<Codec>, Derived>
{
public:
    template <class... Reply, class... Args>
    [[nodiscard]] task<broadcast_replies<Reply...>> emit_with_ack(
        std::string_view event, const Args&... args
    ) const
    {
        return this->everybody().template emit_with_ack<Reply...>(event, args...);
    }

    [[nodiscard]] broadcast_operator<Codec> timeout(duration limit) const
    {
        return this->everybody().timeout(limit);
    }

    [[nodiscard]] broadcast_operator<Codec> local() const { return this->everybody().local(); }

    /// The connected sockets of all shards.
    [[nodiscard]] task<std::vector<basic_socket<Codec>>> fetch_sockets() const
    {
        return this->everybody().fetch_sockets();
    }

    [[nodiscard]] task<std::vector<std::string>> all_sockets() const
    {
        return this->everybody().all_sockets();
    }

    void sockets_join(std::string_view room) const { this->everybody().sockets_join(room); }

    void sockets_join(std::initializer_list<std::string_view> rooms) const
    {
        this->everybody().sockets_join(rooms);
    }

    void sockets_leave(std::string_view room) const { this->everybody().sockets_leave(room); }

    void disconnect_sockets(bool close_connection = false) const
    {
        this->everybody().disconnect_sockets(close_connection);
    }
};

}  // namespace cosio
