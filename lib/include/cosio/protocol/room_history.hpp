// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/protocol/recovery.hpp>

namespace cosio::protocol {

/// When a live socket has joined and left its rooms, as far back as its log reaches: a packet that was
/// lost on the way is missed by those who were in its room when it was sent, not by those who are in it
/// at the end. Positions are those of the log that the socket's packets are in. Pure.
class room_history
{
public:
    /// A new socket: `since` is the end of the log.
    explicit room_history(log_position since) noexcept : exact_since_{since} {}

    /// Of a socket that was restored.
    explicit room_history(const recoverable_session& restored);

    /// `here`: the end of the log; `first`: what it still reaches back to.
    void joined(std::string_view room, log_position here, log_position first);
    void left(std::string_view room, log_position here, log_position first);

    /// Of the rooms that the socket is in, and of those that it has left.
    [[nodiscard]] std::vector<membership> memberships(std::vector<std::string> rooms) const;

    /// For recoverable_session::exact_since.
    [[nodiscard]] log_position exact_since() const noexcept { return exact_since_; }

    [[nodiscard]] std::size_t size() const noexcept { return changes_.size(); }

    static constexpr std::size_t max_changes = 1'024;

private:
    [[nodiscard]] std::vector<membership>::iterator find_current(std::string_view room) noexcept;
    void prune(log_position here, log_position first);

    std::vector<membership> changes_;
    log_position exact_since_;
};

}  // namespace cosio::protocol
