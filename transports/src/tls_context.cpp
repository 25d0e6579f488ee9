// SPDX-License-Identifier: BSL-1.0
#include "tls_setup.hpp"
#include "tls_stream.hpp"

#include <boost/smart_ptr/atomic_shared_ptr.hpp>

#include <openssl/err.h>

namespace cosio {
namespace {

using namespace tls_setup;

constexpr std::string_view session_context = "cosio";

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
        case tls_errc::server_certificate_refused:
            return "the server's certificate is not accepted";
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
        case tls_errc::server_certificate_refused:
        case tls_errc::protocol_violation: return other == condition::peer_violation;
        }
        return false;
    }
};

std::optional<tls_error> use_client_ca(SSL_CTX* ctx, const tls_options& options)
{
    const loaded<source> text = find("client_ca", options.client_ca, options.client_ca_file);
    if (!text)
        return text.error();
    if (options.verify_client == client_verification::none) {
        if (text->text.empty())
            return std::nullopt;
        return fault(tls_errc::bad_option, "{}: verify_client is none", text->name);
    }
    if (text->text.empty())
        return fault(tls_errc::bad_option, "client_ca: missing, and verify_client needs it");
    const loaded<std::vector<x509_ptr>> trusted = trust(ctx, *text);
    if (!trusted)
        return trusted.error();
    for (const x509_ptr& one : *trusted)
        if (SSL_CTX_add_client_CA(ctx, one.get()) != 1)
            return fault(tls_errc::bad_certificate, "{}: {}", text->name, reason());
    const bool required = options.verify_client == client_verification::required;
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr
    );
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
    loaded<ctx_ptr> made = make_ctx(TLS_server_method(), options.minimum_version);
    if (!made)
        return made;
    SSL_CTX* const ctx = made->get();
    SSL_CTX_set_session_id_context(
        ctx,
        reinterpret_cast<const unsigned char*>(session_context.data()),
        static_cast<unsigned>(session_context.size())
    );
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, nullptr);
    if (auto wrong = use_identity(ctx, identity_of(options)))
        return std::move(*wrong);
    if (auto wrong = use_client_ca(ctx, options))
        return std::move(*wrong);
    ERR_clear_error();
    return made;
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
