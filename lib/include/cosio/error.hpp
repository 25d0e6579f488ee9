// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>
#include <boost/system/result.hpp>

namespace cosio {

using error_code = boost::system::error_code;

/// A value or the error_code that explains its absence.
template <class T>
using result = boost::system::result<T, error_code>;

/// What the user of the library can be told.
enum class errc : int
{
    closed = 1,            ///< the socket or server is no longer connected
    timeout,               ///< the peer did not answer in time
    disconnected,          ///< the connection ended before the answer came
    cancelled,             ///< the operation was cancelled
    reserved_event,        ///< the event name belongs to the protocol
    wrong_argument_type,   ///< an argument cannot be read as the handler's parameter type
    wrong_argument_count,  ///< the peer sent more or fewer arguments than the handler takes
    number_out_of_range,   ///< an argument's number does not fit the parameter type
    message_too_large,     ///< the message exceeds the limit that the peer announced
    not_encodable,   ///< a value has no form on the wire: bad UTF-8, too deep, too many attachments
    too_many_acks,   ///< `max_pending_acks` emits already wait for an answer
    too_many_rooms,  ///< `max_rooms_per_socket` is reached
    too_many_queued,  ///< `max_buffered_bytes` or `max_buffered_packets` already wait to be sent
    connect_refused,  ///< the server answered CONNECT with CONNECT_ERROR
    handler_failed,   ///< a user handler threw
};

/// Callers test what to do, not what happened.
enum class condition : int
{
    misuse = 1,      ///< the caller of this library broke its contract
    peer_violation,  ///< the other side broke the protocol
    limit,           ///< a configured limit was reached
    transport,       ///< the link failed or ended
    timeout,         ///< time ran out
};

[[nodiscard]] const boost::system::error_category& cosio_category() noexcept;
[[nodiscard]] const boost::system::error_category& condition_category() noexcept;
[[nodiscard]] error_code make_error_code(errc value) noexcept;
[[nodiscard]] boost::system::error_condition make_error_condition(condition value) noexcept;

namespace engine {

/// Violations and ends of an Engine.IO session.
enum class errc : int
{
    parse_error = 1,    ///< a packet or payload is not Engine.IO v4
    overlapping_poll,   ///< a second GET while one is pending
    overlapping_post,   ///< a second POST while one is uploading
    aborted_request,    ///< the client cut a poll or an upload
    invalid_content,    ///< a POST body of a type that v4 does not know
    connection_closed,  ///< the link ended
    connection_reset,   ///< the link failed
    send_queue_full,    ///< the peer takes too little: `max_send_queue_*`
    no_transports,      ///< none is left that could be tried
    probe_error,        ///< the upgrade to another transport failed; the session goes on
    too_many_packets,   ///< more than `max_packets_per_post` in one payload
};

[[nodiscard]] const boost::system::error_category& engine_category() noexcept;
[[nodiscard]] error_code make_error_code(errc value) noexcept;

}  // namespace engine

namespace protocol {

/// Violations of Socket.IO v5, found by a codec or by protocol::connection.
enum class errc : int
{
    unknown_packet_type = 1,
    invalid_payload,        ///< the payload has not the form that its packet type demands
    invalid_namespace,      ///< a namespace that does not begin with `/`
    invalid_ack_id,         ///< not decimal digits, or above 2^53-1
    illegal_attachments,    ///< an attachment count that is not 1 or more, written in plain digits
    too_many_attachments,   ///< more than `max_attachments`
    attachments_too_large,  ///< more than `max_attachment_bytes` in one packet
    illegal_placeholder,    ///< a placeholder that names no attachment
    text_while_reconstructing,  ///< a text packet while attachments are awaited
    binary_not_expected,        ///< a binary message while no attachment is awaited
    reserved_event,             ///< an event name that belongs to the protocol
    event_name_too_long,        ///< more than `max_event_bytes`
    too_many_arguments,         ///< more than `max_args`
    too_deep,                   ///< nested deeper than `max_depth`
    invalid_utf8,
    not_connected,           ///< a packet for a namespace that this peer has not joined
    already_connected,       ///< a second CONNECT to a joined namespace
    too_many_namespaces,     ///< more than `max_namespaces_per_client`
    unexpected_packet,       ///< a packet type that this role never receives
    attachment_timeout,      ///< announced attachments did not arrive
    namespace_too_long,      ///< more than `max_namespace_bytes`
    connect_timeout,         ///< no namespace was joined within `connect_timeout`
    namespace_idle_timeout,  ///< none was joined again after the last was left
    too_many_early_events,   ///< more came before the CONNECT reply than is kept
};

[[nodiscard]] const boost::system::error_category& protocol_category() noexcept;
[[nodiscard]] error_code make_error_code(errc value) noexcept;

}  // namespace protocol
}  // namespace cosio

namespace boost::system {
template <>
struct is_error_code_enum<cosio::errc> : std::true_type
{};

template <>
struct is_error_code_enum<cosio::engine::errc> : std::true_type
{};

template <>
struct is_error_code_enum<cosio::protocol::errc> : std::true_type
{};

template <>
struct is_error_condition_enum<cosio::condition> : std::true_type
{};
}  // namespace boost::system
