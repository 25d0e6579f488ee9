// SPDX-License-Identifier: BSL-1.0
#include "memberships.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cosio::load {

memberships::memberships(const options& chosen, std::uint32_t clients, unsigned spare)
    : encoding_{chosen.encoding},
      groups_{chosen.what == mode::broadcast ? chosen.rooms : 0},
      extra_{chosen.memberships},
      stride_{extra_ + spare},
      pool_{std::uint64_t{clients} * stride_}
{
    if (chosen.what != mode::broadcast && chosen.rooms > 0)
        pool_ = chosen.rooms;
}

std::string memberships::room_of_group(unsigned group)
{
    return fmt::format("room-{}", group);
}

std::string memberships::room(std::uint32_t client, unsigned nth) const
{
    if (nth < grouped())
        return room_of_group(client % groups_);
    const std::uint64_t dealt = std::uint64_t{client} * stride_ + nth - grouped();
    return fmt::format("member-{}", dealt % pool_);
}

std::vector<std::byte> memberships::joins(std::uint32_t client, unsigned first, unsigned number)
    const
{
    std::vector<std::byte> out;
    for (unsigned nth = first; nth < first + number; ++nth) {
        const packet join = event_packet(encoding_, "join", {room(client, nth)}, ack_id);
        const std::vector<std::byte> frame = websocket_frame(join);
        out.insert(out.end(), frame.begin(), frame.end());
    }
    return out;
}

}  // namespace cosio::load
