// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <coroutine>
#include <new>
#include <optional>
#include <utility>

namespace cosio {
namespace detail {

/// Where a coroutine waits: in its own frame, or on the heap for Asio's coroutines and callbacks.
class waiter
{
public:
    virtual void resume(error_code outcome) = 0;
    virtual void abandon() noexcept = 0;

protected:
    ~waiter() = default;
};

}  // namespace detail

/// A coroutine that waits for a link, a stream or another event. Whoever is given it resumes it once, in a
/// later turn of its shard. If this is destroyed instead, so is the coroutine with all that it owns.
class parked
{
public:
    parked() noexcept = default;

    explicit parked(detail::waiter& who) noexcept : waiter_{&who} {}

    parked(parked&& other) noexcept : waiter_{std::exchange(other.waiter_, nullptr)} {}

    parked& operator=(parked&& other) noexcept
    {
        std::swap(waiter_, other.waiter_);
        return *this;
    }

    ~parked()
    {
        if (waiter_)
            waiter_->abandon();
    }

    [[nodiscard]] explicit operator bool() const noexcept { return waiter_ != nullptr; }

    /// Goes on with the coroutine, inside this call. Precondition: somebody is parked here.
    void resume(error_code outcome = {}) { std::exchange(waiter_, nullptr)->resume(outcome); }

    /// Nobody is parked here any more: the coroutine goes on by itself.
    void release() noexcept { waiter_ = nullptr; }

private:
    detail::waiter* waiter_ = nullptr;
};

/// What a wait ended with. Asio would throw a plain error_code into its coroutines.
struct wait_outcome
{
    error_code why;

    // NOLINTNEXTLINE(google-explicit-constructor): a result to be looked at as an error_code
    operator error_code() const noexcept { return why; }
};

namespace detail {

/// For a driver's coroutine: the wait is part of its frame.
template <class Source>
class frame_waiter final : public waiter
{
public:
    explicit frame_waiter(Source& source) noexcept : source_{&source} {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(std::coroutine_handle<> frame)
    {
        parked self{*this};
        std::optional<error_code> known;
        try {
            known = source_->park(self);
        } catch (const std::bad_alloc&) {
            known = make_error_code(boost::system::errc::not_enough_memory);
        }
        // Only now: a frame that has not been suspended yet is not destroyed by whoever drops what it could not keep.
        frame_ = frame;
        if (!known)
            return true;
        self.release();
        outcome_ = *known;
        return false;
    }

    error_code await_resume() const noexcept { return outcome_; }  // a wakeup has nothing to tell

    void resume(error_code outcome) override
    {
        outcome_ = outcome;
        frame_.resume();
    }

    void abandon() noexcept override
    {
        if (frame_)
            frame_.destroy();
    }

private:
    Source* source_;
    std::coroutine_handle<> frame_;  // null while it is being parked
    error_code outcome_;
};

/// For a coroutine or a callback of Asio's. Owns itself.
template <class Handler>
class handler_waiter final : public waiter
{
public:
    explicit handler_waiter(Handler&& handler) : handler_{std::move(handler)} {}

    [[nodiscard]] Handler take() { return std::move(handler_); }

    void resume(error_code outcome) override
    {
        Handler handler = take();
        delete this;
        asio::dispatch(asio::append(std::move(handler), wait_outcome{outcome}));
    }

    void abandon() noexcept override { delete this; }

private:
    Handler handler_;
};

template <class Source>
struct begin_parking
{
    template <class Handler>
    void operator()(Handler handler) const
    {
        const wait_outcome no_memory{make_error_code(boost::system::errc::not_enough_memory)};
        handler_waiter<Handler>* waiting = nullptr;
        try {
            // Memory first: without it the handler stays here.
            waiting = new handler_waiter<Handler>{std::move(handler)};
        } catch (const std::bad_alloc&) {
            asio::post(asio::append(std::move(handler), no_memory));
            return;
        }
        parked who{*waiting};
        try {
            if (const std::optional<error_code> known = source->park(who))
                asio::post(asio::append(waiting->take(), wait_outcome{*known}));
        } catch (const std::bad_alloc&) {
            if (who)
                asio::post(asio::append(waiting->take(), no_memory));
        }
    }

    Source* source;
};

}  // namespace detail

/// What a function such as readable() returns, to be awaited at once: `const error_code ec = co_await ...`.
/// `Source` answers `std::optional<error_code> park(parked& who)`: the outcome if it is known already,
/// else it takes `who`.
/// Cost: none in a driver's coroutine; one allocation in a task<>, which may await it too.
template <class Source>
class [[nodiscard]] wait_for
{
public:
    explicit wait_for(Source& source) noexcept : source_{&source} {}

    [[nodiscard]] auto operator co_await() const noexcept
    {
        return detail::frame_waiter<Source>{*source_};
    }

    /// As an asynchronous operation of Asio's, with any completion token.
    template <class Token>
    auto operator()(Token&& token) const
        -> decltype(asio::async_initiate<Token, void(wait_outcome)>(
            std::declval<detail::begin_parking<Source>>(), token
        ))
    {
        return asio::async_initiate<Token, void(wait_outcome)>(
            detail::begin_parking<Source>{source_}, token
        );
    }

private:
    Source* source_;
};

}  // namespace cosio
