// SPDX-License-Identifier: BSL-1.0
#include "tcp_stream.hpp"

#include "poller.hpp"

#include <cosio/transports/adopted_stream.hpp>

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace cosio {
namespace {

constexpr std::size_t max_gathered = 64;
constexpr int no_descriptor = -1;

bool would_block() noexcept
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/// Calls the system again when a signal came in between.
template <class Call>
ssize_t uninterrupted(Call&& call) noexcept
{
    ssize_t count = call();
    while (count < 0 && errno == EINTR)
        count = call();
    return count;
}

class tcp_stream final : public byte_stream, private pollable
{
public:
    tcp_stream(asio::io_context& context, int descriptor) noexcept
        : context_{&context}, descriptor_{descriptor}
    {}

    ~tcp_stream() { close(); }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        const ssize_t count =
            uninterrupted([&] { return ::recv(descriptor_, into.data(), into.size(), 0); });
        if (count > 0) {
            const auto got = static_cast<std::size_t>(count);
            // A short read has emptied the socket: what comes later is reported anew. An end that has
            // been reported already stands behind it.
            fresh_ = got == into.size() || hung_up_;
            return got;
        }
        if (count == 0) {
            ec = engine::errc::connection_closed;
        } else if (!would_block()) {
            ec = engine::errc::connection_reset;
        } else {
            fresh_ = false;
        }
        return 0;
    }

    std::optional<error_code> park(parked& who) override
    {
        if (descriptor_ == no_descriptor || !watch())
            return engine::errc::connection_closed;
        if (fresh_) {  // others have their turn first
            resume_later(std::move(who));
            return std::nullopt;
        }
        poller_->begin_wait();
        reader_ = std::move(who);
        return std::nullopt;
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        std::array<iovec, max_gathered> parts;
        std::size_t count = 0;
        std::size_t wanted = 0;
        for (const bytes_view& view : from.first(std::min(from.size(), max_gathered))) {
            if (view.empty())
                continue;
            parts[count++] = {const_cast<std::byte*>(view.data()), view.size()};
            wanted += view.size();
        }
        if (count == 0)
            return 0;
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t result =
            uninterrupted([&] { return ::sendmsg(descriptor_, &message, MSG_NOSIGNAL); });
        const std::size_t written = result > 0 ? static_cast<std::size_t>(result) : 0;
        if (result < 0 && !would_block())
            ec = engine::errc::connection_reset;
        else
            full_ = written < wanted;
        return written;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        if (descriptor_ == no_descriptor || !watch())
            return;
        if (!full_) {
            asio::post(*context_, [listener = std::move(listener)] {
                listener->on_link_writable();
            });
            return;
        }
        if (!writer_)
            poller_->begin_wait();
        writer_ = std::move(listener);
    }

    void interrupt() noexcept override
    {
        if (reader_)
            resume_later(take_reader());
    }

    void shutdown_send() noexcept override { ::shutdown(descriptor_, SHUT_WR); }

    void close() noexcept override
    {
        if (descriptor_ == no_descriptor)
            return;
        leave_poller();
        ::close(std::exchange(descriptor_, no_descriptor));
    }

    bool move_to(shard& other) noexcept override
    {
        leave_poller();
        context_ = &other.context();
        fresh_ = false;  // reported anew where it is registered next
        hung_up_ = false;
        return true;
    }

    std::string remote_address() const override
    {
        asio::ip::tcp::endpoint remote;
        auto size = static_cast<socklen_t>(remote.capacity());
        if (::getpeername(descriptor_, remote.data(), &size) != 0)
            return {};
        if (remote.data()->sa_family != AF_INET && remote.data()->sa_family != AF_INET6)
            return {};  // the other end of a Unix socket has no address
        const asio::ip::address address = remote.address();
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
        return address.to_string();
    }

private:
    void on_writable() override
    {
        full_ = false;
        if (!writer_)
            return;
        poller_->end_wait();
        std::exchange(writer_, nullptr)->on_link_writable();
    }

    void on_readable(bool hung_up) override
    {
        fresh_ = true;
        hung_up_ = hung_up_ || hung_up;
        if (reader_)
            take_reader().resume();
    }

    void on_shutdown() noexcept override
    {
        poller_ = nullptr;
        writer_ = nullptr;
        const parked gone = std::move(reader_);
    }

    /// In the first wait: many connections end before they have to.
    [[nodiscard]] bool watch()
    {
        if (poller_)
            return true;
        poller& mine = poller::of(*context_);
        if (!mine.add(descriptor_, *this))
            return false;
        poller_ = &mine;
        return true;
    }

    void leave_poller() noexcept
    {
        if (!poller_)
            return;
        if (std::exchange(writer_, nullptr))
            poller_->end_wait();
        interrupt();
        std::exchange(poller_, nullptr)->remove(descriptor_, *this);
    }

    [[nodiscard]] parked take_reader() noexcept
    {
        poller_->end_wait();
        return std::move(reader_);
    }

    void resume_later(parked who)
    {
        asio::post(*context_, [who = std::move(who)]() mutable { who.resume(); });
    }

    asio::io_context* context_;
    poller* poller_ = nullptr;
    parked reader_;
    boost::intrusive_ptr<link_listener> writer_;
    int descriptor_;
    bool fresh_ = false;    // something was reported that may not have been read yet
    bool hung_up_ = false;  // no more will be reported
    bool full_ = false;     // the last write was not taken whole: room will be reported
};

}  // namespace

std::unique_ptr<byte_stream> make_socket_stream(shard& home, int descriptor)
{
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags >= 0)
        ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    const int on = 1;  // a Unix socket knows no such thing, and needs none
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return make_tcp_stream(home, descriptor);
}

std::unique_ptr<byte_stream> make_tcp_stream(shard& home, int descriptor)
{
    try {
        return std::make_unique<tcp_stream>(home.context(), descriptor);
    } catch (const std::bad_alloc&) {
        ::close(descriptor);
        throw;
    }
}

std::unique_ptr<byte_stream> make_tcp_stream(tcp_socket socket)
{
    error_code ignored;
    socket.native_non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    asio::io_context& context = socket.get_executor().context();
    return std::make_unique<tcp_stream>(context, socket.release());
}

}  // namespace cosio
