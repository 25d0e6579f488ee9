// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/binary.hpp>
#include <cosio/cookie_options.hpp>
#include <cosio/cors_options.hpp>
#include <cosio/deflate_options.hpp>
#include <cosio/http_hooks.hpp>
#include <cosio/logger.hpp>
#include <cosio/protocol/packet.hpp>
#include <cosio/time.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cosio {

/// Compression of what long-polling brings (RFC 9110, 8.4): brotli, gzip or deflate, as the client prefers.
/// Beware: where secrets and text that an attacker chooses meet in one answer, its size tells of the secret (BREACH).
struct http_compression_options
{
    std::size_t threshold_bytes = 1024;  ///< smaller answers are sent as they are
    std::uint8_t level = 6;              ///< of gzip and deflate, 1 (quick) to 9 (small)
    std::uint8_t brotli_quality = 4;     ///< 0 (quick) to 11 (small, and very slow)
    bool brotli = true;                  ///< Node's server knows gzip and deflate only
};

/// What WebSocket connections of a server are offered.
struct engine_websocket_options
{
    std::optional<deflate_options> deflate = {};  ///< off by default
};

/// Options of an Engine.IO server. Every limit is in the unit of its name.
struct engine_options
{
    std::string path =
        "/socket.io/";               ///< requests below it are ours; with or without `/` at its end
    bool add_trailing_slash = true;  ///< false: the path without its last `/` is ours too
    duration ping_interval = std::chrono::seconds{25};
    duration ping_timeout = std::chrono::seconds{20};
    duration upgrade_timeout = std::chrono::seconds{10};
    duration close_timeout = std::chrono::seconds{5};
    std::size_t max_payload_bytes = 1'000'000;  ///< one HTTP body, one WebSocket message
    /// Of one POST of long-polling; beyond it the session ends. Stock clients put all that waits into one POST, up to
    /// `max_payload_bytes`: by default that holds no more packets than these, so none of them is refused.
    std::size_t max_packets_per_post = 500'000;
    std::size_t max_query_keys = 64;  ///< of the URL of a request
    bool allow_polling = true;
    bool allow_websocket = true;
    bool allow_upgrades = true;
    /// Also serves clients of Socket.IO 1 and 2 (Engine.IO 3), JSONP included. Their sockets are named after the id of
    /// their session, as they expect, so it is no secret any more.
    bool allow_eio3 = false;
    /// What one slow peer may let wait; beyond it overflow_policy decides. By default the queue is dropped and the
    /// session ends with "transport error". Packets: a long-polling client takes nothing between two polls.
    std::size_t max_send_queue_bytes = 4 * 1024 * 1024;
    std::size_t max_send_queue_packets = 16 * 1024;
    /// Coroutine handlers and middlewares of one peer that run, and events that wait for them, before reading from it
    /// pauses. Of the events each 16 KiB count as one more. The heartbeat goes on: a peer that is not read for longer
    /// than `ping_timeout` is taken for gone.
    std::int32_t max_running_handlers = 256;
    /// The same for events that wait while an answer of the client is awaited, which comes behind them.
    std::size_t max_held_events = 1'024;
    bool count_traffic = false;  ///< packets and bytes of each connection; 32 bytes more for each
    std::size_t max_sessions = 1'000'000;  ///< then handshakes are refused with 503
    duration hook_timeout =
        std::chrono::seconds{30};  ///< for all hooks that decide over one request
    cors_options cors = {};
    /// Requests that name another origin are refused with 403, over HTTP and WebSocket, whatever CORS says: another
    /// site's page may then not use its visitor's cookies here. Empty: all may, unless `allow_origin` says no. The
    /// server's own pages name their origin too. Who names none, which only a browser must do, is let in.
    std::vector<std::string> allowed_origins = {};
    /// Asked about origins that are not in `allowed_origins`; throwing means no.
    std::function<bool(const http_request&)> allow_origin = {};
    std::vector<http_middleware> middlewares = {};  ///< asked one after the other
    allow_request_hook allow_request = {};
    generate_id_hook generate_id = {};
    /// Before the answer to a handshake is written, 101 too; then `headers`.
    headers_hook initial_headers = {};
    /// Before any answer below the path is written, refusals and the 101 too.
    headers_hook headers = {};
    /// Told of every request that is refused. What it throws is logged.
    std::function<void(const connection_error&)> on_connection_error = {};
    std::optional<cookie_options> cookie = {};  ///< with the answer to a handshake only
    std::optional<http_compression_options> http_compression = http_compression_options{};
    /// The first message of each session, in the same payload as its OPEN packet.
    std::variant<std::monostate, std::string, binary> initial_packet = {};
    engine_websocket_options websocket = {};
    logger log = {};
};

