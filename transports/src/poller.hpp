// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/task.hpp>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <span>

struct epoll_event;

namespace cosio {

/// What a poller watches.
class pollable : public boost::intrusive::list_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    /// The descriptor has become writable, or has failed.
    virtual void on_writable() = 0;

    /// There is something new to read; `hung_up`: no more will come behind it. May destroy this.
    virtual void on_readable(bool hung_up) = 0;

    /// The context ends: who waits here is let go. May destroy this.
    virtual void on_shutdown() noexcept = 0;

protected:
    ~pollable() = default;
};

/// The descriptors of one io_context, each registered once and edge-triggered in an epoll set that Asio
/// awaits as one descriptor: neither a wait nor its end is a system call, an allocation or a lock.
/// Thread: that of the context.
class poller final : public asio::execution_context::service
{
public:
    using key_type = poller;
    static asio::execution_context::id id;

    /// That of `context`; made at the first call.
    [[nodiscard]] static poller& of(asio::io_context& context);

    explicit poller(asio::execution_context& context);
    ~poller() override;

    /// Watches `descriptor`. False if the system has no room for it.
    [[nodiscard]] bool add(int descriptor, pollable& watched) noexcept;

    /// Forgets it: no call follows, whatever was reported together with others.
    void remove(int descriptor, pollable& watched) noexcept;

    /// Somebody waits for one of the descriptors: the context has work.
    void begin_wait();
    void end_wait() noexcept;

private:
    using set_descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

    void shutdown() noexcept override;
    void await_set();
    /// Answers what was thrown, if anything was.
    [[nodiscard]] std::exception_ptr poll();

    std::optional<set_descriptor> set_;  // nullopt: the context has ended
    boost::intrusive::list<pollable, boost::intrusive::constant_time_size<false>> watched_;
    std::span<epoll_event> batch_;  // what is being reported
    std::size_t waits_ = 0;
    bool awaited_ = false;
};

}  // namespace cosio
