// SPDX-License-Identifier: BSL-1.0
#include "releaser.hpp"
#include "tls_stream.hpp"

#include <boost/smart_ptr/atomic_shared_ptr.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <optional>
#include <system_error>

namespace cosio {
namespace {

constexpr std::size_t max_file_bytes = 1024 * 1024;
constexpr int max_chain_depth = 10;

// Forward secrecy and AEAD only; TLS 1.3 has nothing else.
constexpr const char* ciphers_of_tls1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view session_context = "cosio";

// As ALPN has it: names behind their lengths.
constexpr std::string_view spoken_protocols = "\x08http/1.1";

using bio_ptr = std::unique_ptr<BIO, releaser<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, releaser<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using ctx_ptr = std::unique_ptr<SSL_CTX, releaser<SSL_CTX_free>>;

class tls_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.tls"; }

    std::string message(int value) const override
    {
        switch (static_cast<tls_errc>(value)) {
        case tls_errc::bad_option: return "an option of TLS is missing or wrong";
        case tls_errc::unreadable_file: return "a file cannot be read";
        case tls_errc::bad_certificate: return "a certificate cannot be used";
        case tls_errc::bad_private_key: return "the private key cannot be used";
        case tls_errc::key_mismatch: return "the private key does not belong to the certificate";
        case tls_errc::plain_http: return "plain HTTP was sent where TLS is spoken";
        case tls_errc::not_tls: return "what was sent is no TLS";
        case tls_errc::nothing_in_common:
            return "no version, cipher or application protocol in common";
        case tls_errc::client_certificate_missing: return "the client sent no certificate";
        case tls_errc::client_certificate_refused:
            return "the client's certificate is not accepted";
        case tls_errc::refused_by_peer: return "the peer refused the handshake by an alert";
        case tls_errc::protocol_violation: return "the peer broke TLS";
        }
        return "unknown TLS error";
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        switch (static_cast<tls_errc>(value)) {
        case tls_errc::bad_option:
        case tls_errc::unreadable_file:
        case tls_errc::bad_certificate:
        case tls_errc::bad_private_key:
        case tls_errc::key_mismatch: return other == condition::misuse;
        case tls_errc::refused_by_peer: return other == condition::transport;
        case tls_errc::plain_http:
        case tls_errc::not_tls:
        case tls_errc::nothing_in_common:
        case tls_errc::client_certificate_missing:
        case tls_errc::client_certificate_refused:
        case tls_errc::protocol_violation: return other == condition::peer_violation;
        }
        return false;
    }
};

template <class... Args>
tls_error error(tls_errc code, fmt::format_string<Args...> format, Args&&... args)
{
    ERR_clear_error();
    return {code, fmt::format(format, std::forward<Args>(args)...)};
}

/// OpenSSL's reason for what has just failed.
std::string reason()
{
    const char* const text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "no reason given";
}

/// PEM text, and what to call it in a complaint.
struct source
{
    std::string name;
    std::string text;
};

template <class T>
using loaded = boost::system::result<T, tls_error>;

loaded<source> read_file(std::string name, const std::string& path)
{
    errno = 0;
    const std::unique_ptr<std::FILE, releaser<std::fclose>> file{std::fopen(path.c_str(), "rb")};
    source found{std::move(name), std::string(max_file_bytes + 1, '\0')};
    if (file)
        found.text.resize(std::fread(found.text.data(), 1, found.text.size(), file.get()));
    if (!file || std::ferror(file.get()))
        return error(
            tls_errc::unreadable_file, "{}: {}", found.name, std::generic_category().message(errno)
        );
    if (found.text.size() > max_file_bytes)
        return error(tls_errc::unreadable_file, "{}: larger than 1 MiB", found.name);
    return found;
}

/// The text of the option or of its file; no text if neither is set.
loaded<source> find(std::string_view option, const std::string& text, const std::string& path)
{
    if (!text.empty() && !path.empty())
        return error(tls_errc::bad_option, "option {0}: {0}_file is set too", option);
    if (path.empty())
        return source{std::string{option}, text};
    return read_file(fmt::format("{}_file {}", option, path), path);
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
        return error(tls_errc::bad_certificate, "{}: no PEM certificate in it", from.name);
    if (!at_end)
        return error(
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
        return error(tls_errc::bad_private_key, "{}: no PEM private key in it", from.name);
    if (password.empty())
        return error(
            tls_errc::bad_private_key, "{}: encrypted, and there is no password", from.name
        );
    return error(tls_errc::bad_private_key, "{}: the password does not open it", from.name);
}

/// Returns what is wrong.
std::optional<tls_error> use_identity(SSL_CTX* ctx, const tls_options& options)
{
    const loaded<source> chain_text =
        find("certificate_chain", options.certificate_chain, options.certificate_chain_file);
    if (!chain_text)
        return chain_text.error();
    const loaded<source> key_text =
        find("private_key", options.private_key, options.private_key_file);
    if (!key_text)
        return key_text.error();
    for (const loaded<source>* const one : {&chain_text, &key_text})
        if ((*one)->text.empty())
            return error(tls_errc::bad_option, "{}: missing", (*one)->name);
    loaded<std::vector<x509_ptr>> chain = certificates(*chain_text);
    if (!chain)
        return chain.error();
    const loaded<key_ptr> key = private_key(*key_text, options.password);
    if (!key)
        return key.error();
    if (SSL_CTX_use_certificate(ctx, chain->front().get()) != 1)
        return error(tls_errc::bad_certificate, "{}: {}", chain_text->name, reason());
    for (std::size_t i = 1; i < chain->size(); ++i) {
        if (SSL_CTX_add0_chain_cert(ctx, (*chain)[i].get()) != 1)
            return error(tls_errc::bad_certificate, "{}: {}", chain_text->name, reason());
        static_cast<void>((*chain)[i].release());
    }
    if (X509_check_private_key(chain->front().get(), key->get()) != 1)
        return error(
            tls_errc::key_mismatch,
            "{}: does not belong to the certificate of {}",
            key_text->name,
            chain_text->name
        );
    if (SSL_CTX_use_PrivateKey(ctx, key->get()) != 1)
        return error(tls_errc::bad_private_key, "{}: {}", key_text->name, reason());
    return std::nullopt;
}

std::optional<tls_error> use_client_ca(SSL_CTX* ctx, const tls_options& options)
{
    const loaded<source> text = find("client_ca", options.client_ca, options.client_ca_file);
    if (!text)
        return text.error();
    if (options.verify_client == client_verification::none) {
        if (text->text.empty())
            return std::nullopt;
        return error(tls_errc::bad_option, "{}: verify_client is none", text->name);
    }
    if (text->text.empty())
        return error(tls_errc::bad_option, "client_ca: missing, and verify_client needs it");
    const loaded<std::vector<x509_ptr>> trusted = certificates(*text);
    if (!trusted)
        return trusted.error();
    for (const x509_ptr& one : *trusted)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), one.get()) != 1 ||
            SSL_CTX_add_client_CA(ctx, one.get()) != 1)
            return error(tls_errc::bad_certificate, "{}: {}", text->name, reason());
    const bool required = options.verify_client == client_verification::required;
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr
    );
    SSL_CTX_set_verify_depth(ctx, max_chain_depth);
    return std::nullopt;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered, unsigned offered_size, void*)
{
    unsigned char* found = nullptr;
    const int outcome = SSL_select_next_proto(
        &found,
        chosen_size,
        reinterpret_cast<const unsigned char*>(spoken_protocols.data()),
        static_cast<unsigned>(spoken_protocols.size()),
        offered,
        offered_size
    );
    *chosen = found;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

loaded<ctx_ptr> make_server_ctx(const tls_options& options)
{
    ERR_clear_error();
    ctx_ptr ctx{SSL_CTX_new(TLS_server_method())};
    if (!ctx)
        return error(tls_errc::bad_option, "OpenSSL cannot begin: {}", reason());
    SSL_CTX_set_min_proto_version(
        ctx.get(), options.minimum_version == tls_version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION
    );
    SSL_CTX_set_cipher_list(ctx.get(), ciphers_of_tls1_2);
    SSL_CTX_set_options(ctx.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx.get(), 1);
    // Resumption by tickets costs the server no memory; a cache of sessions would.
    SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(
        ctx.get(),
        reinterpret_cast<const unsigned char*>(session_context.data()),
        static_cast<unsigned>(session_context.size())
    );
    SSL_CTX_set_alpn_select_cb(ctx.get(), choose_protocol, nullptr);
    if (auto fault = use_identity(ctx.get(), options))
        return std::move(*fault);
    if (auto fault = use_client_ca(ctx.get(), options))
        return std::move(*fault);
    ERR_clear_error();
    return ctx;
}

}  // namespace

