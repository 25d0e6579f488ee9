// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/http.hpp>
#include <cosio/refusal.hpp>
#include <cosio/task.hpp>
#include <cosio/verdict.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace cosio {

/// A function of the application that HTTP asks: it returns an R, or is a coroutine, task<R>.
/// A coroutine's arguments live until it ends, and so do its captures; when the client goes or
/// `hook_timeout` is over it is cancelled, and what it returns then is not looked at.
/// Each shard has a copy of its own. Thread: the connection's shard.
/// Cost: none where none is set; a coroutine costs two allocations for each request.
template <class R, class... Args>
class http_hook
{
public:
    using function = std::function<R(Args...)>;
    using coroutine = std::function<task<R>(Args...)>;

    /// The two forms; one of them is empty.
    struct forms
    {
        function plain;
        coroutine waiting;
    };

    http_hook() noexcept = default;

    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, http_hook> && std::is_invocable_v<F&, Args...>)
    http_hook(F f)  // NOLINT(google-explicit-constructor): as std::function
        : forms_{std::make_shared<forms>()}
    {
        if constexpr (std::same_as<std::invoke_result_t<F&, Args...>, task<R>>)
            forms_->waiting = std::move(f);
        else
            forms_->plain = std::move(f);
    }

    http_hook(const http_hook& other)
        : forms_{other.forms_ ? std::make_shared<forms>(*other.forms_) : nullptr}
    {}

    http_hook(http_hook&&) noexcept = default;

    http_hook& operator=(http_hook other) noexcept
    {
        forms_.swap(other.forms_);
        return *this;
    }

    ~http_hook() = default;

    [[nodiscard]] explicit operator bool() const noexcept { return forms_ != nullptr; }

    [[nodiscard]] bool is_coroutine() const noexcept { return forms_ && forms_->waiting; }

    /// For whoever calls it: the hook may be destroyed meanwhile.
    [[nodiscard]] std::shared_ptr<const forms> hold() const noexcept { return forms_; }

private:
    std::shared_ptr<forms> forms_;
};

/// Sees every request below the path before anything is checked, polls and WebSocket handshakes too; an
/// upload at its head, without its body, unless a middleware is a coroutine. nullopt means: go on; a response
/// is the answer, whatever the request wanted. What it adds to the fields goes into the answer, whoever gives it.
/// What it throws refuses the request: code 3, MIDDLEWARE_FAILURE.
using http_middleware =
    http_hook<std::optional<http_response>, const http_request&, header_fields&>;

/// Lets a handshake in by accept(), or refuses it by reject("why"), which the client is told: code 4, status 403,
/// over WebSocket 400. Polls and upgrades of a session are not asked about. What it throws refuses, as "Forbidden".
using allow_request_hook = http_hook<verdict, const http_request&>;

/// Names a session: 1 to 128 printable ASCII characters without space, `"`, `\`, `,` or `;`. With several shards two
/// characters follow that name the shard. An error, an exception or a name in use refuses: code 3,
/// ID_GENERATION_ERROR. Beware: who knows a session's id can take part in it; it must be hard to guess.
using generate_id_hook = http_hook<result<std::string>, const http_request&>;

/// Changes the fields of an answer; what it throws is logged, and the answer goes out as it is.
using headers_hook = std::function<void(header_fields&, const http_request&)>;

}  // namespace cosio
