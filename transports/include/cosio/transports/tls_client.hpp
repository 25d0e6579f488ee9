// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/transports/stream_dialer.hpp>
#include <cosio/transports/tls.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>

namespace cosio {

/// The certificate of a server, without those that vouch for it. Lifetime: the call that it is given to.
struct peer_certificate
{
    bytes_view der;
    /// Of its SubjectPublicKeyInfo: stays the same when the certificate is renewed for the same key.
    std::array<std::byte, 32> public_key_sha256;
};

/// Whom a client believes to be its server, and who it is itself. Everything but `pkcs12` is PEM, from a file or as
/// text, not both. By default a certificate must be valid, for the host of the URL, and signed by whom the system trusts.
struct tls_client_options
{
    std::string ca_file = {};  ///< trusted instead of whom the system trusts
    std::string ca = {};
    std::string certificate_chain_file = {};  ///< own certificate first, if the server asks for one
    std::string certificate_chain = {};
    std::string private_key_file = {};
    std::string private_key = {};
    /// Certificate, chain and key in one PKCS #12 container instead: Node's `pfx`. A file, or its bytes.
    std::string pkcs12_file = {};
    std::string pkcs12 = {};
    std::string password = {};  ///< of the private key or the container, if it is encrypted
    tls_version minimum_version = tls_version::tls1_2;
    std::string ciphers = {};  ///< of TLS 1.2, as OpenSSL names them; empty: the library's choice
    /// Asked last, about a certificate that is right otherwise: false, or an exception, refuses it. Called on the
    /// client's shard.
    std::function<bool(const peer_certificate&)> accept_certificate = {};
    /// DANGER: any certificate will do, so that whoever is on the way may read and write everything. Nobody but
    /// accept_certificate is asked.
    bool dangerously_accept_any_certificate = false;
};

/// Streams that are encrypted, over those of `below`: the handshake is over, and the server is who it should be,
/// before anybody gets one. `host` is its name or its address.
/// Errors: throws std::invalid_argument for a wrong option, with one line.
[[nodiscard]] std::unique_ptr<stream_dialer> make_tls_dialer(
    std::unique_ptr<stream_dialer> below, std::string host, const tls_client_options& options = {}
);

}  // namespace cosio
