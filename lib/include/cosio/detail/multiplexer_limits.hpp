// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/limit.hpp>
#include <cosio/options.hpp>
#include <cosio/protocol/connection.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace cosio::detail {

struct codec_functions;

/// What sockets and multiplexers have in common: the codec, the limits of the options, where they report to.
/// Lifetime: shared by all who use it, because handles and handlers of users outlive server and client.
struct multiplexer_limits
    : boost::intrusive_ref_counter<multiplexer_limits, boost::thread_safe_counter>
{
    const codec_functions* codec;
    protocol::packet_limits packet;
    protocol::connection_config connection;
    duration ack_timeout = std::chrono::seconds{30};
    std::size_t max_pending_acks = 4'096;
    std::size_t max_rooms_per_socket = 100'000;
    std::uint16_t handlers_at_once = 1;
    overflow_policy overflow = overflow_policy::disconnect;
    std::function<void(const handler_error&)> on_handler_error = {};
    logger log = {};
    std::shared_ptr<limit_counters> fired = std::make_shared<limit_counters>();

    explicit multiplexer_limits(const codec_functions& with) noexcept : codec{&with} {}

    multiplexer_limits(const codec_functions& with, const server_options& options);

    /// Gives the error to the user's function, or to the log. Never throws.
    void report(const handler_error& error) const noexcept;

    /// The server or client is gone: nobody is told anything any more.
    void mute() noexcept
    {
        on_handler_error = nullptr;
        log = {};
    }
};

using limits_ptr = boost::intrusive_ptr<multiplexer_limits>;

}  // namespace cosio::detail
