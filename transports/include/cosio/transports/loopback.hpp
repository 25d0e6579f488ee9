// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/connector.hpp>
#include <cosio/engine_host.hpp>
#include <cosio/transports/byte_stream.hpp>

#include <limits>
#include <utility>

// Links inside one process: no socket, no thread, no system call. Both ends live on one thread: on one
// shard, or on two shards of a simulation.

namespace cosio {

struct loopback_options
{
    std::size_t capacity_frames = 1'024;  ///< in flight per direction; then the sender waits
    engine::transport_kind kind = engine::transport_kind::loopback;
};

/// Two ends of a packet link: what one flushes the other receives. Frames pass by reference.
[[nodiscard]] std::pair<std::unique_ptr<transport>, std::unique_ptr<transport>> make_loopback_pair(
    shard& first, shard& second, const loopback_options& options = {}
);

[[nodiscard]] inline std::pair<std::unique_ptr<transport>, std::unique_ptr<transport>>
make_loopback_pair(shard& home, const loopback_options& options = {})
{
    return make_loopback_pair(home, home, options);
}

/// Links from clients on `home` to a server of the same thread. Lifetime: `host` outlives it.
[[nodiscard]] std::unique_ptr<connector> make_loopback_connector(
    shard& home, engine_host& host, const loopback_options& options = {}
);

struct memory_stream_options
{
    std::size_t capacity_bytes = 256 * 1024;  ///< in flight per direction; then the writer waits
    std::size_t max_read_bytes =
        std::numeric_limits<std::size_t>::max();  ///< per try_read(): segmentation
    std::size_t max_write_bytes = std::numeric_limits<std::size_t>::max();  ///< per try_write()
    std::string address = "127.0.0.1";
};

/// Two ends of a byte stream, for HTTP and WebSocket without a network.
[[nodiscard]] std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>>
make_memory_streams(shard& first, shard& second, const memory_stream_options& options = {});

[[nodiscard]] inline std::pair<std::unique_ptr<byte_stream>, std::unique_ptr<byte_stream>>
make_memory_streams(shard& home, const memory_stream_options& options = {})
{
    return make_memory_streams(home, home, options);
}

}  // namespace cosio
