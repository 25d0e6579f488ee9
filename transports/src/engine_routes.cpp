// SPDX-License-Identifier: BSL-1.0
#include "engine_routes.hpp"

#include "wire/deflate.hpp"
#include "wire/websocket.hpp"

#include <cosio/detail/ascii.hpp>
#include <cosio/transports/websocket.hpp>

#include <algorithm>

namespace cosio {
namespace {

http_response plain(unsigned status, std::string_view type, std::string body)
{
    http_response response;
    response.status = status;
    response.headers.append("Content-Type", type);
    response.body = std::move(body);
    return response;
}

/// Polling gets the JSON body, an opening handshake the bare message (WS-8).
http_response refusal_response(const refusal& why, bool handshake)
{
    http_response response = handshake ? plain(why.status, "text/html", std::string{why.message()})
                                       : plain(why.status, "application/json", why.body());
    if (why.status == 405)
        response.headers.append("Allow", "GET, POST");
    return response;
}

std::shared_ptr<polling_endpoint> endpoint_of(engine::peer& session)
{
    const auto* const link = dynamic_cast<polling_transport*>(session.link());
    return link ? link->endpoint() : nullptr;
}

/// True if each list member in the fields `name` passes `check`; fields that are absent pass.
template <class Check>
bool lists_hold(const header_fields& headers, std::string_view name, Check&& check)
{
    bool hold = true;
    headers.for_each([&](std::string_view field, std::string_view value) {
        if (detail::equal_without_case(field, name))
            for (bool more = true; more && hold;)
                hold = check(detail::take_list_item(value, more));
    });
    return hold;
}

/// RFC 6455, 9.1: a token, and parameters whose values are tokens, quoted or not.
bool is_extension(std::string_view item)
{
    const std::size_t end = item.find(';');
    bool valid = detail::is_token(detail::trimmed(item.substr(0, end)));
    std::string_view rest = end == item.npos ? std::string_view{} : item.substr(end);
    while (valid && !rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view parameter = detail::trimmed(rest.substr(0, rest.find(';')));
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
        const std::size_t equals = parameter.find('=');
        valid = detail::is_token(detail::trimmed(parameter.substr(0, equals)));
        if (!valid || equals == parameter.npos)
            continue;
        std::string_view value = detail::trimmed(parameter.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        valid = detail::is_token(value);
    }
    return valid;
}

bool offers_distinct_protocols(const header_fields& headers)
{
    std::vector<std::string_view> seen;
    return lists_hold(headers, "sec-websocket-protocol", [&](std::string_view item) {
        const bool is_new = std::ranges::find(seen, item) == seen.end();
        seen.push_back(item);
        return is_new && seen.size() <= 64 && detail::is_token(item);
    });
}

/// A wrong opening handshake (RFC 6455, 4.2.1), or nullopt.
std::optional<http_response> handshake_fault(const http_request& request)
{
    const auto bad = [](std::string message) {
        return plain(400, "text/html", std::move(message));
    };
    if (request.version < 11)
        return bad("WebSocket needs HTTP/1.1");
    if (request.headers.find("content-length").value_or("0") != "0" ||
        request.headers.find("transfer-encoding"))
        return bad("A handshake has no body");
    if (!request.headers.has_token("connection", "upgrade"))
        return bad("Missing Connection: Upgrade header");
    if (request.headers.count("sec-websocket-key") != 1 ||
        !wire::is_valid_websocket_key(request.headers["sec-websocket-key"]))
        return bad("Missing or invalid Sec-WebSocket-Key header");
    if (request.headers["sec-websocket-version"] != "13") {
        http_response response = bad("Missing or invalid Sec-WebSocket-Version header");
        response.headers.append("Sec-WebSocket-Version", "13");
        return response;
    }
    if (!offers_distinct_protocols(request.headers))
        return bad("Invalid Sec-WebSocket-Protocol header");
    if (!lists_hold(request.headers, "sec-websocket-extensions", is_extension))
        return bad("Invalid Sec-WebSocket-Extensions header");
    return std::nullopt;
}

void answer_preflight(http_connection& connection, const http_request& request)
{
    http_response response;
    response.status = 204;
    response.headers.append("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    const std::string_view asked = request.headers["access-control-request-headers"];
    if (!asked.empty())
        response.headers.append("Access-Control-Allow-Headers", asked);
    connection.respond(std::move(response));
}

void poll(http_connection& connection, engine::peer& session)
{
    const std::shared_ptr<polling_endpoint> endpoint = endpoint_of(session);
    if (!endpoint) {
        connection.respond(refusal_response({refusal_code::bad_request}, false));
        return;
    }
    connection.set_endpoint(endpoint);
    endpoint->get(&connection);
}

std::optional<wire::deflate_acceptance> accepted_deflate(
    const engine_options& options, const http_request& request
)
{
    if (!options.websocket.deflate)
        return std::nullopt;
    return wire::accept_deflate(request.headers, *options.websocket.deflate);
}

void accept_websocket(
    engine_host& host,
    http_connection& connection,
    const http_request& request,
    const engine::peer_ptr& session
)
{
    if (auto fault = handshake_fault(request)) {
        connection.respond_and_close(std::move(*fault));
        return;
    }
    std::string head = fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: {}\r\n",
        wire::websocket_accept(request.headers["sec-websocket-key"])
    );
    const auto deflate = accepted_deflate(host.options(), request);
    if (deflate)
        head += fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate->answer);
    head += "\r\n";
    const http_request kept = request;  // the decoder that owns it goes with the upgrade
    std::string received;
    std::string unsent;
    std::unique_ptr<byte_stream> stream = connection.upgrade(std::move(head), received, unsent);
    const websocket_options options{
        .max_payload_bytes = host.options().max_payload_bytes,
        .max_fragments = connection.server().options.max_websocket_fragments,
        .linger = connection.server().options.linger,
        .deflate = deflate ? std::optional{deflate->agreed} : std::nullopt
    };
    auto link = make_websocket_transport(
        host.home(),
        std::move(stream),
        engine::role::server,
        options,
        std::move(received),
        std::move(unsent)
    );
    if (session)
        session->offer(std::move(link));
    else
        static_cast<void>(host.open(kept, std::move(link)));
}

}  // namespace

bool admit_upload(engine_host& host, http_connection& connection, const http_request& head)
{
    if (head.method != "POST")
        return true;
    const admission granted = host.admit(head);
    if (granted.what == admission::verdict::refuse) {
        connection.respond_and_close(refusal_response(granted.why, false));
        return false;
    }
    const auto endpoint =
        granted.what == admission::verdict::post ? endpoint_of(*granted.peer) : nullptr;
    if (!endpoint)
        return true;
    if (!endpoint->begin_post(&connection, head))
        return false;
    connection.set_upload(endpoint);
    return true;
}

void route(engine_host& host, http_connection& connection, http_request& request)
{
    if (request.method == "OPTIONS" && !host.options().cors.origins.empty()) {
        answer_preflight(connection, request);
        return;
    }
    const admission granted = host.admit(request);
    switch (granted.what) {
    case admission::verdict::refuse: {
        const bool handshake = request.wants_websocket();
        if (handshake)
            connection.respond_and_close(refusal_response(granted.why, true));
        else
            connection.respond(refusal_response(granted.why, false));
        return;
    }
    case admission::verdict::open:
        if (granted.transport == engine::transport_kind::websocket) {
            accept_websocket(host, connection, request, nullptr);
        } else {
            const engine::peer_ptr session =
                host.open(request, std::make_unique<polling_transport>(host.home()));
            if (session)
                poll(connection, *session);
            else
                connection.respond(refusal_response({refusal_code::forbidden, 503}, false));
        }
        return;
    case admission::verdict::poll: poll(connection, *granted.peer); return;
    case admission::verdict::post:
        // A body that came in one piece with its head was not admitted before.
        if (const auto endpoint = endpoint_of(*granted.peer);
            endpoint && endpoint->begin_post(&connection, request)) {
            connection.set_endpoint(endpoint);
            endpoint->end_post(std::move(request.body));
        }
        return;
    case admission::verdict::upgrade:
        accept_websocket(host, connection, request, granted.peer);
        return;
    }
}

void decorate(const engine_host& host, const http_request& request, http_response& response)
{
    const std::string_view agent = request.headers["user-agent"];
    if (agent.find(";MSIE") != std::string_view::npos ||
        agent.find("Trident/") != std::string_view::npos)
        response.headers.append("X-XSS-Protection", "0");
    const cors_options& cors = host.options().cors;
    if (cors.origins.empty())
        return;
    const bool preflight = request.method == "OPTIONS";
    if (cors.origins.front() == "*") {
        response.headers.append("Access-Control-Allow-Origin", "*");
        if (preflight)
            response.headers.append("Vary", "Access-Control-Request-Headers");
        return;
    }
    response.headers.append(
        "Vary", preflight ? "Origin, Access-Control-Request-Headers" : "Origin"
    );
    const std::string_view origin = request.headers["origin"];
    if (std::ranges::find(cors.origins, origin) == cors.origins.end())
        return;
    response.headers.append("Access-Control-Allow-Origin", origin);
    if (cors.credentials)
        response.headers.append("Access-Control-Allow-Credentials", "true");
}

}  // namespace cosio
