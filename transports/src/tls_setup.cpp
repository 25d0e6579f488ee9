// SPDX-License-Identifier: BSL-1.0
#include "tls_setup.hpp"

#include <cerrno>
#include <cstdio>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <system_error>

namespace cosio::tls_setup {
namespace {

constexpr std::size_t max_file_bytes = 1024 * 1024;
constexpr int max_chain_depth = 10;

// Forward secrecy and AEAD only; TLS 1.3 has nothing else.
constexpr const char* ciphers_of_tls1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";

using bio_ptr = std::unique_ptr<BIO, releaser<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using pkcs12_ptr = std::unique_ptr<PKCS12, releaser<PKCS12_free>>;

struct chain_releaser
{
    void operator()(STACK_OF(X509) * chain) const noexcept { sk_X509_pop_free(chain, X509_free); }
};

using chain_ptr = std::unique_ptr<STACK_OF(X509), chain_releaser>;

loaded<source> read_file(std::string name, const std::string& path)
{
    errno = 0;
    const std::unique_ptr<std::FILE, releaser<std::fclose>> file{std::fopen(path.c_str(), "rb")};
    source found{std::move(name), std::string(max_file_bytes + 1, '\0')};
    if (file)
        found.text.resize(std::fread(found.text.data(), 1, found.text.size(), file.get()));
    if (!file || std::ferror(file.get()))
        return fault(
            tls_errc::unreadable_file, "{}: {}", found.name, std::generic_category().message(errno)
        );
    if (found.text.size() > max_file_bytes)
        return fault(tls_errc::unreadable_file, "{}: larger than 1 MiB", found.name);
    return found;
}

loaded<std::vector<x509_ptr>> certificates(const source& from)
{
    const bio_ptr bio{BIO_new_mem_buf(from.text.data(), static_cast<int>(from.text.size()))};
    std::vector<x509_ptr> all;
    while (bio) {
        x509_ptr next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
        if (!next)
            break;
        all.push_back(std::move(next));
    }
    // The end of the text is an error of its own kind.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (all.empty() && at_end)
        return fault(tls_errc::bad_certificate, "{}: no PEM certificate in it", from.name);
    if (!at_end)
        return fault(
            tls_errc::bad_certificate,
            "{}: certificate {} is damaged: {}",
            from.name,
            all.size() + 1,
            reason()
        );
    ERR_clear_error();
    return all;
}

struct password_request
{
    const std::string& password;
    bool asked = false;
};

/// Without this OpenSSL would ask the terminal.
int give_password(char* into, int size, int, void* user)
{
    auto& request = *static_cast<password_request*>(user);
    request.asked = true;
    if (request.password.empty() || request.password.size() > static_cast<std::size_t>(size))
        return -1;
    request.password.copy(into, request.password.size());
    return static_cast<int>(request.password.size());
}

loaded<key_ptr> private_key(const source& from, const std::string& password)
{
    const bio_ptr bio{BIO_new_mem_buf(from.text.data(), static_cast<int>(from.text.size()))};
    password_request request{password};
    key_ptr key{
        bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, &request) : nullptr
    };
    if (key)
        return key;
    if (!request.asked)
        return fault(tls_errc::bad_private_key, "{}: no PEM private key in it", from.name);
    if (password.empty())
        return fault(
            tls_errc::bad_private_key, "{}: encrypted, and there is no password", from.name
        );
    return fault(tls_errc::bad_private_key, "{}: the password does not open it", from.name);
}

}  // namespace

std::string reason()
{
    const char* const text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "no reason given";
}

loaded<source> find(std::string_view option, const std::string& text, const std::string& path)
{
    if (!text.empty() && !path.empty())
        return fault(tls_errc::bad_option, "option {0}: {0}_file is set too", option);
    if (path.empty())
        return source{std::string{option}, text};
    return read_file(fmt::format("{}_file {}", option, path), path);
}

