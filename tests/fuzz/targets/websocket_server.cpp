// SPDX-License-Identifier: BSL-1.0
// What a server reads of a WebSocket, with permessage-deflate if the seed is odd.
#include "websocket.hpp"

void cosio::fuzz::check(std::uint8_t seed, bytes_view input)
{
    const websocket_case on{.role = wire::websocket_role::server, .compressed = seed % 2 == 1};
    require_same_in_parts(seed, [&](std::uint8_t cut) { return transcript_of(on, input, cut); });
}
