// SPDX-License-Identifier: BSL-1.0
#include "engine_routes.hpp"

#include "cors.hpp"
#include "request_hooks.hpp"
#include "websocket_handshake.hpp"

#include <cosio/detail/mutant.hpp>
#include <cosio/transports/websocket.hpp>

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

/// An error of a hook is the operator's business only.
/// Called as a copy: it may destroy the server, and the options with that.
template <class Hook, class... Args>
void call_hook(const Hook& hook, const logger& log, std::string_view name, Args&&... args)
{
    if (!hook)
        return;
    const logger operators = log;
    try {
        const Hook kept = hook;
        kept(std::forward<Args>(args)...);
    } catch (const std::exception& error) {
        operators(log_level::error, "{} threw: {}", name, error.what());
    } catch (...) {
        operators(log_level::error, "{} threw", name);
    }
}

void report(const engine_options& options, const http_request& request, const refusal& why)
{
    if (!options.on_connection_error)
        return;
    const boost::json::object context = why.context(request);
    const connection_error error{request, why.code, why.message(), context};
    call_hook(options.on_connection_error, options.log, "on_connection_error", error);
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

void accept_websocket(
    engine_host& host,
    http_connection& connection,
    const http_request& request,
    const engine::peer_ptr& session,
    session_id id
)
{
    std::optional<deflate_options> deflate;
    http_response answer = handshake_answer(host.options(), request, deflate);
    decorate(host.options(), request, answer, connection.hooks().get());
    // A hook may have ended the connection and the session, or have destroyed the server.
    if (!connection.is_open())
        return;
    if (connection.server().host_of(request.path()) != &host) {
        http_response gone;
        gone.status = 503;
        connection.respond_and_close(std::move(gone));
        return;
    }
    const http_request kept = request;  // what owns it goes with the upgrade
    const engine::dialect spoken = engine::dialect_of(kept.query(), host.options().allow_eio3);
    const websocket_options options{
        .max_payload_bytes = host.options().max_payload_bytes,
        .max_fragments = connection.server().options.max_websocket_fragments,
        .linger = connection.server().options.linger,
        .deflate = deflate,
        .protocol = spoken.protocol
    };
    auto link = connection.become_websocket(std::move(answer), options);
    if (!link)
        return;
    if (session)
        session->offer(std::move(link), spoken.supports_binary);
    else
        static_cast<void>(host.open(kept, std::move(link), std::move(id)));
}

/// False: the opening handshake is wrong, and was refused.
bool check_handshake(engine_host& host, http_connection& connection, const http_request& request)
{
    std::optional<http_response> fault = handshake_fault(request);
    if (!fault)
        return true;
    report(
        host.options(),
        request,
        {.reason = refusal_reason::transport_handshake_error, .cause = fault->body}
    );
    if (COSIO_MUTANT(failed_handshake_keeps_session))
        static_cast<void>(host.open(
            request, std::make_unique<polling_transport>(host.home(), engine::dialect{}, 1), {}
        ));
    connection.respond_and_close(std::move(*fault));
    return false;
}

/// What is to be asked, or said, about a handshake alone.
bool has_handshake_hooks(const engine_options& options) noexcept
{
    return options.allow_request || options.generate_id || options.initial_headers ||
           options.cookie;
}

}  // namespace

