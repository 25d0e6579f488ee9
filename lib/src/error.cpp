// SPDX-License-Identifier: BSL-1.0
#include <cosio/error.hpp>
#include <cosio/limit.hpp>

#include <array>
#include <string>
#include <utility>

namespace cosio {
namespace {

constexpr std::array limits_of_errc{
    std::pair{errc::timeout, limit::ack_timeout},
    std::pair{errc::too_many_acks, limit::max_pending_acks},
    std::pair{errc::too_many_rooms, limit::max_rooms_per_socket},
    std::pair{errc::too_many_queued, limit::max_buffered}
};

constexpr std::array limits_of_engine{
    std::pair{engine::errc::send_queue_full, limit::max_send_queue},
    std::pair{engine::errc::too_many_packets, limit::max_packets_per_post}
};

constexpr std::array limits_of_protocol{
    std::pair{protocol::errc::too_many_attachments, limit::max_attachments},
    std::pair{protocol::errc::attachments_too_large, limit::max_attachment_bytes},
    std::pair{protocol::errc::event_name_too_long, limit::max_event_bytes},
    std::pair{protocol::errc::too_many_arguments, limit::max_args},
    std::pair{protocol::errc::too_deep, limit::max_depth},
    std::pair{protocol::errc::too_many_namespaces, limit::max_namespaces_per_client},
    std::pair{protocol::errc::attachment_timeout, limit::attachment_timeout},
    std::pair{protocol::errc::namespace_too_long, limit::max_namespace_bytes},
    std::pair{protocol::errc::connect_timeout, limit::connect_timeout},
    std::pair{protocol::errc::namespace_idle_timeout, limit::namespace_idle_timeout},
    std::pair{protocol::errc::too_many_early_events, limit::max_early}
};

/// The limit that an error speaks of, or the error as its own condition.
template <class Table, class Errc>
boost::system::error_condition limit_or_itself(
    const Table& table, Errc value, const boost::system::error_category& category
) noexcept
{
    for (const auto& [error, which] : table)
        if (error == value)
            return which;
    return {static_cast<int>(value), category};
}

class public_category final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio"; }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::closed: return "the connection is closed";
        case errc::timeout: return "operation has timed out";
        case errc::disconnected: return "socket has been disconnected";
        case errc::cancelled: return "the operation was cancelled";
        case errc::reserved_event: return "a reserved event name";
        case errc::wrong_argument_type:
            return "an argument has not the type that the handler takes";
        case errc::wrong_argument_count: return "the handler takes another number of arguments";
        case errc::number_out_of_range: return "a number does not fit the handler's parameter";
        case errc::message_too_large: return "the message exceeds the peer's payload limit";
        case errc::not_encodable:
            return "a value cannot be encoded: bad UTF-8, too deep, or too many attachments";
        case errc::too_many_acks: return "too many emits already wait for an acknowledgement";
        case errc::too_many_rooms: return "the socket is in as many rooms as it may be";
        case errc::too_many_queued: return "too many emits wait to be sent";
        case errc::connect_refused: return "the server refused the connection to the namespace";
        case errc::handler_failed: return "a handler failed with an exception";
        }
        return "unknown error";
    }

    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        return limit_or_itself(limits_of_errc, static_cast<errc>(value), *this);
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        if (other == default_error_condition(value))
            return true;
        switch (static_cast<errc>(value)) {
        case errc::closed:
        case errc::disconnected: return other == condition::transport;
        case errc::timeout: return other == condition::timeout;
        case errc::cancelled: return false;
        case errc::reserved_event:
        case errc::not_encodable:
        case errc::handler_failed: return other == condition::misuse;
        case errc::wrong_argument_type:
        case errc::wrong_argument_count:
        case errc::number_out_of_range:
        case errc::connect_refused: return other == condition::peer_violation;
        case errc::message_too_large:
        case errc::too_many_acks:
        case errc::too_many_rooms:
        case errc::too_many_queued: return other == condition::limit;
        }
        return false;
    }
};

class condition_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.condition"; }

    std::string message(int value) const override
    {
        switch (static_cast<condition>(value)) {
        case condition::misuse: return "the library was misused";
        case condition::peer_violation: return "the peer broke the protocol";
        case condition::limit: return "a limit was reached";
        case condition::transport: return "the link failed or ended";
        case condition::timeout: return "time ran out";
        }
        return "unknown condition";
    }
};

