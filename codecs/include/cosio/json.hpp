// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client.hpp>
#include <cosio/codecs/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/server.hpp>

// Socket.IO with its default text encoding: what nearly every client speaks.

namespace cosio {

template <codec Codec>
class basic_manager_cache;  // cosio/transports/manager_cache.hpp
template <codec Codec>
class basic_simple_client;  // cosio/transports/simple_client.hpp

using json_server = basic_server<json>;
using json_namespace = basic_namespace<json>;
using json_socket = basic_socket<json>;
using json_client = basic_client<json>;
using json_manager = basic_manager<json>;
using json_client_socket = basic_client_socket<json>;
using json_manager_cache = basic_manager_cache<json>;
using json_simple_client = basic_simple_client<json>;

}  // namespace cosio
