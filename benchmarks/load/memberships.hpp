// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "options.hpp"
#include "packets.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cosio::load {

/// Which rooms each client joins before its work begins. In mode broadcast the first one is the room of
/// its group; the others are dealt from a pool of `--rooms`, or are its own.
class memberships
{
public:
    /// `spare`: rooms of each client that it does not join at the start.
    memberships(const options& chosen, std::uint32_t clients, unsigned spare = 0);

    /// How many rooms each client joins.
    [[nodiscard]] unsigned count() const noexcept { return grouped() + extra_; }

    /// A client's rooms, then its spare ones.
    [[nodiscard]] std::string room(std::uint32_t client, unsigned nth) const;

    /// Frames that join so many rooms of a client, each with an acknowledgement that is_ack() knows.
    [[nodiscard]] std::vector<std::byte> joins(
        std::uint32_t client, unsigned first, unsigned number
    ) const;

    [[nodiscard]] static bool is_ack(const incoming& packet) noexcept
    {
        return packet.kind == incoming_kind::ack && packet.id == ack_id;
    }

    [[nodiscard]] static std::string room_of_group(unsigned group);

private:
    // Beyond the ids of what workloads ask.
    static constexpr std::uint64_t ack_id = 1'000'000;

    [[nodiscard]] unsigned grouped() const noexcept { return groups_ > 0 ? 1 : 0; }

    codec encoding_;
    unsigned groups_;
    unsigned extra_;
    unsigned stride_;  // rooms of one client that come from the pool
    std::uint64_t pool_;
};

}  // namespace cosio::load
