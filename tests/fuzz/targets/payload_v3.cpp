// SPDX-License-Identifier: BSL-1.0
// Long-polling bodies of old: two layouts, and forms that pages post.
#include "payload.hpp"

using namespace cosio;

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    engine::dialect spoken{.protocol = engine::revision::v3, .supports_binary = seed % 2 == 0};
    const bool is_binary = seed % 3 == 0;
    if (seed % 5 == 0)
        spoken.jsonp = seed;
    const auto all = packets_of(std::string{as_text(input)}, spoken, is_binary);
    if (!all || all->empty())
        return;
    outbox pending;
    for (const packet& one : *all)
        if (const frame_ref frame = frame_of(one, spoken))
            pending.push(frame);
    const std::size_t sent = pending.size();
    if (sent == 0)
        return;
    const engine::legacy_payload written = engine::encode_legacy_payload(pending);
    require(pending.empty(), "something was left out");
    spoken.jsonp.reset();
    const auto again = packets_of(written.body, spoken, written.is_binary);
    require(again.has_value(), "what was written is no payload");
    require(again->size() == sent, "another number of packets when written and read again");
    if (sent == all->size())
        require(*again == *all, "other packets when written and read again");
}
