// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/simulation.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cosio::test {

/// One packet as it came out of a link.
struct received_packet
{
    frame_kind kind = frame_kind::text;
    std::string data;                  ///< text with its type digit; binary as it is
    const std::byte* where = nullptr;  ///< its bytes in memory: shared frames have one address
};

/// The client's end of a packet link, played by hand: it sends what it is told and keeps what comes.
/// Nothing is answered by itself, no PING either.
class packet_peer
{
public:
    packet_peer(simulation& world, std::unique_ptr<transport> link);
    packet_peer(packet_peer&&) noexcept;
    packet_peer& operator=(packet_peer&&) = delete;
    ~packet_peer();

    /// An Engine.IO packet in text form, such as `42["hello"]`. Nothing happens before the world runs.
    void send_text(std::string_view packet);

    /// The raw bytes of a binary message.
    void send_binary(std::string_view bytes);

    /// From now on what arrives stays in the link, as if the process were stopped.
    void stop_reading() noexcept;

    void resume_reading() noexcept;

    /// Ends the link without a word.
    void cut() noexcept;

    /// What has come since the last call.
    [[nodiscard]] std::vector<received_packet> take();

    /// The other side, or cut(), has ended the link and all was read.
    [[nodiscard]] bool ended() const noexcept;

    [[nodiscard]] simulation& world() const noexcept { return *world_; }

private:
    struct state;

    static task<> read(std::shared_ptr<state> self);
    void send(frame_ref packet);

    simulation* world_;
    std::shared_ptr<state> state_;
};

/// A Socket.IO packet in the notation of the default parser, `42/chat,7["x"]`, as the one binary
/// message that a msgpack peer sends. Placeholders stand for `attachments`.
[[nodiscard]] std::string to_msgpack(
    std::string_view packet, const std::vector<std::string>& attachments = {}
);

/// The way back: `45n-…` and one line `b<bytes>` per attachment if there are any.
[[nodiscard]] std::vector<std::string> from_msgpack(std::string_view message);

}  // namespace cosio::test