bool admit_upload(engine_host& host, http_connection& connection, const http_request& head)
{
    if (head.method != "POST")
        return true;
    const admission granted = host.admit(head);
    if (granted.what == admission::verdict::refuse) {
        report(host.options(), head, granted.why);
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

void refuse(
    engine_host& host, http_connection& connection, const http_request& request, const refusal& why
)
{
    const bool handshake = request.wants_websocket();
    report(host.options(), request, why);
    if (handshake)
        connection.respond_and_close(refusal_response(why, true));
    else
        connection.respond(refusal_response(why, false));
}

void route(engine_host& host, http_connection& connection, http_request& request)
{
    if (must_ask_about_origin(host.options().cors, request))
        connection.begin_hooks()->ask_about_origin();
    else
        route_asked(host, connection, request, nullptr);
}

void route_asked(
    engine_host& host,
    http_connection& connection,
    http_request& request,
    const std::shared_ptr<request_hooks>& hooks
)
{
    const engine_options& options = host.options();
    if (is_preflight(options.cors, request)) {
        http_response answer;
        answer.status = options.cors.preflight_status;
        connection.respond(std::move(answer));
    } else if (options.middlewares.empty()) {
        route_admitted(host, connection, request, hooks);
    } else {
        (hooks ? hooks : connection.begin_hooks())->ask_middlewares();
    }
}

void route_admitted(
    engine_host& host,
    http_connection& connection,
    http_request& request,
    const std::shared_ptr<request_hooks>& hooks
)
{
    const admission granted = host.admit(request);
    switch (granted.what) {
    case admission::verdict::refuse: refuse(host, connection, request, granted.why); return;
    case admission::verdict::open: {
        const bool websocket = granted.transport == engine::transport_kind::websocket;
        if (websocket && !check_handshake(host, connection, request))
            return;
        if (has_handshake_hooks(host.options()))
            (hooks ? hooks : connection.begin_hooks())->ask_about_handshake(granted.transport);
        else
            open_session(host, connection, request, granted.transport, {});
        return;
    }
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
        if (check_handshake(host, connection, request))
            accept_websocket(host, connection, request, granted.peer, {});
        return;
    }
}

void open_session(
    engine_host& host,
    http_connection& connection,
    const http_request& request,
    engine::transport_kind transport,
    session_id id
)
{
    const std::shared_ptr<request_hooks> hooks = connection.hooks();
    if (transport == engine::transport_kind::websocket) {
        if (hooks) {
            if (id.empty())
                id = host.name_session({}).value_or(session_id{});
            hooks->sid = id.str();
        }
        accept_websocket(host, connection, request, nullptr, std::move(id));
        return;
    }
    auto link = std::make_unique<polling_transport>(
        host.home(),
        engine::dialect_of(request.query(), host.options().allow_eio3),
        host.options().max_packets_per_post
    );
    const engine::peer_ptr session = host.open(request, std::move(link), std::move(id));
    if (!session) {
        connection.respond(refusal_response({refusal_code::forbidden, 503}, false));
        return;
    }
    if (hooks)
        hooks->sid = session->id().str();
    poll(connection, *session);
}

void decorate(
    const engine_options& options,
    const http_request& request,
    http_response& response,
    const request_hooks* hooks
)
{
    // The hook before it may destroy the server.
    const headers_hook every = options.headers;
    const logger log = every ? options.log : logger{};
    const bool switches = response.status == 101;
    header_fields own;  // of a 101, whose other fields no hook may touch
    header_fields& fields = switches ? own : response.headers;
    const std::string_view agent = request.headers["user-agent"];
    if (!switches && (agent.find(";MSIE") != std::string_view::npos ||
                      agent.find("Trident/") != std::string_view::npos))
        fields.append("X-XSS-Protection", "0");
    add_cors(options, request, fields, hooks && hooks->allows_origin);
    if (hooks) {
        hooks->added.for_each([&](std::string_view name, std::string_view value) {
            fields.append(name, value);
        });
        if (hooks->sid && options.cookie && !hooks->sid->empty())
            fields.append("Set-Cookie", set_cookie(*options.cookie, *hooks->sid));
        if (hooks->sid)
            call_hook(options.initial_headers, options.log, "initial_headers", fields, request);
    }
    call_hook(every, log, "headers", fields, request);
    own.for_each([&](std::string_view name, std::string_view value) {
        if (!is_handshake_field(name))
            response.headers.append(name, value);
    });
}

}  // namespace cosio
