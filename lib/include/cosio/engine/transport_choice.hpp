// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/engine/handshake.hpp>
#include <cosio/error.hpp>

#include <optional>
#include <vector>

namespace cosio::engine {

struct transport_choice_config
{
    /// Tried in this order; distinct.
    std::vector<transport_kind> transports = {transport_kind::polling, transport_kind::websocket};
    bool try_all_transports = false;  ///< the next one, when one fails before the session is open
    bool upgrade = true;              ///< from polling to WebSocket, as soon as the session is open
    bool remember_upgrade = false;    ///< begin with WebSocket where that was the last success
};

/// Which transport a client tries next. A machine: one for all connections of a client, because it remembers.
///
///   begin -- websocket remembered? --> the first, or websocket
///     | handle_failure: the next one, or the connection has failed
///     v
///   handle_open: polling, and both sides can do WebSocket? --> probe it
///     | handle_upgrade         | handle_upgrade_error
///     v                        v
///   websocket (remembered)    polling until the next connection (UP-16)
class transport_choice
{
public:
    /// Lifetime: `config` outlives the machine.
    explicit transport_choice(const transport_choice_config& config) noexcept : config_{&config} {}

    /// A connection begins: what to try. Errors: no_transports.
    [[nodiscard]] result<transport_kind> begin();

    /// That transport has failed before the OPEN packet: what to try instead. Errors: `why`, if nothing.
    [[nodiscard]] result<transport_kind> handle_failure(error_code why);

    /// The OPEN packet has come: what to probe, or nullopt.
    [[nodiscard]] std::optional<transport_kind> handle_open(const open_data& open);

    /// The probed transport has been adopted.
    void handle_upgrade() noexcept;

    /// It has not: the session goes on as it is, and tries no more. What to tell: probe_error.
    [[nodiscard]] error_code handle_upgrade_error() noexcept;

    /// Between handle_open() that named a transport to probe, and its outcome.
    [[nodiscard]] bool is_probing() const noexcept { return is_probing_; }

    /// What is being tried or used.
    [[nodiscard]] transport_kind current() const noexcept { return current_; }

private:
    [[nodiscard]] bool is_left(transport_kind kind) const noexcept;

    const transport_choice_config* config_;
    std::vector<transport_kind> left_;  // of this connection: what has not failed
    transport_kind current_ = transport_kind::polling;
    bool websocket_worked_ = false;
    bool is_probing_ = false;
};

}  // namespace cosio::engine