class engine_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.engine"; }

    std::string message(int value) const override
    {
        switch (static_cast<engine::errc>(value)) {
        case engine::errc::parse_error: return "not an Engine.IO packet";
        case engine::errc::overlapping_poll: return "overlap from client";
        case engine::errc::overlapping_post: return "data request overlap from client";
        case engine::errc::aborted_request: return "the client cut a request";
        case engine::errc::invalid_content: return "invalid content";
        case engine::errc::connection_closed: return "the connection was closed";
        case engine::errc::connection_reset: return "the connection failed";
        case engine::errc::send_queue_full:
            return "too much waits to be sent (see max_send_queue_bytes, max_send_queue_packets)";
        case engine::errc::no_transports: return "No transports available";
        case engine::errc::probe_error: return "probe error";
        case engine::errc::too_many_packets:
            return "too many packets in payload (see max_packets_per_post)";
        }
        return "unknown engine error";
    }

    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        return limit_or_itself(limits_of_engine, static_cast<engine::errc>(value), *this);
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        if (other == default_error_condition(value))
            return true;
        switch (static_cast<engine::errc>(value)) {
        case engine::errc::parse_error:
        case engine::errc::overlapping_poll:
        case engine::errc::overlapping_post:
        case engine::errc::invalid_content: return other == condition::peer_violation;
        case engine::errc::aborted_request:
        case engine::errc::connection_closed:
        case engine::errc::connection_reset:
        case engine::errc::no_transports:
        case engine::errc::probe_error: return other == condition::transport;
        case engine::errc::send_queue_full:
        case engine::errc::too_many_packets: return other == condition::limit;
        }
        return false;
    }
};

class protocol_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.protocol"; }

    std::string message(int value) const override
    {
        switch (static_cast<protocol::errc>(value)) {
        case protocol::errc::unknown_packet_type: return "unknown packet type";
        case protocol::errc::invalid_payload: return "invalid payload";
        case protocol::errc::invalid_namespace: return "invalid namespace name";
        case protocol::errc::invalid_ack_id: return "invalid acknowledgement id";
        case protocol::errc::illegal_attachments: return "Illegal attachments";
        case protocol::errc::too_many_attachments:
            return "too many attachments (see max_attachments)";
        case protocol::errc::attachments_too_large:
            return "attachments too large (see max_attachment_bytes)";
        case protocol::errc::illegal_placeholder: return "illegal attachments";
        case protocol::errc::text_while_reconstructing:
            return "got plaintext data when reconstructing a packet";
        case protocol::errc::binary_not_expected:
            return "got binary data when not reconstructing a packet";
        case protocol::errc::reserved_event: return "a reserved event name";
        case protocol::errc::event_name_too_long:
            return "event name too long (see max_event_bytes)";
        case protocol::errc::too_many_arguments: return "too many arguments (see max_args)";
        case protocol::errc::too_deep: return "nested too deeply (see max_depth)";
        case protocol::errc::invalid_utf8: return "invalid UTF-8";
        case protocol::errc::not_connected: return "a packet for a namespace that is not joined";
        case protocol::errc::already_connected: return "a second CONNECT to one namespace";
        case protocol::errc::too_many_namespaces:
            return "too many namespaces (see max_namespaces_per_client)";
        case protocol::errc::unexpected_packet:
            return "a packet type that this side never receives";
        case protocol::errc::attachment_timeout: return "announced attachments did not arrive";
        case protocol::errc::namespace_too_long:
            return "namespace name too long (see max_namespace_bytes)";
        case protocol::errc::connect_timeout:
            return "no namespace was joined (see connect_timeout)";
        case protocol::errc::namespace_idle_timeout:
            return "all namespaces were left (see namespace_idle_timeout)";
        case protocol::errc::too_many_early_events:
            return "too many events before the CONNECT reply (see max_early_bytes)";
        }
        return "unknown protocol error";
    }

    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        return limit_or_itself(limits_of_protocol, static_cast<protocol::errc>(value), *this);
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        return value != 0 &&
               (other == condition::peer_violation || other == default_error_condition(value));
    }
};

}  // namespace

const boost::system::error_category& cosio_category() noexcept
{
    static const public_category instance;
    return instance;
}

const boost::system::error_category& condition_category() noexcept
{
    static const condition_category_type instance;
    return instance;
}

error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), cosio_category()};
}

boost::system::error_condition make_error_condition(condition value) noexcept
{
    return {static_cast<int>(value), condition_category()};
}

namespace engine {

const boost::system::error_category& engine_category() noexcept
{
    static const engine_category_type instance;
    return instance;
}

error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), engine_category()};
}

}  // namespace engine

namespace protocol {

const boost::system::error_category& protocol_category() noexcept
{
    static const protocol_category_type instance;
    return instance;
}

error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), protocol_category()};
}

}  // namespace protocol
}  // namespace cosio
