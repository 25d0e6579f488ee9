// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/decode_frames.hpp>

namespace cosio::detail {

const decoded_packet* decode_frames(packet_decoder& decoder, const protocol::encoded_packet& packet)
{
    std::unique_ptr<partial_packet> partial;
    const auto feed = [&](const frame& one) -> const decoded_packet* {
        bytes_view message = one.payload();
        if (one.kind() == frame_kind::text)
            message = message.subspan(1);  // Engine.IO's type digit
        const auto decoded = decoder.feed(partial, one.kind(), message);
        return decoded ? *decoded : nullptr;
    };
    const decoded_packet* whole = feed(*packet.head);
    for (const frame_ref& attachment : packet.attachments)
        whole = feed(*attachment);
    return whole;
}

}  // namespace cosio::detail
