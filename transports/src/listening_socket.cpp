// SPDX-License-Identifier: BSL-1.0
#include "listening_socket.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace cosio {
namespace {

[[noreturn]] void fail(int error, std::string what)
{
    throw std::system_error{error, std::system_category(), std::move(what)};
}

int make_socket(int family) noexcept
{
    return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool set_option(int descriptor, int level, int option, int value) noexcept
{
    return ::setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

/// False: nobody listens there.
bool is_alive(const sockaddr_un& address)
{
    const int probe = make_socket(AF_UNIX);
    if (probe < 0)
        return true;
    const bool refused =
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno == ECONNREFUSED;
    ::close(probe);
    return !refused;
}

}  // namespace

listening_socket::listening_socket(const listener_options& options)
{
    try {
        if (options.unix_path.empty())
            open_tcp(options.address, options);
        else
            open_unix(options);
    } catch (...) {
        close();
        throw;
    }
}

void listening_socket::close() noexcept
{
    if (const int descriptor = release(); descriptor >= 0)
        ::close(descriptor);
    const std::string path = std::exchange(path_, {});
    struct stat found;
    if (!path.empty() && ::lstat(path.c_str(), &found) == 0 && found.st_dev == device_ &&
        found.st_ino == inode_)
        ::unlink(path.c_str());
}

void listening_socket::open_tcp(std::string address, const listener_options& options)
{
    error_code ec;
    const asio::ip::address parsed = asio::ip::make_address(address, ec);
    if (ec)
        throw std::invalid_argument{
            fmt::format("option address: \"{}\" is no numeric address", address)
        };
    const bool any_v6 = parsed.is_v6() && parsed.is_unspecified();
    descriptor_ = make_socket(parsed.is_v6() ? AF_INET6 : AF_INET);
    if (descriptor_ < 0 && any_v6) {  // a system without IPv6
        open_tcp("0.0.0.0", options);
        return;
    }
    asio::ip::tcp::endpoint where{parsed, options.port};
    const bool listens =
        descriptor_ >= 0 && set_option(descriptor_, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (!any_v6 || set_option(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
        // Connections inherit it.
        set_option(descriptor_, IPPROTO_TCP, TCP_NODELAY, 1) &&
        ::bind(descriptor_, where.data(), static_cast<socklen_t>(where.size())) == 0 &&
        ::listen(descriptor_, options.backlog) == 0;
    if (!listens)
        fail(errno, fmt::format("cannot listen on {} port {}", address, options.port));
    auto size = static_cast<socklen_t>(where.capacity());
    if (::getsockname(descriptor_, where.data(), &size) == 0)
        port_ = where.port();
}

void listening_socket::open_unix(const listener_options& options)
{
    const std::string& path = options.unix_path;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path || path.find('\0') != path.npos)
        throw std::invalid_argument{fmt::format(
            "option unix_path: \"{}\" is no path of at most {} bytes",
            path,
            sizeof address.sun_path - 1
        )};
    if (options.unix_permissions > 0777)
        throw std::invalid_argument{"option unix_permissions: must be from 0 to 0777"};
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto bind = [&] {
        return ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0;
    };
    const auto refuse = [&](int error, std::string_view why) {
        fail(error, fmt::format("cannot listen on {}{}", path, why));
    };
    descriptor_ = make_socket(AF_UNIX);
    if (descriptor_ < 0)
        refuse(errno, "");
    if (!bind()) {
        struct stat found;
        if (errno != EADDRINUSE)
            refuse(errno, "");
        if (::lstat(path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode))
            refuse(EADDRINUSE, ", which is no socket");
        if (is_alive(address))
            refuse(EADDRINUSE, "");
        // Left by a process that has died.
        if (::unlink(path.c_str()) != 0 || !bind())
            refuse(errno, "");
    }
    struct stat made;
    if (::lstat(path.c_str(), &made) != 0)
        refuse(errno, "");
    path_ = path;
    device_ = made.st_dev;
    inode_ = made.st_ino;
    // Before anybody can connect.
    if (::chmod(path.c_str(), options.unix_permissions) != 0 ||
        ::listen(descriptor_, options.backlog) != 0)
        refuse(errno, "");
}

}  // namespace cosio
