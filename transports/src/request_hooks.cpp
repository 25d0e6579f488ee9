// SPDX-License-Identifier: BSL-1.0
#include "request_hooks.hpp"

#include "engine_routes.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

namespace cosio {

/// Calls then(std::optional<R>), empty if the hook has failed: now, or when its coroutine has ended.
template <class R, class... Args, class Then, class... Actual>
void request_hooks::ask(const http_hook<R, Args...>& hook, Then then, Actual&... args)
{
    const auto forms = hook.hold();
    std::optional<R> outcome;
    std::optional<task<R>> coroutine;
    try {
        if (forms->waiting)
            coroutine.emplace(forms->waiting(args...));
        else
            outcome.emplace(forms->plain(args...));
    } catch (...) {
        note(std::current_exception());
    }
    if (!coroutine) {
        then(std::move(outcome));
        return;
    }
    waiting_ = true;
    has_waited_ = true;
    asio::co_spawn(
        connection_->server().home->executor(),
        std::move(*coroutine),
        asio::bind_cancellation_slot(
            stop_.slot(),
            [self = shared_from_this(),
             forms,
             then = std::move(then)](const std::exception_ptr& thrown, R value) mutable {
                if (!self->connection_ || !self->waiting_)
                    return;
                const http_connection_ptr keep{self->connection_};
                self->waiting_ = false;
                std::optional<R> answer;
                if (thrown)
                    self->note(thrown);
                try {
                    if (!thrown)
                        answer.emplace(std::move(value));
                    then(std::move(answer));
                    keep->hooks_answered();
                } catch (...) {  // there is no memory for an answer
                    keep->hang_up();
                }
            }
        )
    );
}

void request_hooks::ask_about_origin()
{
    const auto self = shared_from_this();
    engine_host* const to = host();
    if (!to)
        return;
    const auto go_on = [this](std::optional<bool> outcome) {
        allows_origin = outcome.value_or(false);
        if (engine_host* const next = host())
            route_asked(*next, *connection_, request, shared_from_this());
    };
    ask(to->options().cors.allow_origin, go_on, std::as_const(request));
}

void request_hooks::ask_middlewares()
{
    const auto self = shared_from_this();  // the answer lets go of this
    ask_middleware(0);
}

void request_hooks::ask_middleware(std::size_t index)
{
    engine_host* const to = host();
    if (!to)
        return;
    if (index == to->options().middlewares.size()) {
        route_admitted(*to, *connection_, request, shared_from_this());
        return;
    }
    const auto go_on = [this, index](std::optional<std::optional<http_response>> outcome) {
        if (!outcome)
            refuse(failure());
        else if (!*outcome)
            ask_middleware(index + 1);
        else if (request.wants_websocket())
            connection_->respond_and_close(std::move(**outcome));
        else
            connection_->respond(std::move(**outcome));
    };
    ask(to->options().middlewares[index], go_on, std::as_const(request), added);
}

bool request_hooks::answer_at_head(const http_request& head)
{
    const auto self = shared_from_this();
    const auto path = head.path();
    // By index: a middleware may add another one. The host is looked for each time: it may have destroyed that.
    for (std::size_t i = 0;; ++i) {
        engine_host* host = connection_->server().host_of(path);
        if (!host || i >= host->options().middlewares.size())
            return false;
        const auto forms = host->options().middlewares[i].hold();
        std::optional<http_response> answer;
        try {
            answer = forms->plain(head, added);
        } catch (...) {
            request.method = head.method;
            request.target = head.target;
            note(std::current_exception());
            host = connection_->server().host_of(path);
            if (host)
                cosio::refuse(*host, *connection_, head, failure());
            return host != nullptr;
        }
        if (answer) {
            connection_->respond(std::move(*answer));
            return true;
        }
    }
}

void request_hooks::ask_about_handshake(engine::transport_kind transport)
{
    const auto self = shared_from_this();
    stage_ = stage::admission;
    engine_host* const to = host();
    if (!to)
        return;
    if (!to->options().allow_request) {
        ask_for_name(transport);
        return;
    }
    const auto go_on = [this, transport](std::optional<verdict> outcome) {
        if (!outcome) {
            refuse(failure());
        } else if (!outcome->accepted) {
            refusal why = failure();
            why.text = std::move(outcome->message);
            refuse(why);
        } else {
            ask_for_name(transport);
        }
    };
    ask(to->options().allow_request, go_on, std::as_const(request));
}

void request_hooks::ask_for_name(engine::transport_kind transport)
{
    stage_ = stage::naming;
    engine_host* const to = host();
    if (!to)
        return;
    if (!to->options().generate_id) {
        open(transport, {});
        return;
    }
    const auto go_on = [this, transport](std::optional<result<std::string>> outcome) {
        engine_host* const names = host();
        if (!names)
            return;
        if (outcome && outcome->has_error())
            cause_ = outcome->error().message();
        std::optional<session_id> id;
        if (outcome && outcome->has_value() && !(*outcome)->empty())
            id = names->name_session(**outcome);
        if (outcome && outcome->has_value() && !id)
            cause_ = "generate_id: an id that is in use, or cannot be one";
        if (id)
            open(transport, std::move(*id));
        else
            refuse(failure());
    };
    ask(to->options().generate_id, go_on, std::as_const(request));
}

void request_hooks::open(engine::transport_kind transport, session_id id)
{
    engine_host* const to = host();
    if (!to)
        return;
    if (has_waited_) {  // it may have closed since, or is full
        const admission still = to->admit(request);
        if (still.what != admission::verdict::open) {
            refuse(still.why);
            return;
        }
    }
    open_session(*to, *connection_, request, transport, std::move(id));
}

void request_hooks::refuse(const refusal& why)
{
    if (engine_host* const to = host())
        cosio::refuse(*to, *connection_, request, why);
}

refusal request_hooks::failure() const
{
    switch (stage_) {
    case stage::middlewares: return {.reason = refusal_reason::middleware_failure, .cause = cause_};
    case stage::admission:
        // WebSocket: as the official server does (HTTP-14).
        return {
            .code = refusal_code::forbidden,
            .status = request.wants_websocket() ? 400U : 403U,
            .cause = cause_
        };
    case stage::naming: return {.reason = refusal_reason::id_generation_error, .cause = cause_};
    }
    return {};
}

/// Looked for each time: a hook may have taken its time, and the server may have gone.
engine_host* request_hooks::host()
{
    engine_host* const found = connection_->server().host_of(request.path());
    if (!found) {
        http_response gone;
        gone.status = 503;
        connection_->respond_and_close(std::move(gone));
    }
    return found;
}

void request_hooks::note(const std::exception_ptr& thrown) noexcept
{
    const auto tell = [this](std::string_view text) {
        try {
            cause_ = text;
        } catch (const std::bad_alloc&) {
            cause_.clear();
        }
    };
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        tell(error.what());
    } catch (...) {
        tell("an exception of no known type");
    }
    if (engine_host* const to = connection_->server().host_of(request.path()))
        to->options().log(
            log_level::error, "{} {}: a hook threw: {}", request.method, request.path(), cause_
        );
}

void request_hooks::expire()
{
    const auto self = shared_from_this();
    waiting_ = false;
    cause_ = "hook_timeout";
    stop_.emit(asio::cancellation_type::terminal);
    refuse(failure());
}

void request_hooks::abandon() noexcept
{
    const bool cancels = waiting_;
    detach();
    if (!cancels)
        return;
    try {
        stop_.emit(asio::cancellation_type::terminal);
    } catch (...) {  // then it runs to its end
    }
}

}  // namespace cosio