const boost::system::error_category& tls_category() noexcept
{
    static const tls_category_type category;
    return category;
}

error_code make_error_code(tls_errc value) noexcept
{
    return {static_cast<int>(value), tls_category()};
}

void throw_exception_from_error(const tls_error& error, const boost::source_location& where)
{
    boost::throw_with_location(std::invalid_argument{error.text}, where);
}

struct tls_context::state
{
    // Not std::atomic<std::shared_ptr>: libstdc++ 12 unlocks its load() without release.
    boost::atomic_shared_ptr<SSL_CTX> server;
};

boost::system::result<tls_context, tls_error> tls_context::make(const tls_options& options)
{
    tls_context made{std::make_shared<state>()};
    if (const auto loaded = made.reload(options); !loaded)
        return loaded.error();
    return made;
}

boost::system::result<void, tls_error> tls_context::reload(const tls_options& options)
{
    loaded<ctx_ptr> ctx = make_server_ctx(options);
    if (!ctx)
        return ctx.error();
    state_->server.store(boost::shared_ptr<SSL_CTX>{ctx->release(), SSL_CTX_free});
    return {};
}

std::unique_ptr<byte_stream> tls_context::accept(std::unique_ptr<byte_stream> plain) const
{
    ERR_clear_error();
    const boost::shared_ptr<SSL_CTX> server = state_->server.load();
    ssl_ptr ssl{SSL_new(server.get())};  // keeps its SSL_CTX
    ERR_clear_error();
    if (ssl)
        SSL_set_accept_state(ssl.get());
    return make_tls_stream(std::move(plain), std::move(ssl));
}

}  // namespace cosio
