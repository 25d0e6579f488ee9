// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/deflate_options.hpp>
#include <cosio/transports/byte_stream.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cosio {

struct websocket_options
{
    std::size_t max_payload_bytes = 1'000'000;    ///< of one message
    std::size_t max_fragments = 1'024;            ///< frames of one message
    duration linger = std::chrono::seconds{2};    ///< for the other end to close after an error
    std::optional<deflate_options> deflate = {};  ///< as the handshake has agreed on it
    engine::revision protocol = engine::revision::v4;
};

/// A WebSocket link over a stream whose opening handshake is done.
/// `received`: bytes that came behind the handshake. `unsent`: bytes of the handshake still to be written.
[[nodiscard]] std::unique_ptr<transport> make_websocket_transport(
    shard& home,
    std::unique_ptr<byte_stream> stream,
    engine::role side,
    const websocket_options& options,
    std::string received = {},
    std::string unsent = {}
);

}  // namespace cosio
