// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/byte_stream.hpp>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace cosio {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// A connected TCP socket as a byte_stream. Sets TCP_NODELAY: writes are gathered above.
[[nodiscard]] std::unique_ptr<byte_stream> make_tcp_stream(tcp_socket socket);

/// The same for a descriptor that does not block and has TCP_NODELAY already; the stream owns it.
[[nodiscard]] std::unique_ptr<byte_stream> make_tcp_stream(shard& home, int descriptor);

}  // namespace cosio
