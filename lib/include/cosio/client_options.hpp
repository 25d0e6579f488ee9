// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/options.hpp>

namespace cosio {

/// Options of a client. Every limit is in the unit of its name.
struct client_options
{
    duration handshake_timeout = std::chrono::seconds{20};  ///< until the server's OPEN packet
    duration ack_timeout = std::chrono::seconds{30};  ///< of emits with ack that name no timeout
    duration attachment_timeout = std::chrono::seconds{10};
    duration close_timeout = std::chrono::seconds{5};
    std::size_t max_pending_acks = 4'096;
    std::uint16_t handlers_at_once = 1;  ///< as that of a server
    overflow_policy overflow = overflow_policy::disconnect;
    std::size_t max_send_queue_bytes = 4 * 1024 * 1024;
    std::size_t max_send_queue_packets = 16 * 1024;
    protocol::packet_limits packet = {};
    std::function<void(const handler_error&)> on_handler_error = {};
    logger log = {};
};

/// Throws std::invalid_argument with one line that names the first wrong option and what it may be.
void validate(const client_options& options);

}  // namespace cosio
