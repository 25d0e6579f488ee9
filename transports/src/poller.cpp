// SPDX-License-Identifier: BSL-1.0
#include "poller.hpp"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>

namespace cosio {
namespace {

// Output leaves when all of a batch were read: enough to gather, and not so much that it waits for long.
constexpr std::size_t max_batch = 256;

constexpr std::uint32_t hang_up = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

}  // namespace

asio::execution_context::id poller::id;

poller& poller::of(asio::io_context& context)
{
    return asio::use_service<poller>(static_cast<asio::execution_context&>(context));
}

poller::poller(asio::execution_context& context) : service{context}
{
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0)
        throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    try {
        set_.emplace(static_cast<asio::io_context&>(context), set);
    } catch (...) {
        ::close(set);
        throw;
    }
}

poller::~poller() = default;

void poller::shutdown() noexcept
{
    set_.reset();
    while (!watched_.empty()) {
        pollable& one = watched_.front();
        watched_.pop_front();
        one.on_shutdown();
    }
}

bool poller::add(int descriptor, pollable& watched) noexcept
{
    if (!set_)
        return false;
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    wanted.data.ptr = &watched;
    if (::epoll_ctl(set_->native_handle(), EPOLL_CTL_ADD, descriptor, &wanted) != 0)
        return false;
    watched_.push_back(watched);
    return true;
}

void poller::remove(int descriptor, pollable& watched) noexcept
{
    watched.unlink();
    if (set_)
        ::epoll_ctl(set_->native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
    for (epoll_event& event : batch_)
        if (event.data.ptr == &watched)
            event.data.ptr = nullptr;
}

void poller::begin_wait()
{
    ++waits_;
    if (!awaited_ && batch_.empty())
        await_set();
}

void poller::end_wait() noexcept
{
    if (--waits_ != 0 || !awaited_ || !set_)
        return;
    error_code ignored;
    set_->cancel(ignored);
}

void poller::await_set()
{
    if (!set_)
        return;
    awaited_ = true;
    set_->async_wait(set_descriptor::wait_read, [this](const error_code& ec) {
        awaited_ = false;
        const std::exception_ptr thrown = ec ? nullptr : poll();
        if (waits_ != 0 && !awaited_)
            await_set();
        if (thrown)
            std::rethrow_exception(thrown);
    });
}

std::exception_ptr poller::poll()
{
    std::array<epoll_event, max_batch> events;
    const int count = ::epoll_wait(set_->native_handle(), events.data(), int{max_batch}, 0);

    std::exception_ptr thrown;
    // Others must have their event although one throws: it is told once.
    const auto report = [&](std::uint32_t wanted, auto&& tell) {
        const epoll_event& event = batch_.front();
        auto* const target = static_cast<pollable*>(event.data.ptr);  // null: removed meanwhile
        if (!target || (event.events & wanted) == 0)
            return;
        try {
            tell(*target, event.events);
        } catch (...) {
            thrown = std::current_exception();
        }
    };
    batch_ = std::span{events}.first(count > 0 ? static_cast<std::size_t>(count) : 0);
    for (; !batch_.empty(); batch_ = batch_.subspan(1)) {
        report(EPOLLOUT | EPOLLHUP | EPOLLERR, [](pollable& target, std::uint32_t) {
            target.on_writable();
        });
        report(EPOLLIN | hang_up, [](pollable& target, std::uint32_t what) {
            target.on_readable((what & hang_up) != 0);
        });
    }
    return thrown;
}

}  // namespace cosio
