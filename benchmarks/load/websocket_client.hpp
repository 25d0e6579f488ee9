// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http_reply.hpp"
#include "session.hpp"

#include <optional>
#include <string>
#include <wire/websocket.hpp>

namespace cosio::load {

/// A Socket.IO client over WebSocket, in namespace `/`. Answers pings.
class websocket_client final : stream::owner
{
public:
    websocket_client(
        event_loop& loop, session_observer& told, const session_plan& plan, std::uint32_t index
    ) noexcept
        : stream_{loop, *this}, observer_{told}, plan_{plan}, index_{index}
    {}

    /// Connects, upgrades and joins; handle_joined() or handle_end() tells the outcome. May be called
    /// again after the end.
    void open(unsigned source);

    void send(bytes_view frames) { stream_.send(frames); }

    /// Leaves the namespace and closes; handle_end() tells when the server has closed too.
    void leave();

    /// Drops the connection at once and tells nobody.
    void abandon() noexcept { state_ = state::closed, stream_.close(); }

    [[nodiscard]] bool is_leaving() const noexcept { return state_ == state::leaving; }

private:
    enum class state : std::uint8_t
    {
        closed,
        upgrading,
        opening,
        joining,
        joined,
        leaving,
    };

    void handle_open() override;
    void handle_bytes(std::span<std::byte> bytes, std::int64_t now) override;
    void handle_end(std::string_view why) override;

    void read_upgrade(std::span<std::byte> bytes, std::int64_t now);
    void read_frames(std::span<std::byte> bytes, std::int64_t now);
    void handle_message(const wire::websocket_message& message, std::int64_t now);
    void handle_packet(const incoming& packet, std::int64_t now);
    void handle_close(const wire::websocket_message& message);
    void end(std::string_view why);

    stream stream_;
    session_observer& observer_;
    const session_plan& plan_;
    std::optional<http_reply_reader> reply_;
    std::optional<wire::websocket_decoder> decoder_;
    std::uint32_t index_;
    state state_ = state::closed;
};

}  // namespace cosio::load
