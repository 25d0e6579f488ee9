// SPDX-License-Identifier: BSL-1.0
// Who sends without end does not keep others waiting (reliability.md F28).
#include "links.hpp"
#include "src/tcp_stream.hpp"
#include "support/check.hpp"
#include "support/raw_http.hpp"

#include <cosio/transports/websocket.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

constexpr std::size_t burst_bytes = 1'000'000;
constexpr std::size_t reads_of_a_burst = 3;

/// Ends of a connection whose sockets hold a burst. first: the server.
byte_streams roomy_streams(network_arena& where)
{
    using asio::ip::tcp;
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor{
        where.home().executor(), tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0}
    };
    tcp_socket client{where.home().executor()};
    client.connect(acceptor.local_endpoint());
    tcp_socket server{where.home().executor()};
    acceptor.accept(server);
    return {make_tcp_stream(std::move(server)), make_tcp_stream(std::move(client))};
}

byte_streams plain_streams(network_arena& where)
{
    return roomy_streams(where);
}

byte_streams tls_streams(network_arena& where)
{
    return with_tls(where, roomy_streams(where));
}

/// A server's end, and the client's stream.
struct served
{
    served(network_arena& where, byte_streams streams)
        : client{std::move(streams.second)},
          server{
              where.home(),
              make_websocket_transport(
                  where.home(), std::move(streams.first), engine::role::server, {}
              )
          }
    {}

    std::size_t write(std::string_view bytes)
    {
        error_code ec;
        std::size_t written = 0;
        for (std::size_t count = 1; count != 0 && written != bytes.size(); written += count) {
            const bytes_view rest = as_bytes(bytes.substr(written));
            count = client->try_write({&rest, 1}, ec);
        }
        REQUIRE(!ec);
        return written;
    }

    std::unique_ptr<byte_stream> client;
    transport_end server;
};

void check_others_have_their_turn(byte_streams (*streams)(network_arena&))
{
    network_arena where;
    served flooded{where, streams(where)};
    served other{where, streams(where)};
    where.settle();

    const std::string frame = websocket_frame(wire::websocket_opcode::text, "4x");
    std::string burst;
    while (burst.size() < burst_bytes)
        burst += frame;
    const std::size_t written = flooded.write(burst);
    REQUIRE(written > reads_of_a_burst * shard::scratch_size);
    REQUIRE(other.write(frame) == frame.size());

    std::size_t read_before = 0;
    REQUIRE(where.until([&] {
        read_before = flooded.server.received().size();
        return !other.server.received().empty();
    }));
    // One slice, and what was begun of the next.
    CHECK(read_before <= 2 * shard::scratch_size / frame.size());
    // And nothing of the flood is lost.
    CHECK(where.until([&] { return flooded.server.received().size() >= written / frame.size(); }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(turns)

BOOST_AUTO_TEST_CASE(F28_a_burst_of_tiny_frames_is_read_in_slices)
{
    check_others_have_their_turn(plain_streams);
}

BOOST_AUTO_TEST_CASE(F28_a_burst_over_tls_is_read_in_slices)
{
    check_others_have_their_turn(tls_streams);
}

BOOST_AUTO_TEST_SUITE_END()
