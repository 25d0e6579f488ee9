// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

// How an operation of Asio's begins and ends. What its beginning throws would leave Asio's coroutine for good, and the
// event loop too: here it is the operation's outcome.

namespace cosio::detail {

/// What is thrown now, as an operation's outcome; `otherwise`, if it is the user's. Precondition: inside a catch block.
[[nodiscard]] error_code error_of_exception(errc otherwise) noexcept;

/// The outcome of an operation that has failed: of those that cannot say why, an empty one.
template <class Outcome>
[[nodiscard]] Outcome failed_outcome(error_code why)
{
    if constexpr (requires { typename Outcome::error_type; })
        return Outcome{boost::system::in_place_error, why};
    else if constexpr (std::is_constructible_v<Outcome, error_code>)
        return Outcome{why};
    else
        return Outcome{};
}

/// Calls `handler` with the outcome in a later turn.
template <class Executor, class Handler, class Outcome>
void post_outcome(const Executor& where, Handler handler, Outcome outcome)
{
    asio::post(where, [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.clear();
        std::move(handler)(std::move(outcome));
    });
}

/// Who waits for an operation: is told its outcome once, where it lives. Thread: one at a time.
template <class Handler, class Outcome>
class pending_operation
{
public:
    using outcome_type = Outcome;
    using executor_type = asio::associated_executor_t<Handler, asio::io_context::executor_type>;

    pending_operation(Handler&& handler, const executor_type& where)
        : handler_{std::move(handler)}, where_{where}
    {}

    /// Where its caller says that it does not want to wait any more. Precondition: it has not ended.
    [[nodiscard]] auto cancellation() const noexcept
    {
        return asio::get_associated_cancellation_slot(*handler_);
    }

    /// Nothing, if it has ended.
    void complete(Outcome outcome)
    {
        if (!handler_)
            return;
        Handler handler = *std::exchange(handler_, std::nullopt);
        post_outcome(where_, std::move(handler), std::move(outcome));
    }

private:
    std::optional<Handler> handler_;
    executor_type where_;
};

/// Calls `step()`, which may encode values of the user's; if that throws, the operation has failed.
template <class Pending, class Step>
void run_step(const std::shared_ptr<Pending>& pending, Step step)
{
    try {
        step();
    } catch (...) {
        using outcome = typename Pending::outcome_type;
        pending->complete(failed_outcome<outcome>(error_of_exception(errc::not_encodable)));
    }
}

/// Calls begin(pending) with a shared_ptr to the `Pending`, a pending_operation, that `handler` becomes.
/// `otherwise`: where a handler is called that does not live anywhere.
template <class Pending, class Handler, class Begin>
void begin_operation(Handler handler, const asio::io_context::executor_type& otherwise, Begin begin)
{
    const auto where = asio::get_associated_executor(handler, otherwise);
    std::shared_ptr<Pending> pending;
    try {
        // Memory first: without it the handler stays here.
        const asio::recycling_allocator<void> of_thread;
        const auto memory = asio::get_associated_allocator(handler, of_thread);
        pending = std::allocate_shared<Pending>(memory, std::move(handler), where);
    } catch (const std::bad_alloc&) {
        const error_code why = make_error_code(boost::system::errc::not_enough_memory);
        using outcome = typename Pending::outcome_type;
        post_outcome(where, std::move(handler), failed_outcome<outcome>(why));
        return;
    }
    run_step(pending, [&] { begin(pending); });
}

}  // namespace cosio::detail
