// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/frame.hpp>

#include <cstddef>
#include <memory>
#include <openssl/types.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cosio::load {

/// What all TLS connections to a server have in common.
class tls_client
{
public:
    /// `authorities`: a PEM file; then the server's chain and name are verified. Empty: they are not.
    /// Errors: no_such_file_or_directory if that file has no certificate.
    [[nodiscard]] static result<std::shared_ptr<const tls_client>> make(
        std::string host, const std::string& authorities
    );

private:
    friend class tls_session;

    struct free_context
    {
        void operator()(SSL_CTX* context) const noexcept;
    };

    std::unique_ptr<SSL_CTX, free_context> context_;
    std::string host_;
};

/// The TLS of one connection; sockets are its caller's. Memory: OpenSSL borrows its buffers of 16 KiB
/// while a record is read or written only.
class tls_session
{
public:
    explicit tls_session(const tls_client& shared);

    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    /// Hands over bytes of the network. Lifetime: until read() returned 0 or nullopt.
    void feed(bytes_view bytes) noexcept { arrived_ = bytes; }

    /// Decrypts into `plain` and tells how many bytes: 0 if it wants to be fed first, nullopt if the
    /// connection is over.
    [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte> plain);

    /// Encrypts into outgoing(). False: not before the handshake is through, which this begins, or the
    /// connection is over.
    [[nodiscard]] bool write(bytes_view plain);

    /// What the network is to be given.
    [[nodiscard]] std::vector<std::byte>& outgoing() noexcept { return outgoing_; }

    [[nodiscard]] const std::vector<std::byte>& outgoing() const noexcept { return outgoing_; }

    /// Why the connection is over; empty while it is not.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

private:
    struct network;  // the BIO that OpenSSL sees

    struct free_ssl
    {
        void operator()(SSL* ssl) const noexcept;
    };

    void check(int returned);

    bytes_view arrived_;
    std::vector<std::byte> outgoing_;
    std::string failure_;
    std::unique_ptr<SSL, free_ssl> ssl_;
};

}  // namespace cosio::load
