// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/cookie_jar.hpp>
#include <cosio/engine/action.hpp>
#include <cosio/options.hpp>
#include <cosio/protocol/outgoing.hpp>

#include <map>
#include <utility>

namespace cosio {

/// What requests over one transport have otherwise. What is empty or unset is as for all transports.
struct transport_override
{
    std::string path = {};
    std::optional<bool> add_trailing_slash = {};
    std::vector<std::pair<std::string, std::string>> query = {};
    std::vector<std::pair<std::string, std::string>> extra_headers = {};
    std::optional<bool> with_credentials = {};
    std::optional<bool> timestamp_requests = {};
    std::string timestamp_param = {};
    std::optional<bool> force_base64 = {};
};

/// Options of a client. Every limit is in the unit of its name. Zero means zero, unset means without end.
struct client_options
{
    duration handshake_timeout =
        std::chrono::seconds{20};  ///< from dialing until the server's OPEN packet
    duration ack_timeout = std::chrono::seconds{30};  ///< of emits with ack that name no timeout
    duration attachment_timeout = std::chrono::seconds{10};
    duration close_timeout = std::chrono::seconds{5};
    std::size_t max_pending_acks = 4'096;
    std::uint16_t handlers_at_once = 1;  ///< as that of a server
    overflow_policy overflow = overflow_policy::disconnect;
    std::size_t max_send_queue_bytes = 4 * 1024 * 1024;
    std::size_t max_send_queue_packets = 16 * 1024;
    protocol::packet_limits packet = {};
    /// What may come for a namespace before its CONNECT reply, as a server does that recovers a session.
    std::size_t max_early_bytes = 4 * 1024 * 1024;
    std::size_t max_early_messages = 16 * 1024;

    // --- how the server is reached ---

    std::string path = "/socket.io/";
    bool add_trailing_slash = true;  ///< to the path, if it has none
    /// Goes with every request, beside the query of the URL, which it replaces if it is not empty.
    std::vector<std::pair<std::string, std::string>> query = {};
    std::vector<std::pair<std::string, std::string>> extra_headers = {};
    std::vector<std::string> protocols = {};  ///< of WebSocket, in order of preference
    std::string proxy = {};                   ///< a proxy_url; empty: none
    bool with_credentials = false;            ///< keeps the server's cookies and sends them back
    cookie_jar_limits cookies = {};
    /// A text that is another one in every request. Unset: with polls only.
    std::optional<bool> timestamp_requests = {};
    std::string timestamp_param = "t";
    /// `transport_options[transport_kind::websocket].extra_headers` replaces extra_headers there. What is no part of a
    /// request is of one transport anyway (`protocols`, `request_timeout`), or in network_options::transport_options.
    std::map<engine::transport_kind, transport_override> transport_options = {};
    bool force_base64 = false;  ///< binary is sent as text, both ways and over every transport

    // --- transports ---

    /// Tried in this order: only the first, unless `try_all_transports`.
    std::vector<engine::transport_kind> transports = {
        engine::transport_kind::polling, engine::transport_kind::websocket
    };
    bool try_all_transports = false;
    bool upgrade = true;            ///< from polling to WebSocket, if both sides can
    bool remember_upgrade = false;  ///< begin with WebSocket where that was the last success
    duration upgrade_timeout = std::chrono::seconds{10};
    engine_websocket_options websocket = {};
    std::size_t max_packets_per_post = 16;  ///< what servers in Python take at most
    /// Of a POST and of the handshake of long-polling, dialing included: then the link has failed. A GET that waits for
    /// what the server has to say is not meant: the heartbeat watches over it.
    std::optional<duration> request_timeout = {};
    std::size_t max_payload_bytes =
        16 * 1024 * 1024;  ///< of one answer or message that the server sends

    // --- coming back ---

    bool auto_connect = true;
    bool reconnection = true;
    std::optional<std::uint64_t> reconnection_attempts = {};
    duration reconnection_delay = std::chrono::seconds{1};
    duration reconnection_delay_max = std::chrono::seconds{5};
    double randomization_factor = 0.5;  ///< 0 to 1
    /// A connection that lasted less does not count as a success: the delays go on growing.
    duration reconnection_stable_after = std::chrono::seconds{5};
    duration max_retry_after = std::chrono::minutes{1};  ///< that a server may ask for

    // --- events without a connection ---

    protocol::offline_policy offline = protocol::offline_policy::refuse_new;
    std::size_t max_buffered_bytes = 4 * 1024 * 1024;  ///< per socket, as the next
    std::size_t max_buffered_packets = 4'096;
    /// If set, events are sent until they are acknowledged, so often more at most, `ack_timeout` for each try.
    std::optional<std::uint32_t> retries = {};
    std::size_t retry_window = 1;  ///< so many of them are under way at one time

    std::function<void(const handler_error&)> on_handler_error = {};
    logger log = {};
};

/// Throws std::invalid_argument with one line that names the first wrong option and what it may be.
void validate(const client_options& options);

}  // namespace cosio
