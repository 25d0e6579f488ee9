// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/connector.hpp>
#include <cosio/transports/byte_stream.hpp>

#include <functional>
#include <memory>

namespace cosio {

/// PORT: how a client reaches its server. Thread: the shard of the client.
class stream_dialer
{
public:
    using outcome = boost::system::result<std::unique_ptr<byte_stream>, link_failure>;
    using dialed = std::function<void(outcome)>;

    virtual ~stream_dialer() = default;

    /// Opens a stream and calls `done` once, in a later turn. What can be done takes its time: whoever
    /// dials sets the limit.
    [[nodiscard]] virtual std::unique_ptr<attempt> dial(dialed done) = 0;
};

}  // namespace cosio
