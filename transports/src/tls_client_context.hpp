// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tls_setup.hpp"
#include "tls_stream.hpp"

#include <cosio/transports/tls_client.hpp>

namespace cosio {

/// What all connections of a client to one server have in common.
class tls_client_context
{
public:
    /// Errors: throws std::invalid_argument for a wrong option, with one line.
    tls_client_context(std::string host, const tls_client_options& options);
    tls_client_context(const tls_client_context&) = delete;
    tls_client_context& operator=(const tls_client_context&) = delete;

    /// The client's end of TLS over a fresh connection. Lifetime: this outlives its handshake.
    [[nodiscard]] std::unique_ptr<tls_stream> connect(std::unique_ptr<byte_stream> plain) const;

private:
    static int verify(X509_STORE_CTX* store, void* self) noexcept;

    [[nodiscard]] bool accepts(X509* certificate) const noexcept;

    std::string server_name_;  // empty: the host is an address
    std::function<bool(const peer_certificate&)> accept_certificate_;
    bool accept_any_;
    tls_setup::ctx_ptr ctx_;
};

}  // namespace cosio
