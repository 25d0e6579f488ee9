// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/close_reason.hpp>
#include <cosio/detail/action_list.hpp>
#include <cosio/error.hpp>
#include <cosio/random.hpp>
#include <cosio/time.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <variant>

namespace cosio::protocol {

/// How a client comes back. Zero means zero in each of them.
struct reconnect_config
{
    bool reconnection = true;
    std::optional<std::uint64_t> attempts = {};  ///< nullopt: for ever
    duration delay = std::chrono::seconds{1};
    duration max_delay = std::chrono::seconds{5};
    double randomization_factor = 0.5;  ///< 0 to 1
    /// A connection that lasted less does not count as a success: the delays go on growing (X10).
    duration stable_after = std::chrono::seconds{5};
    duration max_retry_after = std::chrono::minutes{1};
    duration connect_timeout = std::chrono::seconds{20};
};

/// How long to wait before the next attempt, when so many have been made: `delay` doubled for each, at most
/// `max_delay`, then anything up to `randomization_factor` less or more, but never more than `max_delay`.
[[nodiscard]] duration reconnect_delay(
    const reconnect_config& config, std::uint64_t attempts, random_source& random
) noexcept;

/// True if a connection that ended so is to be made anew (features.md 2.5).
[[nodiscard]] constexpr bool reconnects_after(close_reason reason) noexcept
{
    switch (reason) {
    case close_reason::transport_close:
    case close_reason::transport_error:
    case close_reason::ping_timeout:
    case close_reason::parse_error:
    case close_reason::forced_close:
    case close_reason::forced_server_close:
    case close_reason::server_shutting_down: return true;
    case close_reason::client_namespace_disconnect:
    case close_reason::server_namespace_disconnect:
    case close_reason::io_server_disconnect:
    case close_reason::io_client_disconnect: return false;
    }
    return false;
}

/// One connection that was asked for, from dialing to its end. Never used again.
using link_number = std::uint64_t;

/// Get a link and wait for the server's OPEN packet; then handle_open() or handle_failure().
struct dial
{
    link_number link;

    bool operator==(const dial&) const = default;
};

/// End that link, or give up getting it; whatever it reports afterwards is ignored.
struct hang_up
{
    link_number link;

    bool operator==(const hang_up&) const = default;
};

/// Tell: the connection is there.
struct connected
{
    bool operator==(const connected&) const = default;
};

/// Tell: the connection could not be made; sockets hear connect_error.
struct connect_failed
{
    error_code why;

    bool operator==(const connect_failed&) const = default;
};

/// Tell: the connection has ended.
struct disconnected
{
    close_reason reason;

    bool operator==(const disconnected&) const = default;
};

/// Tell: attempt number `number` is about to be made.
struct reconnect_attempt
{
    std::uint64_t number;

    bool operator==(const reconnect_attempt&) const = default;
};

/// Tell: that attempt has failed.
struct reconnect_error
{
    error_code why;

    bool operator==(const reconnect_error&) const = default;
};

/// Tell: there will be no other attempt.
struct reconnect_failed
{
    bool operator==(const reconnect_failed&) const = default;
};

/// Tell: attempt number `number` has brought the connection back.
struct reconnected
{
    std::uint64_t number;

    bool operator==(const reconnected&) const = default;
};

using reconnect_action = std::variant<
    dial,
    hang_up,
    connected,
    connect_failed,
    disconnected,
    reconnect_attempt,
    reconnect_error,
    reconnect_failed,
    reconnected>;

using reconnect_actions = detail::action_list<reconnect_action, 4>;

/// Whether a client is connected, and when it tries to be. A machine: it is told the time, it never dials.
/// A handler that is told something may call open() and close(): before a driver performs a `dial`, it asks
/// is_current().
///
///                     +------------------- open ------------------+
///                     v                                           |
///   disconnected -- open --> connecting -- handle_open --> open   |
///     ^   ^                   |     ^                       |     |
///     |   +------ close ------+     +-- deadline -- waiting <-----+-- loss
///     |                       |                       ^     |     |
///     +-- no reconnection ----+------ failure --------+     |     |
///                             +-- no attempts left --> failed ----+
class reconnect
{
public:
    enum class state : std::uint8_t
    {
        disconnected,
        connecting,
        open,
        waiting,  ///< until deadline(), for the next attempt
        failed,   ///< all attempts are used up
    };

    /// Lifetime: `config` and `random` outlive the machine.
    reconnect(const reconnect_config& config, random_source& random) noexcept
        : config_{&config}, random_{&random}
    {}

    /// The application wants to be connected. While an attempt is made or awaited this changes nothing: an
    /// application that calls it in a loop does not undo the back-off.
    reconnect_actions open(time_point now);

    /// The application wants not to be. In any state; the next open() begins anew.
    reconnect_actions close();

    /// The OPEN packet has come.
    reconnect_actions handle_open(link_number link, time_point now);

    /// The link could not be had, or ended before the OPEN packet.
    reconnect_actions handle_failure(link_number link, error_code why, time_point now);

    /// The connection has ended by itself; before the OPEN packet that is a failure.
    reconnect_actions handle_close(link_number link, close_reason reason, time_point now);

    /// A server asked to be left alone for so long (Retry-After), at most `max_retry_after`. Counts on top of
    /// the next delay, which keeps the clients apart; call it before handle_failure() or handle_close().
    void handle_retry_after(duration wait) noexcept;

    /// Early or repeated calls do nothing.
    reconnect_actions handle_deadline(time_point now);

    [[nodiscard]] std::optional<time_point> deadline() const noexcept { return deadline_; }

    [[nodiscard]] state current() const noexcept { return state_; }

    /// True of the link that is being dialed or open now.
    [[nodiscard]] bool is_current(link_number link) const noexcept
    {
        return link == link_ && (state_ == state::connecting || state_ == state::open);
    }

    /// True if sockets may hope: connected, or about to be, or to try again.
    [[nodiscard]] bool is_active() const noexcept
    {
        return state_ != state::disconnected && state_ != state::failed;
    }

    /// Attempts since the connection was last a success.
    [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }

private:
    void start_dialing(reconnect_actions& todo, time_point now);
    void fail(reconnect_actions& todo, error_code why, time_point now);
    void come_back(reconnect_actions& todo, time_point now);
    void rest(state as) noexcept;

    const reconnect_config* config_;
    random_source* random_;
    std::optional<time_point> deadline_;
    time_point opened_at_{};
    duration retry_after_{};
    std::uint64_t attempts_ = 0;
    link_number link_ = 0;
    state state_ = state::disconnected;
    bool reconnecting_ = false;  // what is being dialed is an attempt
};

[[nodiscard]] std::string_view to_string(reconnect::state value) noexcept;

}  // namespace cosio::protocol

template <>
struct fmt::formatter<cosio::protocol::reconnect_action> : fmt::formatter<std::string_view>
{
    fmt::format_context::iterator format(
        const cosio::protocol::reconnect_action& value, fmt::format_context& context
    ) const;
};
