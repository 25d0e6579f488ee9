// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http_connection.hpp"

namespace cosio {

/// The head of a request with a body has come: a POST to a session is let in or refused at once, so that
/// nobody uploads in vain. False: it was refused, and answered.
[[nodiscard]] bool admit_upload(
    engine_host& host, http_connection& connection, const http_request& head
);

/// Answers a whole request to a host, or hands it to the session that will, or to the application's hooks.
void route(engine_host& host, http_connection& connection, http_request& request);

/// As route(), when it is known whether the origin is allowed. `hooks` may be null.
void route_asked(
    engine_host& host,
    http_connection& connection,
    http_request& request,
    const std::shared_ptr<request_hooks>& hooks
);

/// As route(), when the middlewares have let the request pass.
void route_admitted(
    engine_host& host,
    http_connection& connection,
    http_request& request,
    const std::shared_ptr<request_hooks>& hooks
);

/// Opens a session, when all hooks have let the handshake in. `id` may be empty.
void open_session(
    engine_host& host,
    http_connection& connection,
    const http_request& request,
    engine::transport_kind transport,
    session_id id
);

/// Tells the application why `request` is refused, and the client.
void refuse(
    engine_host& host, http_connection& connection, const http_request& request, const refusal& why
);

/// Adds what the host's options and hooks say of every answer: CORS (HTTP-9..12), HTTP-15, HTTP-16 and HTTP-19.
/// `hooks` may be null.
void decorate(
    const engine_options& options,
    const http_request& request,
    http_response& response,
    const request_hooks* hooks
);

}  // namespace cosio
