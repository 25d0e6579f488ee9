// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "releaser.hpp"

#include <cosio/transports/tls.hpp>

#include <boost/system/result.hpp>

#include <fmt/format.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <optional>
#include <string_view>
#include <vector>

// What servers and clients of TLS are set up with: PEM from options and files, and the rules of both.

namespace cosio::tls_setup {

using x509_ptr = std::unique_ptr<X509, releaser<X509_free>>;
using ctx_ptr = std::unique_ptr<SSL_CTX, releaser<SSL_CTX_free>>;

template <class T>
using loaded = boost::system::result<T, tls_error>;

// As ALPN has it: names behind their lengths.
inline constexpr std::string_view spoken_protocols = "\x08http/1.1";

/// Forgets what OpenSSL has kept.
template <class... Args>
tls_error fault(tls_errc code, fmt::format_string<Args...> format, Args&&... args)
{
    tls_error made{code, fmt::format(format, std::forward<Args>(args)...)};
    ERR_clear_error();
    return made;
}

/// OpenSSL's reason for what has just failed.
[[nodiscard]] std::string reason();

/// PEM text, and what to call it in a complaint.
struct source
{
    std::string name;
    std::string text;
};

/// The text of the option or of its file; no text if neither is set.
[[nodiscard]] loaded<source> find(
    std::string_view option, const std::string& text, const std::string& path
);

/// Who one is. Lifetime: the options.
struct identity
{
    const std::string& certificate_chain;
    const std::string& certificate_chain_file;
    const std::string& private_key;
    const std::string& private_key_file;
    const std::string& password;

    [[nodiscard]] bool given() const noexcept
    {
        return !certificate_chain.empty() || !certificate_chain_file.empty() ||
               !private_key.empty() || !private_key_file.empty();
    }
};

template <class Options>
[[nodiscard]] identity identity_of(const Options& options) noexcept
{
    return {
        options.certificate_chain,
        options.certificate_chain_file,
        options.private_key,
        options.private_key_file,
        options.password
    };
}

/// Rules of both sides: versions, forward secrecy, nothing that costs memory while a connection idles.
[[nodiscard]] loaded<ctx_ptr> make_ctx(const SSL_METHOD* role, tls_version minimum);

/// Returns what is wrong.
[[nodiscard]] std::optional<tls_error> use_identity(SSL_CTX* ctx, const identity& who);

/// Who one is, out of a PKCS #12 container. Returns what is wrong.
[[nodiscard]] std::optional<tls_error> use_pkcs12(
    SSL_CTX* ctx, const source& container, const std::string& password
);

/// Trusts all certificates of `from`, and returns them.
[[nodiscard]] loaded<std::vector<x509_ptr>> trust(SSL_CTX* ctx, const source& from);

}  // namespace cosio::tls_setup
