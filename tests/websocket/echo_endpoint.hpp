// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/shard.hpp>
#include <cosio/transports/websocket.hpp>

namespace cosio::test {

/// One end of ours that sends each packet back, until its link ends.
class echo_endpoint
{
public:
    echo_endpoint(
        shard& home,
        std::unique_ptr<byte_stream> stream,
        engine::role side,
        const websocket_options& options
    );
    ~echo_endpoint();
    echo_endpoint(const echo_endpoint&) = delete;
    echo_endpoint& operator=(const echo_endpoint&) = delete;

    /// The link has said that it is over.
    [[nodiscard]] bool ended() const noexcept;

private:
    struct state;

    static task<> echo(boost::intrusive_ptr<state> self);

    boost::intrusive_ptr<state> state_;
};

}  // namespace cosio::test
