// SPDX-License-Identifier: BSL-1.0
// Long-polling bodies of today.
#include "payload.hpp"

using namespace cosio;

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    const auto all = packets_of(std::string{as_text(input)}, {}, false);
    if (!all || all->empty())
        return;
    outbox pending;
    for (const packet& one : *all)
        if (const frame_ref frame = frame_of(one, {}))
            pending.push(frame);
    const std::size_t sent = pending.size();
    std::vector<packet> again;
    while (!pending.empty()) {
        const std::string body = engine::encode_payload(pending, 1 + seed, 1 + seed % 16);
        const auto part = packets_of(body, {}, false);
        require(part.has_value(), "what was written is no payload");
        require(part->size() <= std::size_t{1} + seed % 16, "a payload of too many packets");
        again.insert(again.end(), part->begin(), part->end());
    }
    require(again.size() == sent, "another number of packets when written and read again");
    if (sent == all->size())
        require(again == *all, "other packets when written and read again");
}
