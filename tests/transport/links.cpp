// SPDX-License-Identifier: BSL-1.0
#include "links.hpp"

#include "src/tcp_stream.hpp"

#include <cosio/transports/websocket.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>

namespace cosio::test {
namespace {

using byte_streams = std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>>;

transport_pair websockets(
    shard& home,
    byte_streams streams,
    std::size_t max_payload,
    std::optional<deflate_options> deflate = std::nullopt
)
{
    websocket_options options;
    options.deflate = deflate;
    options.max_payload_bytes = max_payload;
    return {
        make_websocket_transport(home, std::move(streams.first), engine::role::server, options),
        make_websocket_transport(home, std::move(streams.second), engine::role::client, options)
    };
}

/// Small buffers: a peer that does not read is felt soon.
byte_streams connected_tcp_streams(runtime& world)
{
    using asio::ip::tcp;
    const asio::socket_base::receive_buffer_size receive{16 * 1024};
    const asio::socket_base::send_buffer_size send{16 * 1024};
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor{
        world.home().executor()
    };
    const tcp::endpoint any_port{asio::ip::make_address("127.0.0.1"), 0};
    acceptor.open(any_port.protocol());
    acceptor.set_option(receive);
    acceptor.bind(any_port);
    acceptor.listen();
    tcp_socket client{world.home().executor()};
    client.open(any_port.protocol());
    client.set_option(receive);
    client.set_option(send);
    client.connect(acceptor.local_endpoint());
    tcp_socket server{world.home().executor()};
    acceptor.accept(server);
    server.set_option(send);
    return {make_tcp_stream(std::move(server)), make_tcp_stream(std::move(client))};
}

}  // namespace

transport_pair loopback_maker::make(place& where)
{
    return make_loopback_pair(where.home(), {.capacity_frames = 64});
}

transport_pair websocket_maker::make(place& where)
{
    return websockets(where.home(), make_memory_streams(where.home()), max_payload);
}

transport_pair bytewise_websocket_maker::make(place& where)
{
    memory_stream_options options;
    options.capacity_bytes = 4096;
    options.max_read_bytes = 1;
    options.max_write_bytes = 1;
    return websockets(where.home(), make_memory_streams(where.home(), options), max_payload);
}

transport_pair deflated_websocket_maker::make(place& where)
{
    memory_stream_options options;
    options.capacity_bytes = 1024;
    return websockets(
        where.home(),
        make_memory_streams(where.home(), options),
        max_payload,
        deflate_options{.threshold_bytes = 0}
    );
}

transport_pair context_websocket_maker::make(place& where)
{
    memory_stream_options options;
    options.capacity_bytes = 512;
    options.max_read_bytes = 1;
    options.max_write_bytes = 1;
    return websockets(
        where.home(),
        make_memory_streams(where.home(), options),
        max_payload,
        deflate_options{
            .threshold_bytes = 0,
            .server_no_context_takeover = false,
            .client_no_context_takeover = false
        }
    );
}

transport_pair tcp_websocket_maker::make(place& where)
{
    return websockets(where.home(), connected_tcp_streams(where.world), max_payload);
}

}  // namespace cosio::test
