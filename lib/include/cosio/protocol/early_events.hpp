// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/fifo.hpp>
#include <cosio/error.hpp>
#include <cosio/frame.hpp>
#include <cosio/protocol/connection.hpp>

#include <optional>
#include <string>

namespace cosio::protocol {

/// What a server sends to a namespace before it has answered CONNECT: a server that recovers a session sends first
/// what was missed (CSR-3). Kept as it came, and fed to the decoder again when the socket is in (X04).
/// A machine. A client that is joining nothing need not call it.
class early_events
{
public:
    /// One Engine.IO message.
    struct message
    {
        frame_kind kind;
        std::string bytes;

        bool operator==(const message&) const = default;
    };

    early_events(std::size_t max_bytes, std::size_t max_messages) noexcept
        : max_bytes_{max_bytes}, max_messages_{max_messages}
    {}

    /// A message has come, which is a packet or a part of one.
    void handle_message(frame_kind kind, bytes_view bytes);

    /// The packet is complete: an `early` event. Errors: too_many_early_events, which ends the session.
    [[nodiscard]] error_code keep(slot where);

    /// The packet is complete, and is something else.
    void pass() noexcept;

    /// The socket is in: the next message to feed, in order, or nullopt. Call until nullopt.
    [[nodiscard]] std::optional<message> next(slot where);

    /// The socket will not be in.
    void forget(slot where) noexcept;

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    struct kept
    {
        message what;
        std::optional<slot> where;  // nullopt: of the packet that is arriving
    };

    [[nodiscard]] bool is_full(std::size_t more) const noexcept;

    std::size_t max_bytes_;
    std::size_t max_messages_;
    detail::fifo<kept> kept_;
    std::size_t bytes_ = 0;
    bool lost_ = false;  // of the packet that is arriving
};

}  // namespace cosio::protocol
