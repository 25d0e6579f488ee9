// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/shard.hpp>
#include <cosio/transport.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cosio {

/// A connected stream of bytes: TCP, TLS, a Unix socket, or memory. HTTP and WebSocket run over any.
/// Thread: the shard of its connection.
class byte_stream
{
public:
    virtual ~byte_stream() = default;

    /// Reads what is there now; 0 without an error if nothing is.
    /// Errors: engine::errc::connection_closed at the end of the stream, connection_reset.
    [[nodiscard]] virtual std::size_t try_read(
        std::span<std::byte> into, error_code& ec
    ) noexcept = 0;

    /// Resumes when try_read() may have something to say; spurious wake-ups are allowed.
    /// Errors: connection_closed if the stream is closed already.
    [[nodiscard]] wait_for<byte_stream> readable() noexcept { return wait_for{*this}; }

    /// For readable(): the outcome if it is known already, else takes `who` and resumes it once, in a later turn.
    [[nodiscard]] virtual std::optional<error_code> park(parked& who) = 0;

    /// Writes what is accepted now, gathered; 0 without an error if nothing is.
    [[nodiscard]] virtual std::size_t try_write(
        std::span<const bytes_view> from, error_code& ec
    ) noexcept = 0;

    /// Calls `listener` once, in a later turn, when try_write() can make progress.
    virtual void notify_writable(boost::intrusive_ptr<link_listener> listener) = 0;

    /// Makes a pending readable() resume.
    virtual void interrupt() noexcept = 0;

    /// No more bytes will be written.
    virtual void shutdown_send() noexcept = 0;

    /// Ends the stream; a pending readable() resumes. Idempotent.
    virtual void close() noexcept = 0;

    /// Address of the other end without port, or empty.
    [[nodiscard]] virtual std::string remote_address() const = 0;

    /// Takes the stream to another shard of the same runtime, where it is used from the next turn on. False:
    /// it cannot move, and stays. Called on the old shard; a pending readable() resumes there.
    [[nodiscard]] virtual bool move_to(shard& other) noexcept
    {
        static_cast<void>(other);
        return false;
    }

    /// True if the bytes are encrypted.
    [[nodiscard]] virtual bool secure() const noexcept { return false; }
};

/// Ends `stream` politely: what was written arrives, what still comes in is read and thrown away until
/// the other end closes, at most for `limit`. Closing at once would reset the connection and could take
/// the last answer along. `unsent` is written first; `keep` is let go at the end.
void linger_close(
    shard& home,
    std::unique_ptr<byte_stream> stream,
    duration limit,
    std::vector<std::byte> unsent = {},
    std::shared_ptr<void> keep = {}
) noexcept;

}  // namespace cosio
