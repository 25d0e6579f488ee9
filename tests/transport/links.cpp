// SPDX-License-Identifier: BSL-1.0
#include "links.hpp"

#include "self_signed.hpp"
#include "src/tcp_stream.hpp"
#include "support/check.hpp"
#include "support/tls_client.hpp"

#include <cosio/transports/websocket.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>

namespace cosio::test {
namespace {

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

namespace {

constexpr int more_than_tickets_have_bytes = 1500;

task<> wait(byte_stream* stream, bool* over)
{
    static_cast<void>(co_await stream->readable());
    *over = true;
}

/// What came during the handshake must not wake who waits for the first packet.
void forget_arrivals(arena& where, byte_stream& stream)
{
    bool over = false;
    asio::co_spawn(where.home().executor(), wait(&stream, &over), asio::detached);
    where.settle();
    if (!over)
        stream.interrupt();
    REQUIRE(where.until([&] { return over; }));
}

}  // namespace

byte_streams with_tls(arena& where, byte_streams plain)
{
    static const tls_context server = [] {
        const bench::identity own = bench::make_identity();
        tls_options options;
        options.certificate_chain = own.certificate;
        options.private_key = own.private_key;
        return tls_context::make(options).value();
    }();
    byte_streams both{
        server.accept(std::move(plain.first)),
        make_tls_stream(std::move(plain.second), make_client_ssl())
    };
    const auto advance = [&](byte_stream& stream) {
        std::array<std::byte, 64> nothing;
        error_code ec;
        REQUIRE(stream.try_read(nothing, ec) == 0U);
        REQUIRE(!ec);
        where.settle();
    };
    const auto ready = [](byte_stream& stream) {
        error_code ec;
        static_cast<void>(stream.try_write({}, ec));
        return !ec;
    };
    while (!ready(*both.first) || !ready(*both.second)) {
        advance(*both.second);
        advance(*both.first);
    }
    // Tickets follow the handshake.
    for (int i = 0; i < more_than_tickets_have_bytes; ++i)
        advance(*both.second);
    forget_arrivals(where, *both.first);
    forget_arrivals(where, *both.second);
    return both;
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
    return websockets(where.home(), connected_streams(where), max_payload);
}

transport_pair tls_websocket_maker::make(place& where)
{
    return websockets(
        where.home(), with_tls(where, make_memory_streams(where.home())), max_payload
    );
}

transport_pair bytewise_tls_websocket_maker::make(place& where)
{
    memory_stream_options options;
    options.capacity_bytes = 4096;
    options.max_read_bytes = 1;
    options.max_write_bytes = 1;
    return websockets(
        where.home(), with_tls(where, make_memory_streams(where.home(), options)), max_payload
    );
}

transport_pair tls_tcp_websocket_maker::make(place& where)
{
    return websockets(where.home(), with_tls(where, connected_streams(where)), max_payload);
}

}  // namespace cosio::test
