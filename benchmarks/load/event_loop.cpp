// SPDX-License-Identifier: BSL-1.0
#include "event_loop.hpp"

#include "stream.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace cosio::load {
namespace {

// Progress is drawn and connections are paced between turns: none may last longer.
constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t longest_wait = 20 * millisecond;

// What is due next shall not wait for many answers to be read.
constexpr int events_if_paced = 16;

timespec timespec_of(std::int64_t duration) noexcept
{
    constexpr std::int64_t second = 1'000'000'000;
    return {.tv_sec = duration / second, .tv_nsec = duration % second};
}

}  // namespace

std::int64_t monotonic_now() noexcept
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

event_loop::event_loop()
    : epoll_{epoll_create1(EPOLL_CLOEXEC)}, buffer_(256 * 1024), plain_(buffer_.size())
{
    if (epoll_ < 0)
        fail("cannot create an epoll descriptor");
    // Timed waits last up to 50 us longer by default.
    prctl(PR_SET_TIMERSLACK, 1UL);
}

event_loop::~event_loop()
{
    if (epoll_ >= 0)
        ::close(epoll_);
}

void event_loop::fail(std::string why)
{
    if (failure_.empty())
        failure_ = std::move(why);
}

bool event_loop::watch(int fd, stream& watcher) noexcept
{
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    interest.data.ptr = &watcher;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &interest) == 0;
}

int event_loop::wait(std::int64_t patience)
{
    if (wake_at_ == never) {
        const int all = static_cast<int>(events_.size());
        return epoll_wait(
            epoll_, events_.data(), all, static_cast<int>(patience / millisecond + 1)
        );
    }
    const timespec timeout = timespec_of(std::max(patience, std::int64_t{0}));
    return epoll_pwait2(epoll_, events_.data(), events_if_paced, &timeout, nullptr);
}

void event_loop::turn(std::int64_t now, std::int64_t deadline)
{
    const int count = wait(std::min({deadline - now, wake_at_ - now, longest_wait}));
    if (count < 0 && errno != EINTR)
        fail("waiting for events failed");
    for (int i = 0; i < count && !failed(); ++i) {
        const epoll_event& event = events_[static_cast<std::size_t>(i)];
        static_cast<stream*>(event.data.ptr)->handle_events(event.events, monotonic_now());
        flush();
    }
}

void event_loop::flush()
{
    // A failing stream may make its owner send on another one.
    for (std::size_t i = 0; i < dirty_.size(); ++i)
        dirty_[i]->flush();
    dirty_.clear();
}

}  // namespace cosio::load
