// SPDX-License-Identifier: BSL-1.0
#include "tls_client.hpp"

#include <algorithm>
#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string_view>
#include <utility>

namespace cosio::load {
namespace {

// As ALPN has it: names behind their lengths.
constexpr std::string_view spoken_protocols = "\x08http/1.1";

std::string last_error()
{
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return reason ? std::string{"TLS: "} + reason : "the server broke TLS";
}

}  // namespace

/// Reads what was fed, writes into outgoing(): no system call and no copy kept for each connection.
struct tls_session::network
{
    static tls_session& session_of(BIO* bio) noexcept
    {
        return *static_cast<tls_session*>(BIO_get_data(bio));
    }

    static int read(BIO* bio, char* into, int room) noexcept
    {
        bytes_view& arrived = session_of(bio).arrived_;
        BIO_clear_retry_flags(bio);
        if (arrived.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t size = std::min(arrived.size(), static_cast<std::size_t>(room));
        std::ranges::copy(arrived.first(size), reinterpret_cast<std::byte*>(into));
        arrived = arrived.subspan(size);
        return static_cast<int>(size);
    }

    static int write(BIO* bio, const char* from, int size) noexcept
    {
        std::vector<std::byte>& outgoing = session_of(bio).outgoing_;
        const bytes_view bytes = as_bytes({from, static_cast<std::size_t>(size)});
        outgoing.insert(outgoing.end(), bytes.begin(), bytes.end());
        return size;
    }

    static long control(BIO*, int command, long, void*) noexcept
    {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static const BIO_METHOD* method()
    {
        static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made = [] {
            BIO_METHOD* fresh = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "cosio_load");
            if (!fresh)
                throw std::bad_alloc{};
            BIO_meth_set_read(fresh, &network::read);
            BIO_meth_set_write(fresh, &network::write);
            BIO_meth_set_ctrl(fresh, &network::control);
            return std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>{fresh, &BIO_meth_free};
        }();
        return made.get();
    }
};

void tls_client::free_context::operator()(SSL_CTX* context) const noexcept
{
    SSL_CTX_free(context);
}

void tls_session::free_ssl::operator()(SSL* ssl) const noexcept
{
    SSL_free(ssl);
}

result<std::shared_ptr<const tls_client>> tls_client::make(
    std::string host, const std::string& authorities
)
{
    const auto made = std::make_shared<tls_client>();
    made->host_ = std::move(host);
    made->context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* const context = made->context_.get();
    if (!context)
        throw std::bad_alloc{};
    // Thousands of connections, most of them idle at any moment.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    // Servers that end without close_notify have still answered.
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    const auto* protocols = reinterpret_cast<const unsigned char*>(spoken_protocols.data());
    SSL_CTX_set_alpn_protos(context, protocols, static_cast<unsigned>(spoken_protocols.size()));
    if (authorities.empty())
        return std::shared_ptr<const tls_client>{made};
    if (SSL_CTX_load_verify_file(context, authorities.c_str()) != 1)
        return make_error_code(boost::system::errc::no_such_file_or_directory);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return std::shared_ptr<const tls_client>{made};
}

tls_session::tls_session(const tls_client& shared) : ssl_{SSL_new(shared.context_.get())}
{
    BIO* const bio = BIO_new(network::method());
    if (!ssl_ || !bio)
        throw std::bad_alloc{};
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
    // An address is no server name (RFC 6066, 3).
    const char* const host = shared.host_.c_str();
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host) == 1)
        return;
    SSL_set_tlsext_host_name(ssl_.get(), host);
    SSL_set1_host(ssl_.get(), host);
}

std::optional<std::size_t> tls_session::read(std::span<std::byte> plain)
{
    std::size_t filled = 0;
    while (filled < plain.size() && failure_.empty()) {
        const std::span<std::byte> room = plain.subspan(filled);
        std::size_t size = 0;
        ERR_clear_error();
        const int returned = SSL_read_ex(ssl_.get(), room.data(), room.size(), &size);
        if (returned != 1) {
            check(returned);
            break;
        }
        filled += size;
    }
    if (filled == 0 && !failure_.empty())
        return std::nullopt;
    return filled;
}

bool tls_session::write(bytes_view plain)
{
    if (!failure_.empty())
        return false;
    std::size_t size = 0;
    ERR_clear_error();
    const int returned = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &size);
    if (returned != 1)
        check(returned);
    return returned == 1;
}

void tls_session::check(int returned)
{
    switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return;
    case SSL_ERROR_ZERO_RETURN: failure_ = "the server closed the connection"; return;
    default: break;
    }
    const long verdict = SSL_get_verify_result(ssl_.get());
    failure_ =
        SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE && verdict != X509_V_OK
            ? std::string{"the server's certificate: "} + X509_verify_cert_error_string(verdict)
            : last_error();
}

}  // namespace cosio::load
