// SPDX-License-Identifier: BSL-1.0
#include "tls_client.hpp"

#include "src/releaser.hpp"
#include "support/check.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace cosio::test {
namespace {

using bio_ptr = std::unique_ptr<BIO, releaser<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, releaser<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using ctx_ptr = std::unique_ptr<SSL_CTX, releaser<SSL_CTX_free>>;
using session_ptr = std::unique_ptr<SSL_SESSION, releaser<SSL_SESSION_free>>;

bio_ptr memory(const std::string& text)
{
    return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

x509_ptr certificate_of(const std::string& pem)
{
    x509_ptr certificate{PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr)};
    REQUIRE(certificate);
    return certificate;
}

}  // namespace

ssl_ptr make_client_ssl(const raw_tls_options& options)
{
    const ctx_ptr ctx{SSL_CTX_new(TLS_client_method())};
    REQUIRE(ctx);
    if (options.tls1_1) {
        SSL_CTX_set_security_level(ctx.get(), 0);
        SSL_CTX_set_min_proto_version(ctx.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(ctx.get(), TLS1_1_VERSION);
    } else if (options.tls1_2) {
        SSL_CTX_set_max_proto_version(ctx.get(), TLS1_2_VERSION);
    }
    if (!options.trusted.empty()) {
        const x509_ptr root = certificate_of(options.trusted);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx.get()), root.get());
        SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
    }
    if (!options.certificate.empty()) {
        const x509_ptr own = certificate_of(options.certificate);
        const key_ptr key{
            PEM_read_bio_PrivateKey(memory(options.private_key).get(), nullptr, nullptr, nullptr)
        };
        REQUIRE(SSL_CTX_use_certificate(ctx.get(), own.get()) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(ctx.get(), key.get()) == 1);
    }
    ssl_ptr ssl{SSL_new(ctx.get())};
    REQUIRE(ssl);
    if (!options.protocol.empty()) {
        const std::string wanted = static_cast<char>(options.protocol.size()) + options.protocol;
        SSL_set_alpn_protos(
            ssl.get(),
            reinterpret_cast<const unsigned char*>(wanted.data()),
            static_cast<unsigned>(wanted.size())
        );
    }
    SSL_set1_host(ssl.get(), "localhost");
    if (!options.session.empty()) {
        const session_ptr session{
            PEM_read_bio_SSL_SESSION(memory(options.session).get(), nullptr, nullptr, nullptr)
        };
        REQUIRE(SSL_set_session(ssl.get(), session.get()) == 1);
    }
    REQUIRE(SSL_set_max_send_fragment(ssl.get(), long(options.record)) == 1);
    SSL_set_connect_state(ssl.get());
    return ssl;
}

tls_client::tls_client(
    simulation& world, http_server& server, const tls_context& tls, const raw_tls_options& options
)
    : world_{&world}, ssl_{make_client_ssl(options)}, most_bytes_{options.most_bytes}
{
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    memory_stream_options link = options.cut.options();
    link.capacity_bytes = options.capacity;
    auto [server_end, client_end] = make_memory_streams(world.home(), link);
    wire_ = std::move(client_end);
    server.serve(tls.accept(std::move(server_end)));
    world.run();
}

tls_client::~tls_client() = default;

bool tls_client::shake()
{
    exchange();
    return SSL_is_init_finished(ssl_.get()) == 1;
}

void tls_client::send(std::string_view text)
{
    exchange();
    if (!text.empty())
        note_failure(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())));
    exchange();
}

void tls_client::send_and_cut(std::string_view text)
{
    while (SSL_do_handshake(ssl_.get()) != 1)
        REQUIRE(int{move_out()} + int{move_in()} != 0);
    REQUIRE(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0);
    std::array<std::byte, 4096> block;
    std::size_t size = 0;
    BIO_read_ex(SSL_get_wbio(ssl_.get()), block.data(), block.size(), &size);
    const bytes_view all = bytes_view{block}.first(size);
    error_code ec;
    REQUIRE(wire_->try_write({&all, 1}, ec) == size);
    cut();
}

std::string tls_client::take()
{
    exchange();
    return std::exchange(come_, {});
}

std::string tls_client::ask(std::string_view text)
{
    send(text);
    return take();
}

void tls_client::say_goodbye()
{
    SSL_shutdown(ssl_.get());
    exchange();
}

void tls_client::finish()
{
    wire_->shutdown_send();
    world_->run();
}

void tls_client::cut()
{
    wire_->close();
    world_->run();
}

bool tls_client::was_told_goodbye()
{
    exchange();
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool tls_client::ended()
{
    exchange();
    return ended_;
}

std::string tls_client::server_certificate() const
{
    const x509_ptr certificate{SSL_get1_peer_certificate(ssl_.get())};
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    REQUIRE(certificate);
    REQUIRE(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

bool tls_client::resumed() const
{
    return SSL_session_reused(ssl_.get()) == 1;
}

std::string tls_client::protocol() const
{
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

std::string tls_client::session() const
{
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    REQUIRE(PEM_write_bio_SSL_SESSION(bio.get(), SSL_get_session(ssl_.get())) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

bool tls_client::renegotiate()
{
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
    exchange();
    return SSL_is_init_finished(ssl_.get()) == 1 && error_.empty();
}

bool tls_client::update_keys()
{
    const bool done = SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1 &&
                      SSL_do_handshake(ssl_.get()) == 1;
    exchange();
    return done;
}

void tls_client::exchange()
{
    for (bool moved = true; std::exchange(moved, false);) {
        std::array<char, 4096> block;
        int got = 0;
        while (error_.empty() && (got = SSL_read(ssl_.get(), block.data(), block.size())) > 0)
            come_.append(block.data(), static_cast<std::size_t>(got));
        if (error_.empty())
            note_failure(got);
        ERR_clear_error();
        moved = move_out();
        moved = move_in() || moved;
    }
}

void tls_client::note_failure(int outcome)
{
    if (outcome <= 0 && SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_SSL)
        error_ = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
}

bool tls_client::move_out()
{
    std::array<char, 4096> block;
    for (int got = 0; (got = BIO_read(SSL_get_wbio(ssl_.get()), block.data(), block.size())) > 0;)
        outgoing_.append(block.data(), static_cast<std::size_t>(got));
    const bytes_view all = as_bytes(outgoing_).first(
        std::min(outgoing_.size(), most_bytes_ - std::min(most_bytes_, sent_))
    );
    error_code ec;
    const std::size_t written = wire_->try_write({&all, 1}, ec);
    outgoing_.erase(0, written);
    sent_ += written;
    world_->run();
    return written != 0;
}

bool tls_client::move_in()
{
    std::array<std::byte, 4096> block;
    error_code ec;
    std::size_t all = 0;
    while (reads_ && !ec) {
        const std::size_t count = wire_->try_read(block, ec);
        if (count == 0)
            break;
        all += count;
        BIO_write(SSL_get_rbio(ssl_.get()), block.data(), static_cast<int>(count));
        world_->run();
    }
    ended_ = static_cast<bool>(ec);
    return all != 0;
}

}  // namespace cosio::test
