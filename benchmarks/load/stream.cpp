// SPDX-License-Identifier: BSL-1.0
#include "stream.hpp"

#include "event_loop.hpp"

#include <boost/system/error_code.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

namespace cosio::load {
namespace {

std::string message_of(int error)
{
    return boost::system::error_code{error, boost::system::system_category()}.message();
}

void enable(int fd, int level, int option)
{
    const int on = 1;
    setsockopt(fd, level, option, &on, sizeof on);
}

bool bind_source(int fd, unsigned source)
{
    // The port is chosen at connect(), so that it needs to be free for this server only.
    enable(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
}

}  // namespace

bool endpoint::is_loopback_v4() const noexcept
{
    if (address.ss_family != AF_INET)
        return false;
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
}

void stream::open(const endpoint& server, unsigned source)
{
    fd_ = ::socket(server.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
        fail("cannot create a socket: " + message_of(errno));
        return;
    }
    enable(fd_, IPPROTO_TCP, TCP_NODELAY);
    connecting_ = true;
    if (server.tls)
        tls_ = std::make_unique<tls_session>(*server.tls);
    if (source > 0 && server.is_loopback_v4() && !bind_source(fd_, source)) {
        fail("cannot bind a source address: " + message_of(errno));
        return;
    }
    const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
    if (::connect(fd_, address, server.size) != 0 && errno != EINPROGRESS) {
        fail("cannot connect: " + message_of(errno));
        return;
    }
    if (!loop_.watch(fd_, *this))
        fail("cannot watch a socket: " + message_of(errno));
}

void stream::close() noexcept
{
    if (fd_ < 0)
        return;
    ::close(fd_);
    fd_ = -1;
    ++epoch_;
    unsent_.clear();
    tls_.reset();
}

void stream::fail(std::string_view why)
{
    close();
    owner_.handle_end(why);
}

void stream::send(bytes_view bytes)
{
    unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
    flush_soon();
}

void stream::flush_soon()
{
    if (!dirty_) {
        dirty_ = true;
        loop_.flush_later(*this);
    }
}

// One record for all that was sent while one event was handled.
std::vector<std::byte>& stream::to_network()
{
    if (!tls_)
        return unsent_;
    if (!unsent_.empty() && tls_->write(unsent_))
        unsent_.clear();
    return tls_->outgoing();
}

void stream::flush()
{
    dirty_ = false;
    if (fd_ < 0 || connecting_)
        return;
    std::vector<std::byte>& bytes = to_network();
    if (bytes.empty())
        return;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size()))
        bytes.clear();
    else if (sent >= 0)
        bytes.erase(bytes.begin(), bytes.begin() + sent);
    else if (errno != EAGAIN && errno != EINTR)
        fail("cannot send: " + message_of(errno));
}

void stream::handle_events(std::uint32_t events, std::int64_t now)
{
    if (fd_ < 0)
        return;
    if (connecting_) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0)
            return;
        finish_connecting();
        if (fd_ < 0 || connecting_)
            return;
    }
    if ((events & EPOLLOUT) != 0 && has_unsent() && !dirty_) {
        flush();
        if (fd_ < 0)
            return;
    }
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0)
        receive((events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0, now);
}

void stream::finish_connecting()
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0) {
        fail("cannot connect: " + message_of(error));
        return;
    }
    connecting_ = false;
    owner_.handle_open();
}

void stream::receive(bool ended, std::int64_t now)
{
    const std::span<std::byte> buffer = loop_.receive_buffer();
    const std::uint32_t epoch = epoch_;
    for (;;) {
        const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (size > 0) {
            deliver(buffer.first(static_cast<std::size_t>(size)), now);
            if (epoch_ != epoch)
                return;
            // Edge-triggered: a short read has emptied the socket, new bytes raise a new event (epoll(7)).
            if (static_cast<std::size_t>(size) < buffer.size() && !ended)
                return;
        } else if (size == 0) {
            fail("the server closed the connection");
            return;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            fail("connection lost: " + message_of(errno));
            return;
        }
    }
}

void stream::deliver(std::span<std::byte> bytes, std::int64_t now)
{
    if (!tls_) {
        owner_.handle_bytes(bytes, now);
        return;
    }
    const std::uint32_t epoch = epoch_;
    tls_->feed(bytes);
    for (;;) {
        const std::span<std::byte> plain = loop_.plain_buffer();
        const std::optional<std::size_t> size = tls_->read(plain);
        if (!size) {
            fail(std::string{tls_->failure()});
            return;
        }
        if (*size == 0)
            break;
        owner_.handle_bytes(plain.first(*size), now);
        if (epoch_ != epoch)
            return;
    }
    // The handshake goes on, or what waited for it may go out.
    if (has_unsent())
        flush_soon();
}

}  // namespace cosio::load
