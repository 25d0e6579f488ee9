// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/close_reason.hpp>
#include <cosio/detail/action_list.hpp>
#include <cosio/engine/action.hpp>
#include <cosio/protocol/packet.hpp>
#include <cosio/time.hpp>

#include <boost/container/small_vector.hpp>

#include <optional>
#include <string>
#include <variant>

namespace cosio::protocol {

/// Index of a namespace within one connection; reused after it was left.
using slot = std::uint16_t;

/// Server: the peer asks for the namespace; answer with accept() or reject(), now or later.
struct join
{
    slot where;

    bool operator==(const join&) const = default;
};

/// Client: the server let us in (`data` of the packet: its sid).
struct joined
{
    slot where;

    bool operator==(const joined&) const = default;
};

/// Client: the server refused; the slot is free again.
struct refused
{
    slot where;

    bool operator==(const refused&) const = default;
};

/// Client: the server has answered a CONNECT that was taken back meanwhile; the namespace may be asked for again.
/// If `entered`, the server believes that we are in: a DISCONNECT is due.
struct unwanted
{
    bool entered;

    bool operator==(const unwanted&) const = default;
};

/// An event for a joined namespace.
struct dispatch
{
    slot where;

    bool operator==(const dispatch&) const = default;
};

/// Client: an event for a namespace that we have asked for and are not in yet; early_events keeps it (X04, CSR-3).
struct early
{
    slot where;

    bool operator==(const early&) const = default;
};

/// An acknowledgement for a joined namespace.
struct resolve
{
    slot where;
    std::uint64_t id;

    bool operator==(const resolve&) const = default;
};

/// The peer left; the slot is free again.
struct leave
{
    slot where;
    close_reason reason;

    bool operator==(const leave&) const = default;
};

/// The peer took back its CONNECT before it was answered; the slot is free again.
struct cancel
{
    slot where;

    bool operator==(const cancel&) const = default;
};

/// The peer broke the protocol or used up a limit: end the engine session.
struct violation
{
    error_code why;

    bool operator==(const violation&) const = default;
};

using action = std::
    variant<join, joined, refused, unwanted, dispatch, early, resolve, leave, cancel, violation>;
using actions = detail::action_list<action, 1>;

struct connection_config
{
    duration connect_timeout = std::chrono::seconds{45};         ///< to join a first namespace
    duration namespace_idle_timeout = std::chrono::seconds{45};  ///< after the last one was left
    duration attachment_timeout = std::chrono::seconds{10};
    std::size_t max_namespaces_per_client = 64;  ///< joined, and asked for since the last success
};

/// The Socket.IO v5 rules of one engine session: which namespaces are joined, what each packet may do.
/// A machine. Sees headers, never payloads, so it is the same object for every codec.
class connection
{
public:
    /// Lifetime: `config` outlives the connection.
    connection(const connection_config& config, engine::role side, time_point now) noexcept;

    actions handle_packet(const packet_header& header, time_point now);

    /// Server: a client of Socket.IO 1 or 2 has come, which is in the main namespace without asking (V3-7).
    actions handle_implied_connect(time_point now);

    /// A packet has begun whose attachments are still to come.
    actions handle_partial(const packet_header& header, time_point now);

    /// Early or repeated calls do nothing.
    actions handle_deadline(time_point now);

    /// Server: the middleware said yes.
    void accept(slot where) noexcept;

    /// Server: the middleware said no, or nobody serves that namespace.
    void reject(slot where, time_point now) noexcept;

    /// Client: CONNECT is about to be sent. nullopt if that namespace is in use already, or owes us an answer.
    [[nodiscard]] std::optional<slot> connect(std::string_view nsp);

    /// Our side leaves a namespace. A server closes the connection that sends DISCONNECT or CONNECT before it has
    /// answered the last CONNECT (SIO-5, SIO-6): so a client waits for that answer, see unwanted.
    void disconnect(slot where, time_point now) noexcept;

    [[nodiscard]] std::string_view name(slot where) const noexcept { return slots_[where].nsp; }

    [[nodiscard]] bool is_joined(slot where) const noexcept
    {
        return where < slots_.size() && slots_[where].status == progress::joined;
    }

    /// One more than the highest slot in use.
    [[nodiscard]] slot slot_count() const noexcept { return static_cast<slot>(slots_.size()); }

    [[nodiscard]] std::optional<time_point> deadline() const noexcept;

private:
    enum class progress : std::uint8_t
    {
        free,
        pending,
        unwanted,  ///< client: pending, but it was left
        joined,
    };

    struct entry
    {
        std::string nsp;
        progress status = progress::free;
    };

    [[nodiscard]] std::optional<slot> find(std::string_view nsp) const noexcept;
    [[nodiscard]] slot occupy(std::string_view nsp);
    void vacate(slot where, time_point now) noexcept;
    actions handle_connect(const packet_header& header, time_point now);
    actions handle_disconnect(slot where, time_point now);
    actions give_up(slot where, bool entered, time_point now) noexcept;

    boost::container::small_vector<entry, 1> slots_;
    const connection_config* config_;
    std::optional<time_point> join_by_;
    std::optional<time_point> attachments_by_;
    std::uint16_t joined_count_ = 0;
    std::uint16_t refusals_ = 0;
    engine::role side_;
    bool was_joined_ = false;  // a namespace, ever
};

}  // namespace cosio::protocol

template <>
struct fmt::formatter<cosio::protocol::action> : fmt::formatter<std::string_view>
{
    fmt::format_context::iterator format(
        const cosio::protocol::action& value, fmt::format_context& context
    ) const;
};
