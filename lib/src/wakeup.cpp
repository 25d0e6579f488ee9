// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/wakeup.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/assert.hpp>

#include <utility>

namespace cosio::detail {

wakeup::wakeup(asio::io_context::executor_type executor) noexcept : executor_{executor} {}

task<> wakeup::wait()
{
    if (!std::exchange(raised_, false)) {
        auto initiate = [this](auto handler) {
            BOOST_ASSERT(!waiter_);
            // Boost 1.81: move-assigning an any_completion_handler recurses for ever; swap does not.
            asio::any_completion_handler<void()> parked{std::move(handler)};
            waiter_.swap(parked);
        };
        co_await asio::async_initiate<const asio::deferred_t, void()>(initiate, asio::deferred);
    }
}

void wakeup::notify() noexcept
{
    if (!waiter_) {
        raised_ = true;
        return;
    }
    asio::any_completion_handler<void()> waiter;
    waiter.swap(waiter_);
    asio::post(executor_, std::move(waiter));
}

}  // namespace cosio::detail
