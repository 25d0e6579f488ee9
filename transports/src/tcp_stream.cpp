// SPDX-License-Identifier: BSL-1.0
#include "tcp_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace cosio {
namespace {

constexpr std::size_t max_gathered = 64;

bool would_block() noexcept
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

class tcp_stream final : public byte_stream
{
public:
    explicit tcp_stream(tcp_socket socket) : socket_{std::move(socket)}
    {
        error_code ignored;
        socket_.non_blocking(true, ignored);
        socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    }

    std::size_t try_read(std::span<std::byte> into, error_code& ec) noexcept override
    {
        const ssize_t count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
        if (count > 0)
            return static_cast<std::size_t>(count);
        if (count == 0)
            ec = engine::errc::connection_closed;
        else if (!would_block())
            ec = engine::errc::connection_reset;
        return 0;
    }

    task<error_code> readable() override
    {
        if (!socket_.is_open())
            co_return engine::errc::connection_closed;
        // Nothing of *this is touched behind the wait: the stream may have been given away meanwhile.
        co_await socket_.async_wait(tcp_socket::wait_read, asio::as_tuple(asio::deferred));
        co_return error_code{};
    }

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        std::array<iovec, max_gathered> parts;
        std::size_t count = 0;
        for (const bytes_view& view : from.first(std::min(from.size(), max_gathered)))
            if (!view.empty())
                parts[count++] = {const_cast<std::byte*>(view.data()), view.size()};
        if (count == 0)
            return 0;
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t written = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
        if (written >= 0)
            return static_cast<std::size_t>(written);
        if (!would_block())
            ec = engine::errc::connection_reset;
        return 0;
    }

    void notify_writable(boost::intrusive_ptr<link_listener> listener) override
    {
        if (!socket_.is_open())
            return;
        socket_.async_wait(
            tcp_socket::wait_write,
            [listener = std::move(listener)](const error_code& ec) {
                if (!ec)
                    listener->on_link_writable();
            }
        );
    }

    void interrupt() noexcept override
    {
        error_code ignored;
        socket_.cancel(ignored);
    }

    void shutdown_send() noexcept override
    {
        error_code ignored;
        socket_.shutdown(tcp_socket::shutdown_send, ignored);
    }

    void close() noexcept override
    {
        error_code ignored;
        socket_.close(ignored);
    }

    bool move_to(shard& other) noexcept override
    {
        error_code ec;
        const auto protocol = socket_.local_endpoint(ec).protocol();
        const auto descriptor = ec ? tcp_socket::native_handle_type{} : socket_.release(ec);
        if (ec)
            return false;
        tcp_socket there{other.executor()};
        there.assign(protocol, descriptor, ec);
        if (ec)
            ::close(descriptor);
        else
            socket_ = std::move(there);
        return true;
    }

    std::string remote_address() const override
    {
        error_code ec;
        const asio::ip::tcp::endpoint remote = socket_.remote_endpoint(ec);
        if (ec)
            return {};
        const asio::ip::address address = remote.address();
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
        return address.to_string();
    }

private:
    tcp_socket socket_;
};

}  // namespace

std::unique_ptr<byte_stream> make_tcp_stream(tcp_socket socket)
{
    return std::make_unique<tcp_stream>(std::move(socket));
}

}  // namespace cosio
