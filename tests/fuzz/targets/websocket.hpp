// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fuzz.hpp"
#include "wire/deflate.hpp"
#include "wire/websocket.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

// A stream of frames, as either side reads it.

namespace cosio::fuzz {

struct websocket_case
{
    wire::websocket_role role;
    bool compressed = false;
};

inline constexpr wire::websocket_limits websocket_limits{.max_payload = 300, .max_fragments = 8};

/// A message that is written and read again is the same.
inline void require_round_trip(const websocket_case& on, const wire::websocket_message& message)
{
    constexpr std::array mask{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    std::vector<std::byte> bytes;
    const bool masked = on.role == wire::websocket_role::server;
    const bool is_close = message.opcode == wire::websocket_opcode::close;
    const std::vector<std::byte> close =
        wire::encode_close_payload(message.close_code, message.text());
    const bytes_view payload = is_close ? bytes_view{close} : message.payload;
    append_websocket_frame(bytes, message.opcode, payload, masked ? &mask : nullptr);
    wire::websocket_decoder decoder{on.role, websocket_limits};
    decoder.feed(bytes);
    const auto again = decoder.next();
    require(again && again->has_value(), "what was written is no message");
    require((*again)->opcode == message.opcode, "another opcode when written and read again");
    require((*again)->close_code == message.close_code, "another code when read again");
    require((*again)->text() == message.text(), "another payload when written and read again");
}

inline std::string transcript_of(const websocket_case& on, bytes_view input, std::uint8_t seed)
{
    wire::deflate_buffer memory;
    wire::inflater inflater{memory, 15, true};
    wire::websocket_decoder decoder{on.role, websocket_limits};
    if (on.compressed)
        decoder.decompress(inflater);
    std::string said;
    bool over = false;
    in_parts(input, seed, [&](bytes_view part) {
        if (over)
            return;
        std::vector<std::byte> bytes{part.begin(), part.end()};
        decoder.feed(bytes);
        for (;;) {
            const auto next = decoder.next();
            if (!next) {
                said += next.error().message();
                over = true;
                return;
            }
            if (!*next)
                break;
            const wire::websocket_message& message = **next;
            require(message.payload.size() <= websocket_limits.max_payload, "a message too large");
            said += fmt::format(
                "{} {} {}\n", static_cast<int>(message.opcode), message.close_code, message.text()
            );
            require_round_trip(on, message);
        }
        decoder.retain();
    });
    return said;
}

}  // namespace cosio::fuzz
