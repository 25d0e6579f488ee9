// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/wakeup.hpp>

#include <boost/asio/post.hpp>
#include <boost/assert.hpp>

#include <utility>

namespace cosio::detail {

wakeup::wakeup(asio::io_context::executor_type executor) noexcept : executor_{executor} {}

std::optional<error_code> wakeup::park(parked& who) noexcept
{
    if (std::exchange(raised_, false))
        return error_code{};
    BOOST_ASSERT(!waiter_);
    waiter_ = std::move(who);
    return std::nullopt;
}

void wakeup::notify() noexcept
{
    if (!waiter_) {
        raised_ = true;
        return;
    }
    asio::post(executor_, [waiter = std::move(waiter_)]() mutable { waiter.resume(); });
}

}  // namespace cosio::detail
