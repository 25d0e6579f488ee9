// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "arena.hpp"
#include "link_end.hpp"

#include <cosio/transports/loopback.hpp>

#include <utility>

// The links that must all behave alike. To add one: a maker here, and its name in the list of the suite.

namespace cosio::test {

using transport_pair = std::pair<std::unique_ptr<transport>, std::unique_ptr<transport>>;
using byte_streams = std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>>;

/// Both ends of a connection in that place. first: the server.
[[nodiscard]] byte_streams connected_streams(simulated_arena& where);

/// With small buffers: a peer that does not read is felt soon.
[[nodiscard]] byte_streams connected_streams(network_arena& where);

/// Both ends with TLS over them, after the handshake.
[[nodiscard]] byte_streams with_tls(arena& where, byte_streams plain);

struct loopback_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 2'000'000;  ///< more than a link takes in flight
    static constexpr auto kind = engine::transport_kind::loopback;

    [[nodiscard]] static transport_pair make(place& where);
};

struct websocket_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 2'000'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

/// Every byte travels alone.
struct bytewise_websocket_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 66'000;
    static constexpr std::size_t flood_bytes = 50'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

/// Every packet is compressed for itself.
struct deflated_websocket_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 2'000'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

/// Every packet is compressed with those before it, and every byte travels alone.
struct context_websocket_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 66'000;
    static constexpr std::size_t flood_bytes = 50'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

struct tcp_websocket_maker
{
    using place = network_arena;
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 8'000'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

/// TLS below; its handshake is over.
struct tls_websocket_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 2'000'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

/// Every byte of a record travels alone.
struct bytewise_tls_websocket_maker
{
    using place = simulated_arena;
    static constexpr std::size_t max_payload = 66'000;
    static constexpr std::size_t flood_bytes = 100'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

struct tls_tcp_websocket_maker
{
    using place = network_arena;
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 8'000'000;
    static constexpr auto kind = engine::transport_kind::websocket;

    [[nodiscard]] static transport_pair make(place& where);
};

/// Both ends of a link whose ends are transports. first: the server.
template <class Maker>
class transport_link
{
public:
    using maker = Maker;
    static constexpr std::size_t max_payload = Maker::max_payload;
    static constexpr std::size_t flood_bytes = Maker::flood_bytes;

    transport_link()
    {
        transport_pair links = Maker::make(where_);
        ends_.first = std::make_unique<transport_end>(where_.home(), std::move(links.first));
        ends_.second = std::make_unique<transport_end>(where_.home(), std::move(links.second));
        where_.settle();
    }

    ~transport_link()
    {
        ends_ = {};
        where_.settle();
    }

    [[nodiscard]] arena& where() { return where_; }

    [[nodiscard]] transport_end& first() { return *ends_.first; }

    [[nodiscard]] transport_end& second() { return *ends_.second; }

private:
    typename Maker::place where_;
    std::pair<std::unique_ptr<transport_end>, std::unique_ptr<transport_end>> ends_;
};

/// Long-polling: an Engine.IO server behind HTTP, and a client that writes its requests by hand.
/// Engine.IO control packets stay inside; messages are what is seen.
template <class Place>
class polling_link
{
public:
    static constexpr std::size_t max_payload = 1'000'000;
    static constexpr std::size_t flood_bytes = 2'000'000;

    polling_link();
    ~polling_link();

    [[nodiscard]] arena& where();
    [[nodiscard]] link_end& first();
    [[nodiscard]] link_end& second();

private:
    struct state;
    std::unique_ptr<state> state_;
};

extern template class polling_link<simulated_arena>;
extern template class polling_link<network_arena>;

}  // namespace cosio::test
