// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/protocol/packet.hpp>

#include <vector>

namespace cosio::detail {

/// A message as it came. Lifetime: while it is read.
struct raw_message
{
    frame_kind kind;
    bytes_view payload;
};

/// The events of one socket that wait for its handlers, in the order in which they came; there is one only
/// while something waits. Bounded by its owner, through weight(). Pure.
class event_inbox
{
public:
    /// Gives what it weighs.
    std::size_t push(protocol::encoded_packet event);

    [[nodiscard]] bool empty() const noexcept { return first_ == events_.size(); }

    [[nodiscard]] std::size_t size() const noexcept { return events_.size() - first_; }

    /// Precondition: !empty().
    [[nodiscard]] protocol::encoded_packet pop() noexcept;

    /// Of all that waits.
    [[nodiscard]] std::size_t weight() const noexcept { return weight_; }

    /// 1, and 1 more for each whole 16 KiB, but at most 1024.
    [[nodiscard]] static std::size_t weight_of(const protocol::encoded_packet& event) noexcept;

    /// Its owner has posted what empties it.
    bool is_being_emptied = false;

private:
    std::vector<protocol::encoded_packet> events_;
    std::size_t first_ = 0;  // those before it have gone
    std::size_t weight_ = 0;
};

/// A message that is a whole packet, in the form in which one is sent.
[[nodiscard]] protocol::encoded_packet keep_message(const raw_message& message);

}  // namespace cosio::detail
