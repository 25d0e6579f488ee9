// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codec.hpp>
#include <cosio/error.hpp>
#include <cosio/time.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace cosio::protocol {

/// Somebody who waits for one acknowledgement.
class ack_receiver
{
public:
    virtual ~ack_receiver() = default;

    /// Called exactly once: with the reply, or with the reason why there is none (then `reply` is null).
    virtual void complete(error_code why, const decoded_packet* reply) = 0;
};

/// The answers to a broadcast have one id on all sockets (EV-10), which no socket gives by itself: those
/// begin again at 0 below it. All fit 31 bits, because some clients keep them in an `int`.
inline constexpr std::uint64_t first_broadcast_ack = std::uint64_t{1} << 30;
inline constexpr std::uint64_t last_broadcast_ack = (std::uint64_t{1} << 31) - 1;

/// The acknowledgements that one socket waits for. Ids are per socket and count up (EV-9).
/// A machine: it says who is answered or too late; its owner completes them.
class acks
{
public:
    /// Takes the receiver, unless it throws, and gives the id to send. Precondition: size() is below the owner's limit.
    [[nodiscard]] std::uint64_t add(
        std::unique_ptr<ack_receiver>&& receiver, std::optional<time_point> deadline
    );

    /// Takes the receiver under an id that was chosen elsewhere. False if that waits already.
    [[nodiscard]] bool add_as(
        std::uint64_t id,
        std::unique_ptr<ack_receiver>& receiver,
        std::optional<time_point> deadline
    );

    /// The receiver of that id, or null: never given, answered before (EV-7), or too late.
    [[nodiscard]] std::unique_ptr<ack_receiver> take(std::uint64_t id) noexcept;

    /// One receiver whose deadline has passed, or null. Call until null.
    [[nodiscard]] std::unique_ptr<ack_receiver> take_expired(time_point now) noexcept;

    /// Any receiver, oldest first, or null. Call until null when the socket ends (EV-13).
    [[nodiscard]] std::unique_ptr<ack_receiver> take_next() noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// May be earlier than the first true deadline, never later.
    [[nodiscard]] std::optional<time_point> deadline() const noexcept { return earliest_; }

private:
    struct entry
    {
        std::uint64_t id;
        std::unique_ptr<ack_receiver> receiver;
        std::optional<time_point> deadline;
    };

    std::vector<entry> entries_;  // by ascending id
    std::optional<time_point> earliest_;
    std::uint64_t next_id_ = 0;
};

}  // namespace cosio::protocol
