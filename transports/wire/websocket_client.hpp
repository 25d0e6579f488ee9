// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "deflate.hpp"
#include "http1_client.hpp"
#include "websocket.hpp"

#include <array>
#include <vector>

// The opening handshake of a client (RFC 6455, 4.1), without IO.

namespace cosio::wire {

/// What a client asks for.
struct websocket_offer
{
    std::array<std::byte, 16> nonce = {
    };  ///< from a good source: it tells this handshake from others
    std::vector<std::string> protocols = {};  ///< in order of preference; distinct names of HTTP
    std::optional<deflate_options> deflate = {};
};

/// What a server has agreed to.
struct websocket_agreement
{
    std::string protocol = {};  ///< empty: none
    std::optional<deflate_options> deflate = {};
};

void append_websocket_request(
    std::string& out,
    std::string_view target,
    const client_headers& headers,
    const websocket_offer& offer
);

/// What the answer to `offer` says. After it the decoder's release() gives the first frames.
/// Errors: unexpected_status() for whatever is not 101, redirects too; bad_upgrade, bad_accept, bad_protocol,
/// bad_extension (W16). The connection must be closed then (RFC 6455, 4.1).
[[nodiscard]] result<websocket_agreement> check_websocket_answer(
    const http_response& response, const websocket_offer& offer
);

}  // namespace cosio::wire
