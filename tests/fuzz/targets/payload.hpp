// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "fuzz.hpp"

#include <cosio/engine/legacy_payload.hpp>
#include <cosio/engine/payload.hpp>

#include <optional>
#include <string>
#include <vector>

// The packets of a long-polling body.

namespace cosio::fuzz {

struct packet
{
    engine::packet_type type;
    frame_kind kind;
    std::string data;

    bool operator==(const packet&) const = default;
};

/// What the decoder gives before the end or an error; nullopt: an error.
inline std::optional<std::vector<packet>> packets_of(
    std::string body, const engine::dialect& spoken, bool is_binary
)
{
    engine::payload_decoder decoder{spoken};
    decoder.feed(std::move(body), is_binary);
    std::vector<packet> all;
    for (;;) {
        const auto next = decoder.next();
        if (!next)
            return std::nullopt;
        if (!*next)
            return all;
        all.push_back({(*next)->type, (*next)->kind, std::string{(*next)->text()}});
    }
}

/// The frame of a packet as a peer of that dialect is sent it; null for what no peer sends.
inline frame_ref frame_of(const packet& from, const engine::dialect& spoken)
{
    if (from.kind == frame_kind::text)
        return engine::encode_packet(from.type, from.data);
    if (from.type != engine::packet_type::message)
        return {};
    frame_builder builder{frame_kind::binary, from.data.size()};
    builder.append(as_bytes(from.data));
    const frame_ref bytes = builder.finish();
    return spoken.is_legacy() ? engine::encode_legacy_binary(*bytes, spoken.supports_binary)
                              : bytes;
}

}  // namespace cosio::fuzz
