// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/attempt.hpp>
#include <cosio/error.hpp>
#include <cosio/transports/byte_stream.hpp>

#include <functional>
#include <memory>

namespace cosio {

/// PORT: how a client reaches its server. Thread: the shard of the client.
class stream_dialer
{
public:
    using dialed = std::function<void(result<std::unique_ptr<byte_stream>>)>;

    virtual ~stream_dialer() = default;

    /// Opens a stream and calls `done` once, in a later turn. What can be done takes its time: whoever
    /// dials sets the limit.
    [[nodiscard]] virtual std::unique_ptr<attempt> dial(dialed done) = 0;
};

}  // namespace cosio
