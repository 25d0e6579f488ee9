// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "http_connection.hpp"

namespace cosio {

/// The head of a request with a body has come: a POST to a session is let in or refused at once, so that
/// nobody uploads in vain. False: it was refused, and answered.
[[nodiscard]] bool admit_upload(
    engine_host& host, http_connection& connection, const http_request& head
);

/// Answers a whole request to a host, or hands it to the session that will.
void route(engine_host& host, http_connection& connection, http_request& request);

/// Adds what the host's options say of every answer: CORS (HTTP-9..12), and HTTP-19.
void decorate(const engine_host& host, const http_request& request, http_response& response);

}  // namespace cosio
