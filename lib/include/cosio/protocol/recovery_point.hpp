// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cosio::protocol {

/// What a client's socket remembers so that the server can go on where the connection was lost
/// (connection state recovery, features.md 3.9). A machine.
class recovery_point
{
public:
    /// Longer texts are no pid and no offset: a server must not fill a client's memory with them.
    static constexpr std::size_t max_text_bytes = 256;

    /// CONNECT was answered; `pid` as the server says, or nullopt if it offers no recovery. True if the socket
    /// is the one it was before: rooms, data and missed events are there.
    bool handle_connect(std::optional<std::string_view> pid);

    /// An event has been delivered; `last_argument` if that is text. An event that wants an answer has no
    /// offset (CSR-2). Of the others nobody can tell: a volatile one that ends in a text counts (CSR-13).
    void handle_event(std::optional<std::string_view> last_argument, bool wants_answer);

    /// What comes next cannot be told from what belonged to another life: there is nothing to go on from.
    void forget() noexcept
    {
        pid_.reset();
        offset_.reset();
    }

    /// What CONNECT shall say, beside what `auth` says; nullopt: nothing.
    [[nodiscard]] const std::optional<std::string>& pid() const noexcept { return pid_; }

    [[nodiscard]] const std::optional<std::string>& offset() const noexcept { return offset_; }

private:
    std::optional<std::string> pid_;
    std::optional<std::string> offset_;  // only with a pid, and never of another one
};

}  // namespace cosio::protocol
