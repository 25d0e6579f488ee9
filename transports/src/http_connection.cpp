// SPDX-License-Identifier: BSL-1.0
#include "http_connection.hpp"

#include "cors.hpp"
#include "engine_routes.hpp"
#include "http_compression.hpp"
#include "request_hooks.hpp"

#include <cosio/transports/client_bundles.hpp>

#include <algorithm>

namespace cosio {
namespace {

constexpr std::size_t typical_head_bytes = 256;

http_response error_response(unsigned status)
{
    http_response response;
    response.status = status;
    response.headers.append("Content-Type", "application/json");
    response.body = fmt::format(
        R"({{"code":{},"message":"{}"}})",
        static_cast<int>(refusal_code::bad_request),
        wire::reason_phrase(status)
    );
    return response;
}

/// Asks a hook of the user; what it throws is a 500 and a line for the operator, without the query: the id of a
/// session stands there.
template <class Hook>
std::optional<http_response> ask(const Hook& hook, const http_request& request, const logger& log)
{
    std::string why = "an exception of no known type";
    try {
        if (hook)
            return hook(request);
        return std::nullopt;
    } catch (const std::exception& error) {
        why = error.what();
    } catch (...) {  // it has no text
    }
    log(log_level::error, "{} {}: the handler threw: {}", request.method, request.path(), why);
    return error_response(500);
}

http_response not_found()
{
    http_response response;
    response.status = 404;
    response.headers.append("Content-Type", "text/plain");
    response.body = "Not Found\n";
    return response;
}

}  // namespace

engine_host* http_server::state::host_of(std::string_view path) const noexcept
{
    for (engine_host* const host : hosts)
        if (serves_path(host->options(), path))
            return host;
    return nullptr;
}

bool http_server::state::exceeds_limit(std::string_view path, std::size_t body) const noexcept
{
    const engine_host* const host = host_of(path);
    return host && body > host->options().max_payload_bytes;
}

http_connection::http_connection(
    std::shared_ptr<http_server::state> server,
    std::unique_ptr<byte_stream> stream,
    std::unique_ptr<wire::http1_request_decoder> decoder
)
    : server_{std::move(server)}, stream_{std::move(stream)}, decoder_{std::move(decoder)}
{
    ++*server_->connections;
    server_->open.push_back(*this);
}

http_connection::http_connection(
    std::shared_ptr<http_server::state> server, std::unique_ptr<byte_stream> stream
)
    : http_connection{
          server,
          std::move(stream),
          std::make_unique<wire::http1_request_decoder>(wire::http1_limits{
              .max_header_bytes = server->options.max_header_bytes,
              .max_headers = server->options.max_headers,
              .max_target_bytes = server->options.max_target_bytes,
              .max_body_bytes = server->max_body_bytes
          })
      }
{}

http_connection::~http_connection()
{
    if (hooks_)
        hooks_->detach();
    --*server_->connections;
}

void http_connection::begin(http_connection_ptr self, std::string_view received)
{
    if (!received.empty())
        self->guarded([&] {
            self->decoder_->feed(as_bytes(received));
            self->process();
        });
    if (self->stream_)
        run(std::move(self));
}

void http_connection::go_on(http_connection_ptr self, http_request* request)
{
    self->served_ = request != nullptr;
    self->guarded([&] {
        if (request)
            self->handle(*request);
        if (self->stream_)
            self->process();
    });
    run(std::move(self));
}

/// Says whom a request comes from.
void http_connection::introduce(http_request& request)
{
    if (address_.empty())
        address_ = stream_->remote_address();
    request.remote_address = address_;
    request.secure = stream_->secure();
}

/// A request of a session that lives on another shard takes the connection there, which is then spared
/// the way. `whole` is null while the body is still to come.
bool http_connection::belongs_elsewhere(const http_request& request, http_request* whole)
{
    engine_host* const host =
        server_->parts.size() > 1 ? server_->host_of(request.path()) : nullptr;
    if (!host)
        return false;
    shard& there = host->place_of(request);
    const std::shared_ptr<http_server::state> part =
        &there == server_->home ? nullptr : server_->part_on(there);
    if (!part || !stream_->move_to(there))
        return false;
    server_->home->time().disarm(*this);
    there.post([part, whole, stream = std::move(stream_), decoder = std::move(decoder_)]() mutable {
        try {
            http_connection_ptr moved{
                new http_connection{part, std::move(stream), std::move(decoder)}
            };
            go_on(std::move(moved), whole);
        } catch (const std::bad_alloc&) {  // the stream has been closed
        }
    });
    return true;
}

detail::driver http_connection::run(http_connection_ptr self)
{
    self->phase_began_ = self->server_->home->now();
    self->watch_clock();
    while (self->stream_) {
        self->reading_ = true;
        const error_code ec = co_await self->stream_->readable();
        self->reading_ = false;
        if (!self->stream_)
            break;
        self->guarded([&] {
            if (ec)
                self->stream_ended();
            else
                self->read();
        });
    }
}

/// What is thrown for want of memory ends this connection and no other.
template <class Step>
void http_connection::guarded(Step&& step) noexcept
{
    try {
        step();
    } catch (const std::exception& error) {
        server_->options.log(log_level::error, "a connection was closed: {}", error.what());
        hang_up();
    } catch (...) {
        hang_up();
    }
}

void http_connection::read()
{
    error_code ec;
    const std::span<std::byte> scratch = server_->home->scratch();
    const std::size_t count = stream_->try_read(scratch, ec);
    if (ec) {
        if (ec.category() !=
            engine::engine_category())  // more than an end: somebody may want to know
            server_->options.log(
                log_level::info, "{}: {}", stream_->remote_address(), ec.message()
            );
        stream_ended();
        return;
    }
    decoder_->feed(scratch.first(count));
    if ((request_ || !unsent_.empty()) &&
        decoder_->buffered_bytes() > server_->options.max_header_bytes) {
        // Pipelined far ahead of an answer that is still awaited, or that is not read (H32).
        stream_ended();
        return;
    }
    process();
}

void http_connection::process()
{
    processing_ = true;
    while (stream_ && !request_ && unsent_.empty() && !close_after_) {
        const result<http_request*> next = decoder_->next();
        if (!next) {
            http_request* const refused = decoder_->refused();
            // However it was cut: the session is told of an upload before it is told of its end.
            if (refused && !head_seen_ && next.error() != wire::http_errc::body_too_large) {
                if (belongs_elsewhere(*refused, nullptr))
                    break;
                handle_head(*refused);
            }
            if (stream_ && !close_after_)
                fail(next.error(), refused);
            break;
        }
        if (*next) {
            if (uploading_ || !belongs_elsewhere(**next, *next))
                handle(**next);
            continue;
        }
        if (const http_request* const head = decoder_->head(); head && !head_seen_) {
            if (belongs_elsewhere(*head, nullptr))
                break;
            handle_head(*head);
        } else if (head && server_->exceeds_limit(head->path(), decoder_->body_bytes())) {
            http_request view;
            view.method = head->method;
            view.target = head->target;
            view.version = head->version;
            view.headers = head->headers;
            fail(wire::http_errc::body_too_large, &view);
        }
        if (stream_ && !close_after_ && decoder_->take_continue())
            write("HTTP/1.1 100 Continue\r\n\r\n");
        break;
    }
    processing_ = false;
    if (stream_)
        watch_clock();
}

void http_connection::handle_head(const http_request& head)
{
    head_seen_ = true;
    if (!server_->host_of(head.path()))
        return;
    http_request view = head;  // respond() looks at the request under way
    request_ = &view;
    introduce(view);
    // Who is refused now is not listened to until the end of the body.
    const bool closing = std::exchange(close_after_, true);
    std::optional<http_response> answer;
    if (view.method == "POST")
        answer = ask(server_->options.before, view, server_->options.log);
    if (answer)
        respond(std::move(*answer));
    else if (view.method != "POST" || admits_head(view))
        close_after_ = closing;
    request_ = nullptr;
}

/// False: the POST was answered.
bool http_connection::admits_head(const http_request& head)
{
    // Looked for each time: a hook may have destroyed it.
    engine_host* host = server_->host_of(head.path());
    if (!host)
        return true;
    const auto& middlewares = host->options().middlewares;
    // What waits is asked about the whole request.
    if (must_ask_about_origin(host->options().cors, head))
        return true;
    if (std::ranges::any_of(middlewares, [](const auto& one) { return one.is_coroutine(); }))
        return true;
    if (!middlewares.empty()) {
        hooks_ = std::make_shared<request_hooks>(*this);
        if (hooks_->answer_at_head(head))
            return false;
        host = server_->host_of(head.path());
    }
    return !host || admit_upload(*host, *this, head);
}

void http_connection::handle(http_request& request)
{
    head_seen_ = false;
    served_ = true;
    if (server_->exceeds_limit(request.path(), request.body.size())) {
        fail(wire::http_errc::body_too_large, &request);
        return;
    }
    request_ = &request;
    introduce(request);
    if (std::exchange(uploading_, false)) {
        const std::shared_ptr<polling_endpoint> endpoint = endpoint_;
        endpoint->end_post(std::move(request.body));
        return;
    }
    drop_hooks();
    const http_options& options = server_->options;
    std::optional<http_response> answer;
    if (!request.wants_websocket())
        answer = ask(options.before, request, options.log);
    if (engine_host* const host = answer ? nullptr : server_->host_of(request.path())) {
        if (options.serve_client)
            answer = options.serve_client->answer(host->options().path, request);
        if (!answer) {
            route(*host, *this, request);
            return;
        }
    }
    if (!answer && hand_over(request))
        return;
    if (!answer && !request.wants_websocket())
        answer = ask(options.handler, request, options.log);
    if (request.wants_websocket())
        close_after_ = true;
    respond(answer ? std::move(*answer) : not_found());
}

/// An upgrade that is not ours goes to the application, if it wants it.
bool http_connection::hand_over(const http_request& request)
{
    const http_options& options = server_->options;
    if (!options.upgrade_handler || !request.headers.find("upgrade") || !has_stream())
        return false;
    upgrade_taker taker;
    try {
        taker = options.upgrade_handler(request);
        if (!taker)
            return false;
        std::string received;
        std::string unsent;
        std::unique_ptr<byte_stream> stream = upgrade({}, received, unsent);
        taker(std::move(stream), std::move(received));
    } catch (const std::exception& error) {
        options.log(log_level::error, "upgrade_handler threw: {}", error.what());
    } catch (...) {
        options.log(log_level::error, "upgrade_handler threw");
    }
    if (stream_)
        respond_and_close(error_response(500));
    return true;
}

const std::shared_ptr<request_hooks>& http_connection::begin_hooks()
{
    hooks_ = std::make_shared<request_hooks>(*this);
    hooks_->request = std::move(*request_);
    request_ = &hooks_->request;
    return hooks_;
}

void http_connection::hooks_answered()
{
    if (stream_ && !processing_)
        watch_clock();
}

void http_connection::drop_hooks() noexcept
{
    if (const auto hooks = std::exchange(hooks_, nullptr))
        hooks->abandon();
}

/// `request`, if it is known, says how the answer is decorated: a page of another origin reads it too.
void http_connection::fail(error_code why, http_request* request)
{
    server_->fired->count(why);
    if (std::exchange(uploading_, false)) {
        // A body that is too large costs the upload, not the session (POLL-5); any other fault both.
        if (why == wire::http_errc::body_too_large)
            endpoint_->cancel_post();
        else
            endpoint_->abort(*this);
    }
    if (request) {
        request_ = request;
        introduce(*request);
    }
    respond_and_close(error_response(wire::status_of(static_cast<wire::http_errc>(why.value()))));
}

void http_connection::respond_and_close(http_response response)
{
    close_after_ = true;
    respond(std::move(response));
}

void http_connection::respond(http_response response)
{
    if (!stream_)
        return;
    try {
        answer(std::move(response));
    } catch (...) {  // whoever answers believes that it did
        hang_up();
        throw;
    }
}

void http_connection::answer(http_response response)
{
    if (std::exchange(uploading_, false))
        close_after_ = true;  // answered before its end: the rest of the body is not a request
    unsigned version = 11;
    bool keep_alive = !close_after_ && !server_->closing;
    bool with_body = true;
    if (request_) {
        version = request_->version;
        keep_alive = keep_alive && request_->keep_alive;
        with_body = request_->method != "HEAD";
        if (const engine_host* const host = server_->host_of(request_->path())) {
            if (may_compress_)
                compress(host->options(), response);
            decorate(host->options(), *request_, response, hooks_.get());
        }
        keep_alive = keep_alive && !server_->closing;  // a hook may have closed it
    }
    close_after_ = !keep_alive;
    may_compress_ = true;
    request_ = nullptr;
    endpoint_ = nullptr;
    drop_hooks();
    send(std::move(response), keep_alive, version, with_body);
    // Answered from elsewhere: the coroutine sleeps on the stream, but a next request may be here already.
    if (stream_ && !processing_) {
        if (unsent_.empty() && decoder_->buffered_bytes() != 0)
            stream_->interrupt(
            );  // never while writing: it may wake that wait too, without success
        watch_clock();
    }
}

void http_connection::send(
    http_response response, bool keep_alive, unsigned version, bool with_body
)
{
    std::string bytes;
    bytes.reserve(typical_head_bytes + response.body.size());
    wire::append_response_head(bytes, response, response.body.size(), keep_alive, version);
    if (with_body)
        bytes += response.body;
    write(std::move(bytes));
}

/// What a poll brings, but for the OPEN packet of a handshake (HTTP-18).
void http_connection::compress(const engine_options& options, http_response& response)
{
    if (!options.http_compression || !endpoint_ || request_->method != "GET" ||
        response.status != 200 || response.body.starts_with('0'))
        return;
    compress_body(*server_->home, *options.http_compression, request_->headers, response);
}

void http_connection::write(std::string bytes)
{
    if (unsent_.empty())
        unsent_ = std::move(bytes);
    else
        unsent_ += bytes;
    continue_writing();
}

void http_connection::continue_writing()
{
    error_code ec;
    const bytes_view all = as_bytes(unsent_);
    const std::size_t written = stream_->try_write({&all, 1}, ec);
    if (ec) {
        stream_ended();
        return;
    }
    unsent_.erase(0, written);
    if (written != 0)
        phase_began_ = server_->home->now();
    if (!unsent_.empty())
        stream_->notify_writable(this);
    else if (close_after_ && !request_)
        close_stream(true);
}

void http_connection::on_link_writable()
{
    const http_connection_ptr keep{this};
    guarded([this] {
        if (stream_)
            continue_writing();
        if (stream_ && unsent_.empty())
            process();
    });
}

std::unique_ptr<transport> http_connection::become_websocket(
    http_response answer, const websocket_options& options
)
{
    std::string head;
    wire::append_response_head(head, answer, 0, true);
    std::string received;
    std::string unsent;
    std::unique_ptr<byte_stream> stream = upgrade(std::move(head), received, unsent);
    return make_websocket_transport(
        *server_->home,
        std::move(stream),
        engine::role::server,
        options,
        std::move(received),
        std::move(unsent)
    );
}

std::unique_ptr<byte_stream> http_connection::upgrade(
    std::string head, std::string& received, std::string& unsent
)
{
    server_->home->time().disarm(*this);
    received = decoder_->release();
    error_code ec;
    const bytes_view all = as_bytes(head);
    if (!head.empty())
        head.erase(0, stream_->try_write({&all, 1}, ec));
    unsent = std::move(head);
    request_ = nullptr;
    drop_hooks();
    if (reading_)
        stream_->interrupt();  // only one may wait for the stream
    return std::move(stream_);
}

void http_connection::stream_ended() noexcept
{
    if (const auto endpoint = std::exchange(endpoint_, nullptr))
        endpoint->abort(*this);
    close_stream(false);
}

void http_connection::close_stream(bool politely) noexcept
{
    server_->home->time().disarm(*this);
    endpoint_ = nullptr;
    request_ = nullptr;
    drop_hooks();
    if (!stream_)
        return;
    std::shared_ptr<void> counted;
    if (politely) {
        // Until it is over it is one of the connections that `max_connections` counts.
        ++*server_->connections;
        try {
            counted = {nullptr, [all = server_->connections](void*) { --*all; }};
        } catch (const std::bad_alloc&) {  // it was counted back; then without politeness
            politely = false;
        }
    }
    if (politely) {
        stream_->interrupt();
        linger_close(
            *server_->home, std::move(stream_), server_->options.linger, {}, std::move(counted)
        );
    } else {
        stream_->close();
        // The coroutine may be parked in this very stream: it is let go in a later turn.
        server_->home->post([ended = std::move(stream_)] {});
    }
}

void http_connection::close_when_idle() noexcept
{
    // Requests under way see by themselves that the server closes.
    if (stream_ && !request_ && !uploading_ && unsent_.empty())
        close_stream(false);
}

}  // namespace cosio
