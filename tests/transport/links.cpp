// SPDX-License-Identifier: BSL-1.0
#include "links.hpp"

#include "src/tcp_stream.hpp"

#include <cosio/transports/websocket.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>

namespace cosio::test {
namespace {

transport_pair websockets(shard& home, byte_streams streams, std::size_t max_payload)
{
    websocket_options options;
    options.max_payload_bytes = max_payload;
    return {
        make_websocket_transport(home, std::move(streams.first), engine::role::server, options),
        make_websocket_transport(home, std::move(streams.second), engine::role::client, options)
    };
}

}  // namespace

byte_streams connected_streams(simulated_arena& where)
{
    return make_memory_streams(where.home());
}

byte_streams connected_streams(network_arena& where)
{
    using asio::ip::tcp;
    const asio::socket_base::receive_buffer_size receive{16 * 1024};
    const asio::socket_base::send_buffer_size send{16 * 1024};
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor{
        where.home().executor()
    };
    const tcp::endpoint any_port{asio::ip::make_address("127.0.0.1"), 0};
    acceptor.open(any_port.protocol());
    acceptor.set_option(receive);
    acceptor.bind(any_port);
    acceptor.listen();
    tcp_socket client{where.home().executor()};
    client.open(any_port.protocol());
    client.set_option(receive);
    client.set_option(send);
    client.connect(acceptor.local_endpoint());
    tcp_socket server{where.home().executor()};
    acceptor.accept(server);
    server.set_option(send);
    return {make_tcp_stream(std::move(server)), make_tcp_stream(std::move(client))};
}

transport_pair loopback_maker::make(place& where)
{
    return make_loopback_pair(where.home(), {.capacity_frames = 64});
}

transport_pair websocket_maker::make(place& where)
{
    return websockets(where.home(), connected_streams(where), max_payload);
}

transport_pair bytewise_websocket_maker::make(place& where)
{
    memory_stream_options options;
    options.capacity_bytes = 4096;
    options.max_read_bytes = 1;
    options.max_write_bytes = 1;
    return websockets(where.home(), make_memory_streams(where.home(), options), max_payload);
}

transport_pair tcp_websocket_maker::make(place& where)
{
    return websockets(where.home(), connected_streams(where), max_payload);
}

}  // namespace cosio::test