/// What a user handler threw, and where.
struct handler_error
{
    std::string_view nsp;
    std::string_view socket;
    std::string_view event;             ///< "connection", "disconnect" or the event's name
    error_code why;                     ///< the packet did not fit the handler; else handler_failed
    std::exception_ptr exception = {};  ///< set if the handler threw
    std::string_view message = {};      ///< one line for people
};

/// Connection state recovery: a client whose connection was lost gets back its id, rooms and data, and
/// the events that it has missed. All counts are per namespace and shard.
/// Cost: every event grows by its offset, is copied once, and is kept for a while.
struct recovery_options
{
    duration max_disconnection_duration = std::chrono::minutes{2};
    /// Who is recovered was let in before; what it says in `auth` is not looked at again then.
    bool skip_middlewares = true;
    std::size_t max_log_bytes =
        32 * 1024 * 1024;  ///< events kept; as much again for sessions' rooms
    std::size_t max_log_packets = 100'000;
    std::size_t max_sessions = 100'000;  ///< of those that have gone; the oldest make way
};

/// What becomes of an event for a client that takes too little, when `max_send_queue_*` is reached. A single
/// event may always wait. CONNECT, DISCONNECT, acknowledgements and heartbeats are never dropped.
enum class overflow_policy : std::uint8_t
{
    disconnect,  ///< the session ends with "transport error"
    drop,  ///< the event: emit() answers `dropped`. It ends if other packets take as much room again
};

/// Options of a Socket.IO server.
struct server_options
{
    engine_options engine = {};
    duration connect_timeout = std::chrono::seconds{45};
    duration namespace_idle_timeout = std::chrono::seconds{45};
    duration attachment_timeout = std::chrono::seconds{10};
    duration ack_timeout = std::chrono::seconds{30};  ///< of emits with ack that name no timeout
    std::size_t max_namespaces_per_client = 64;
    std::size_t max_child_namespaces = 10'000;  ///< of all dynamic ones; then they are invalid
    /// The child of a dynamic namespace ends with its last socket, and what recovery has kept of it too; the
    /// next one of its name is a new one.
    bool cleanup_empty_child_namespaces = false;
    std::size_t max_rooms_per_socket = 100'000;
    std::size_t max_pending_acks = 4'096;  ///< per socket
    /// Coroutine handlers that one socket may have under way before its next event waits. 1: one after the other.
    /// Then a handler that never ends, or that waits for a later event of its socket, stops the events of that
    /// socket: `unordered()` is for those. Acknowledgements and the socket's end wait for nobody.
    std::uint16_t handlers_at_once = 1;
    overflow_policy overflow = overflow_policy::disconnect;  ///< a socket may have another one
    protocol::packet_limits packet = {};
    std::optional<recovery_options> recovery = {};  ///< off by default; the codec must support it

    /// Told of every event that did not fit its handler and of every handler that threw; a socket whose
    /// handler threw is disconnected afterwards. By default both are logged.
    std::function<void(const handler_error&)> on_handler_error = {};
};

/// True if `path`, of a request, belongs to a server with these options.
[[nodiscard]] bool serves_path(const engine_options& options, std::string_view path) noexcept;

/// True if `request` names no origin, or one of those that may use the server.
[[nodiscard]] bool serves_origin(const engine_options& options, const http_request& request);

/// Throws std::invalid_argument with one line that names the first wrong option and what it may be.
void validate(const engine_options& options);
void validate(const server_options& options);

}  // namespace cosio