loaded<ctx_ptr> make_ctx(const SSL_METHOD* role, tls_version minimum)
{
    ERR_clear_error();
    ctx_ptr ctx{SSL_CTX_new(role)};
    if (!ctx)
        return fault(tls_errc::bad_option, "OpenSSL cannot begin: {}", reason());
    SSL_CTX_set_min_proto_version(
        ctx.get(), minimum == tls_version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION
    );
    SSL_CTX_set_cipher_list(ctx.get(), ciphers_of_tls1_2);
    SSL_CTX_set_options(ctx.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx.get(), 1);
    // Resumption by tickets costs a server no memory; a cache of sessions would.
    SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify_depth(ctx.get(), max_chain_depth);
    return ctx;
}

std::optional<tls_error> use_pkcs12(
    SSL_CTX* ctx, const source& container, const std::string& password
)
{
    const bio_ptr bio{
        BIO_new_mem_buf(container.text.data(), static_cast<int>(container.text.size()))
    };
    const pkcs12_ptr parsed{bio ? d2i_PKCS12_bio(bio.get(), nullptr) : nullptr};
    if (!parsed)
        return fault(tls_errc::bad_certificate, "{}: no PKCS #12 container", container.name);
    EVP_PKEY* key_of = nullptr;
    X509* certificate_of = nullptr;
    STACK_OF(X509)* chain_of = nullptr;
    const int opened =
        PKCS12_parse(parsed.get(), password.c_str(), &key_of, &certificate_of, &chain_of);
    const key_ptr key{key_of};
    const x509_ptr certificate{certificate_of};
    const chain_ptr chain{chain_of};
    if (opened != 1)
        return fault(
            tls_errc::bad_private_key, "{}: the password does not open it", container.name
        );
    if (!key || !certificate)
        return fault(
            tls_errc::bad_certificate, "{}: no certificate with its key in it", container.name
        );
    if (SSL_CTX_use_cert_and_key(ctx, certificate.get(), key.get(), chain.get(), 1) != 1)
        return fault(tls_errc::bad_certificate, "{}: {}", container.name, reason());
    return std::nullopt;
}

std::optional<tls_error> use_identity(SSL_CTX* ctx, const identity& who)
{
    const loaded<source> chain_text =
        find("certificate_chain", who.certificate_chain, who.certificate_chain_file);
    if (!chain_text)
        return chain_text.error();
    const loaded<source> key_text = find("private_key", who.private_key, who.private_key_file);
    if (!key_text)
        return key_text.error();
    for (const loaded<source>* const one : {&chain_text, &key_text})
        if ((*one)->text.empty())
            return fault(tls_errc::bad_option, "{}: missing", (*one)->name);
    loaded<std::vector<x509_ptr>> chain = certificates(*chain_text);
    if (!chain)
        return chain.error();
    const loaded<key_ptr> key = private_key(*key_text, who.password);
    if (!key)
        return key.error();
    if (SSL_CTX_use_certificate(ctx, chain->front().get()) != 1)
        return fault(tls_errc::bad_certificate, "{}: {}", chain_text->name, reason());
    for (std::size_t i = 1; i < chain->size(); ++i) {
        if (SSL_CTX_add0_chain_cert(ctx, (*chain)[i].get()) != 1)
            return fault(tls_errc::bad_certificate, "{}: {}", chain_text->name, reason());
        static_cast<void>((*chain)[i].release());
    }
    if (X509_check_private_key(chain->front().get(), key->get()) != 1)
        return fault(
            tls_errc::key_mismatch,
            "{}: does not belong to the certificate of {}",
            key_text->name,
            chain_text->name
        );
    if (SSL_CTX_use_PrivateKey(ctx, key->get()) != 1)
        return fault(tls_errc::bad_private_key, "{}: {}", key_text->name, reason());
    return std::nullopt;
}

loaded<std::vector<x509_ptr>> trust(SSL_CTX* ctx, const source& from)
{
    loaded<std::vector<x509_ptr>> trusted = certificates(from);
    if (!trusted)
        return trusted;
    for (const x509_ptr& one : *trusted)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), one.get()) != 1)
            return fault(tls_errc::bad_certificate, "{}: {}", from.name, reason());
    return trusted;
}

}  // namespace cosio::tls_setup
