// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/listener.hpp>

#include <string>
#include <sys/types.h>

namespace cosio {

/// A socket that listens, and the file that a Unix socket has.
class listening_socket
{
public:
    /// Throws as the constructor of listener.
    explicit listening_socket(const listener_options& options);

    ~listening_socket() { close(); }

    listening_socket(const listening_socket&) = delete;
    listening_socket& operator=(const listening_socket&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Gives the descriptor away; the file remains this object's business.
    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

    /// Idempotent. Removes the file, unless another one stands there by now.
    void close() noexcept;

private:
    void open_tcp(std::string address, const listener_options& options);
    void open_unix(const listener_options& options);

    int descriptor_ = -1;
    std::uint16_t port_ = 0;
    std::string path_;  // of the file, while it is there
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace cosio
