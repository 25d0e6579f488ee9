// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/codec.hpp>

namespace cosio::detail {

/// Decodes a packet that was encoded here; null if the decoder refuses it.
/// Lifetime: until the decoder is fed again.
[[nodiscard]] const decoded_packet* decode_frames(
    packet_decoder& decoder, const protocol::encoded_packet& packet
);

}  // namespace cosio::detail
