// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client.hpp>
#include <cosio/codecs/msgpack.hpp>
#include <cosio/manager.hpp>
#include <cosio/server.hpp>

// Socket.IO in MessagePack: smaller and faster for binary data; both sides must have chosen it.

namespace cosio {

template <codec Codec>
class basic_manager_cache;  // cosio/transports/manager_cache.hpp
template <codec Codec>
class basic_simple_client;  // cosio/transports/simple_client.hpp

using msgpack_server = basic_server<msgpack>;
using msgpack_namespace = basic_namespace<msgpack>;
using msgpack_socket = basic_socket<msgpack>;
using msgpack_client = basic_client<msgpack>;
using msgpack_manager = basic_manager<msgpack>;
using msgpack_client_socket = basic_client_socket<msgpack>;
using msgpack_manager_cache = basic_manager_cache<msgpack>;
using msgpack_simple_client = basic_simple_client<msgpack>;

}  // namespace cosio
