// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine_host.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cosio {

class http_connection;

/// One request while hooks of the application decide over it, and what they add to its answer. Only requests
/// that have a hook to ask have one of these.
/// Lifetime: until the answer, and until the coroutine that is asked has ended.
class request_hooks final : public std::enable_shared_from_this<request_hooks>
{
public:
    explicit request_hooks(http_connection& connection) noexcept : connection_{&connection} {}

    /// Asks the coroutine that decides over origins of other sites; then the request goes on its way.
    void ask_about_origin();

    /// Asks one middleware after the other; then the request is routed.
    void ask_middlewares();

    /// Asks who lets a handshake in and names its session; then it is opened.
    void ask_about_handshake(engine::transport_kind transport);

    /// At the head of an upload: asks the middlewares, none of which is a coroutine. True: it was answered.
    [[nodiscard]] bool answer_at_head(const http_request& head);

    /// A coroutine has been asked and has not answered.
    [[nodiscard]] bool waiting() const noexcept { return waiting_; }

    /// It has taken too long: the request is refused.
    void expire();

    /// Nobody waits for the outcome any more: the coroutine is cancelled.
    void abandon() noexcept;

    /// As abandon(), while what runs coroutines is being destroyed.
    void detach() noexcept
    {
        connection_ = nullptr;
        waiting_ = false;
    }

    http_request request;            ///< out of the decoder's hands
    header_fields added;             ///< to the answer, by middlewares
    std::optional<std::string> sid;  ///< of the session that the answer opens
    bool allows_origin = false;      ///< what a coroutine has said

private:
    enum class stage : std::uint8_t
    {
        middlewares,
        admission,
        naming,
    };

    template <class R, class... Args, class Then, class... Actual>
    void ask(const http_hook<R, Args...>& hook, Then then, Actual&... args);

    void ask_middleware(std::size_t index);
    void ask_for_name(engine::transport_kind transport);
    void open(engine::transport_kind transport, session_id id);
    void refuse(const refusal& why);
    [[nodiscard]] refusal failure() const;
    [[nodiscard]] engine_host* host();
    void note(const std::exception_ptr& thrown) noexcept;

    http_connection* connection_;  // null once nobody waits for the outcome
    asio::cancellation_signal stop_;
    std::string cause_;  // of a failure
    stage stage_ = stage::middlewares;
    bool waiting_ = false;
    bool has_waited_ = false;
};

}  // namespace cosio
