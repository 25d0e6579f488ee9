// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace cosio {

/// permessage-deflate (RFC 7692). By default nothing is kept between two messages: an idle connection has
/// no compressor, and a broadcast is compressed once for all who get it.
/// With context, messages that resemble each other shrink further, at the price of up to 300 KiB for a
/// connection, and each connection compresses for itself.
/// Beware: where secrets and text that an attacker chooses meet in one message (with context: on one
/// connection), the size of what is sent tells of the secret (CRIME, BREACH).
struct deflate_options
{
    std::size_t threshold_bytes = 1024;  ///< smaller packets are sent as they are
    bool server_no_context_takeover = true;
    bool client_no_context_takeover = true;
    /// Binary logarithm of the window in bytes, 9 to 15. (8 is legal, but zlib cannot compress with it.)
    /// A client that cannot be told its window does without compression if its limit is below 15.
    std::uint8_t server_max_window_bits = 15;
    std::uint8_t client_max_window_bits = 15;
    std::uint8_t memory_level = 8;  ///< 1 to 9: a compressor hashes into 2^(memory_level + 9) bytes
    std::uint8_t level = 6;         ///< 1 (quick) to 9 (small)
};

}  // namespace cosio
