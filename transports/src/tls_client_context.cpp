// SPDX-License-Identifier: BSL-1.0
#include "tls_client_context.hpp"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace cosio {
namespace {

using namespace tls_setup;

/// Without what only this machine understands: the zone of an IPv6 address, the dot of a complete name.
std::string known_host(std::string host)
{
    if (host.find(':') != std::string::npos)
        host.resize(std::min(host.find('%'), host.size()));
    else if (host.ends_with('.'))
        host.pop_back();
    return host;
}

/// Nothing if all is well.
std::optional<tls_error> use_trust(SSL_CTX* ctx, const tls_client_options& options)
{
    if (options.dangerously_accept_any_certificate) {
        if (options.ca.empty() && options.ca_file.empty())
            return std::nullopt;
        return fault(tls_errc::bad_option, "option ca: any certificate is accepted");
    }
    const loaded<source> text = find("ca", options.ca, options.ca_file);
    if (!text)
        return text.error();
    if (text->text.empty() && options.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(ctx) == 1)
            return std::nullopt;
        return fault(tls_errc::bad_option, "whom the system trusts is unknown: {}", reason());
    }
    const loaded<std::vector<x509_ptr>> trusted = trust(ctx, *text);
    if (!trusted)
        return trusted.error();
    return std::nullopt;
}

std::optional<tls_error> use_own(SSL_CTX* ctx, const tls_client_options& options)
{
    const identity own = identity_of(options);
    const loaded<source> container = find("pkcs12", options.pkcs12, options.pkcs12_file);
    if (!container)
        return container.error();
    if (container->text.empty() && options.pkcs12_file.empty())
        return own.given() ? use_identity(ctx, own) : std::nullopt;
    if (own.given())
        return fault(
            tls_errc::bad_option, "option pkcs12: a certificate or its key is given as PEM too"
        );
    return use_pkcs12(ctx, *container, options.password);
}

std::optional<tls_error> configure(SSL_CTX* ctx, const tls_client_options& options)
{
    if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(ctx, options.ciphers.c_str()) != 1)
        return fault(
            tls_errc::bad_option, "option ciphers: \"{}\" names none of TLS 1.2", options.ciphers
        );
    // Returns 0 for success, unlike all others.
    if (SSL_CTX_set_alpn_protos(
            ctx,
            reinterpret_cast<const unsigned char*>(spoken_protocols.data()),
            static_cast<unsigned>(spoken_protocols.size())
        ) != 0)
        return fault(tls_errc::bad_option, "OpenSSL cannot begin: {}", reason());
    if (auto wrong = use_trust(ctx, options))
        return wrong;
    return use_own(ctx, options);
}

ctx_ptr make_client_ctx(const tls_client_options& options)
{
    loaded<ctx_ptr> made = make_ctx(TLS_client_method(), options.minimum_version);
    if (!made)
        throw std::invalid_argument{made.error().text};
    if (const auto wrong = configure(made->get(), options))
        throw std::invalid_argument{wrong->text};
    ERR_clear_error();
    return std::move(*made);
}

struct openssl_releaser
{
    void operator()(unsigned char* memory) const noexcept { OPENSSL_free(memory); }
};

/// DER, as one of OpenSSL's i2d functions writes it.
template <class T>
std::vector<std::byte> der_of(T* what, int (*write)(T*, unsigned char**))
{
    unsigned char* memory = nullptr;
    const int size = write(what, &memory);
    const std::unique_ptr<unsigned char, openssl_releaser> owner{memory};
    if (size <= 0)
        return {};
    const auto bytes = std::as_bytes(std::span{memory, static_cast<std::size_t>(size)});
    return {bytes.begin(), bytes.end()};
}

}  // namespace

tls_client_context::tls_client_context(std::string host, const tls_client_options& options)
    : server_name_{known_host(std::move(host))},
      accept_certificate_{options.accept_certificate},
      accept_any_{options.dangerously_accept_any_certificate},
      ctx_{make_client_ctx(options)}
{
    X509_VERIFY_PARAM* const expected = SSL_CTX_get0_param(ctx_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, server_name_.c_str()) == 1) {
        server_name_.clear();
    } else {
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (server_name_.empty() ||
            X509_VERIFY_PARAM_set1_host(expected, server_name_.data(), server_name_.size()) != 1)
            throw std::invalid_argument{"TLS: the server has no name"};
    }
    ERR_clear_error();
    SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(ctx_.get(), verify, this);
}

std::unique_ptr<tls_stream> tls_client_context::connect(std::unique_ptr<byte_stream> plain) const
{
    ERR_clear_error();
    ssl_ptr ssl{SSL_new(ctx_.get())};
    // No name is told where there is only an address (RFC 6066, 3).
    if (ssl && !server_name_.empty() &&
        SSL_set_tlsext_host_name(ssl.get(), server_name_.c_str()) != 1)
        ssl.reset();
    ERR_clear_error();
    if (ssl)
        SSL_set_connect_state(ssl.get());
    return make_tls_stream(std::move(plain), std::move(ssl));
}

int tls_client_context::verify(X509_STORE_CTX* store, void* self) noexcept
{
    const auto& context = *static_cast<const tls_client_context*>(self);
    if (!context.accept_any_ && X509_verify_cert(store) != 1)
        return 0;
    if (context.accepts(X509_STORE_CTX_get0_cert(store)))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

bool tls_client_context::accepts(X509* certificate) const noexcept
{
    if (!accept_certificate_)
        return true;
    // OpenSSL is below on the stack, and knows no exceptions.
    try {
        const std::vector<std::byte> der = der_of<const X509>(certificate, i2d_X509);
        const std::vector<std::byte> key =
            der_of<const X509_PUBKEY>(X509_get_X509_PUBKEY(certificate), i2d_X509_PUBKEY);
        peer_certificate shown{.der = der, .public_key_sha256 = {}};
        const bool digested = EVP_Digest(
                                  key.data(),
                                  key.size(),
                                  reinterpret_cast<unsigned char*>(shown.public_key_sha256.data()),
                                  nullptr,
                                  EVP_sha256(),
                                  nullptr
                              ) == 1;
        return digested && !der.empty() && !key.empty() && accept_certificate_(shown);
    } catch (...) {
        return false;
    }
}

}  // namespace cosio
