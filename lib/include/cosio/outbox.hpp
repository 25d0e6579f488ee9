// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace cosio {

/// What became of something that was given to be sent.
enum class send_status : std::uint8_t
{
    sent,     ///< handed to the connection; leaves at the end of this turn
    queued,   ///< waits: the peer reads slowly or polls later, or the call came from another thread
    dropped,  ///< a volatile message while the link was not writable, or overflow_policy::drop
    closed,   ///< the socket or connection has ended
    rejected,  ///< it cannot be encoded, or its event name is reserved; see the log
};

/// The frames that wait to be written to one peer. Holds references, never copies. Bounded by its owner
/// through bytes() and size(). Cost: 48 bytes, no heap as long as one frame at a time waits.
class outbox
{
public:
    outbox() noexcept = default;
    outbox(const outbox&) = delete;
    outbox& operator=(const outbox&) = delete;

    void push(frame_ref frame);

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    /// Payload bytes of all frames that wait, whole frames counted.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    [[nodiscard]] const frame_ref& operator[](std::size_t index) const noexcept
    {
        return (ring_ ? ring_.get() : &only_)[(head_ + index) & (capacity_ - 1)];
    }

    /// The WebSocket form of the next frames, first byte not yet written first; returns how many views.
    [[nodiscard]] std::size_t gather(std::span<bytes_view> out) const noexcept;

    /// Removes what gather() showed and a write has taken.
    void consume(std::size_t websocket_bytes) noexcept;

    /// Sends `frame` in the place of another. Precondition: index != 0 || !mid_frame().
    void replace(std::size_t index, frame_ref frame) noexcept;

    /// Puts a packet, its first frame has a key, into the place of the one that waits with an equal key.
    /// False, and nothing has changed, if there is none, if it has perhaps been begun, or if more than
    /// `max_bytes` or `max_frames` would wait then. Cost: a comparison for each key that waits before it.
    [[nodiscard]] bool replace_latest(
        const frame_ref& head,
        std::span<const frame_ref> rest,
        std::size_t max_bytes,
        std::size_t max_frames
    );

    /// Takes back what was pushed last. False, and nothing has changed, if any of it has perhaps been begun.
    [[nodiscard]] bool take_back(std::size_t frames) noexcept;

    /// Removes whole frames from the front.
    void pop(std::size_t frames) noexcept;

    /// True while the front frame is half written.
    [[nodiscard]] bool mid_frame() const noexcept { return front_written_ != 0; }

    void clear() noexcept;

private:
    void reserve_one_more();
    [[nodiscard]] std::size_t find(const packet_key& key) const noexcept;
    [[nodiscard]] bool is_any_deflated(std::size_t first, std::size_t frames) const noexcept;
    void resize_packet(std::size_t first, std::size_t frames, std::size_t wanted);

    [[nodiscard]] frame_ref& slot(std::size_t index) noexcept
    {
        return const_cast<frame_ref&>(std::as_const(*this)[index]);
    }

    frame_ref only_;  // the ring of an idle connection
    std::unique_ptr<frame_ref[]> ring_;
    std::size_t bytes_ = 0;
    std::size_t front_written_ = 0;
    std::uint32_t head_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t capacity_ = 1;  // a power of two
    std::uint32_t keys_ = 0;      // frames that have one
};

static_assert(sizeof(outbox) <= 48);

}  // namespace cosio
