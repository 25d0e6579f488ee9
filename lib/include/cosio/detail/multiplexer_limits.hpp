// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/options.hpp>

namespace cosio::detail {

/// What sockets and multiplexers need of the options, and where they report to. Outlives them all.
struct multiplexer_limits
{
    protocol::packet_limits packet;
    protocol::connection_config connection;
    duration ack_timeout = std::chrono::seconds{30};
    std::size_t max_pending_acks = 4'096;
    std::size_t max_rooms_per_socket = 100'000;
    std::function<void(const handler_error&)> on_handler_error = {};
    logger log = {};

    multiplexer_limits() = default;
    explicit multiplexer_limits(const server_options& options);

    /// Gives the error to the user's function, or to the log. Never throws.
    void report(const handler_error& error) const noexcept;
};

}  // namespace cosio::detail
