// SPDX-License-Identifier: BSL-1.0
// Socket.IO packets of the msgpack codec.
#include "socketio.hpp"

#include <cosio/codecs/msgpack.hpp>

void cosio::fuzz::check(std::uint8_t, bytes_view input)
{
    check_messages<msgpack>(input);
}
