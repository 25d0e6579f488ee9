// SPDX-License-Identifier: BSL-1.0
#include "system_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace cosio::test {
namespace {

bool interrupt_now()
{
    static bool again = false;
    if (!calls().interrupted)
        return false;
    again = !again;
    if (again) {
        ++calls().interruptions;
        errno = EINTR;
    }
    return again;
}

/// Whether this call is to fail, once.
bool fails_now(int& with)
{
    if (with == 0)
        return false;
    errno = std::exchange(with, 0);
    return true;
}

}  // namespace

system_calls& calls()
{
    static system_calls all;
    return all;
}

}  // namespace cosio::test

using cosio::test::calls;

// They stand before those of the system.
extern "C" {

int accept4(int listener, sockaddr* address, socklen_t* length, int flags)
{
    ++calls().accepts;
    if (cosio::test::interrupt_now())
        return -1;
    if (calls().no_descriptors) {
        errno = EMFILE;
        return -1;
    }
    if (cosio::test::fails_now(calls().accept_fails_with))
        return -1;
    const auto made = static_cast<int>(::syscall(SYS_accept4, listener, address, length, flags));
    if (made >= 0) {
        calls().last_accepted = made;
        calls().found_room = true;
        if (const int size = calls().send_buffer; size != 0)
            ::setsockopt(made, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    return made;
}

int socket(int family, int type, int protocol)
{
    if (calls().no_descriptors) {
        errno = EMFILE;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_socket, family, type, protocol));
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags)
{
    const bool counts = descriptor == calls().last_accepted;
    if (counts)
        ++calls().sends;
    if (cosio::test::interrupt_now())
        return -1;
    if (counts && cosio::test::fails_now(calls().send_fails_with))
        return -1;
    const ssize_t sent = ::syscall(SYS_sendmsg, descriptor, message, flags);
    if (counts) {
        const bool is_full = sent < 0 && errno == EAGAIN;
        if (is_full && !calls().found_room)
            ++calls().sends_in_vain;
        calls().found_room = !is_full;
    }
    return sent;
}

ssize_t getrandom(void* into, size_t size, unsigned flags)
{
    if (cosio::test::interrupt_now())
        return -1;
    if (calls().no_entropy) {
        errno = ENOSYS;
        return -1;
    }
    if (calls().entropy_at_once != 0)
        size = std::min(size, static_cast<size_t>(calls().entropy_at_once));
    return ::syscall(SYS_getrandom, into, size, flags);
}

int connect(int descriptor, const sockaddr* to, socklen_t length)
{
    ++calls().connects;
    if (calls().connect_fails_with != 0) {
        errno = calls().connect_fails_with;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_connect, descriptor, to, length));
}

ssize_t recv(int descriptor, void* into, size_t size, int flags)
{
    const bool counts = descriptor == calls().last_accepted;
    if (counts)
        ++calls().receives;
    if (cosio::test::interrupt_now())
        return -1;
    if (counts && cosio::test::fails_now(calls().recv_fails_with))
        return -1;
    return ::syscall(SYS_recvfrom, descriptor, into, size, flags, nullptr, nullptr);
}
}
