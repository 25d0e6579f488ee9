// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "self_signed.hpp"
#include "support/check.hpp"
#include "support/raw_server.hpp"
#include "support/tls_client.hpp"

#include <fmt/format.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

namespace cosio::test {

inline constexpr std::string_view tls_open = "/socket.io/?EIO=4&transport=polling";

[[nodiscard]] inline tls_options options_of(const bench::identity& own)
{
    tls_options options;
    options.certificate_chain = own.certificate;
    options.private_key = own.private_key;
    return options;
}

/// Made once: a key costs time, and all tests may share them.
[[nodiscard]] inline const bench::identity& server_identity()
{
    static const bench::identity made = bench::make_identity();
    return made;
}

[[nodiscard]] inline const bench::identity& client_identity()
{
    static const bench::identity made = bench::make_identity("a client");
    return made;
}

[[nodiscard]] inline tls_options asking_clients(client_verification how)
{
    tls_options options = options_of(server_identity());
    options.client_ca = client_identity().certificate;
    options.verify_client = how;
    return options;
}

/// Certificate and key in one PKCS #12 container under a password.
[[nodiscard]] inline string packed(const bench::identity& own, const string& password)
{
    BIO* const in =
        BIO_new_mem_buf(own.private_key.data(), static_cast<int>(own.private_key.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO* const chain =
        BIO_new_mem_buf(own.certificate.data(), static_cast<int>(own.certificate.size()));
    X509* const certificate = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
    PKCS12* const container =
        PKCS12_create(password.c_str(), "client", key, certificate, nullptr, 0, 0, 0, 0, 0);
    BIO* const out = BIO_new(BIO_s_mem());
    REQUIRE(i2d_PKCS12_bio(out, container) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    string bytes{data, static_cast<std::size_t>(size)};
    PKCS12_free(container);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(in);
    BIO_free(chain);
    BIO_free(out);
    return bytes;
}

/// The same private key under a password.
[[nodiscard]] inline string encrypted(const string& key, const string& password)
{
    BIO* const in = BIO_new_mem_buf(key.data(), static_cast<int>(key.size()));
    BIO* const out = BIO_new(BIO_s_mem());
    EVP_PKEY* const parsed = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    REQUIRE(
        PEM_write_bio_PKCS8PrivateKey(
            out, parsed, EVP_aes_256_cbc(), password.data(), int(password.size()), nullptr, nullptr
        ) == 1
    );
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    string text{data, static_cast<std::size_t>(size)};
    EVP_PKEY_free(parsed);
    BIO_free(in);
    BIO_free(out);
    return text;
}

/// An echo server behind TLS, and what it says to the operator.
struct tls_server
{
    explicit tls_server(const tls_options& options = options_of(server_identity()))
        : tls{tls_context::make(options).value()}
    {}

    [[nodiscard]] tls_client client(const raw_tls_options& options = {})
    {
        return {server.world, server.http, tls, options};
    }

    [[nodiscard]] http_options http_limits()
    {
        http_options options;
        options.log = {log_level::info, [this](log_level, std::string_view line) {
                           log.emplace_back(line);
                       }};
        options.handler = [this](const http_request& request) -> std::optional<http_response> {
            ++requests;
            http_response answer;
            answer.body =
                fmt::format("{} {} {}", request.path(), request.secure, request.body.size());
            if (request.path() == "/large")
                answer.body.assign(large, 'l');
            return answer;
        };
        return options;
    }

    static constexpr std::size_t large = 1'000'000;

    strings log;
    unsigned requests = 0;  ///< that reached the handler
    tls_context tls;
    raw_server server{{}, http_limits()};
};

[[nodiscard]] inline string body_of(const string& answer)
{
    const std::size_t at = answer.find("\r\n\r\n");
    return at == string::npos ? "(no answer)" : answer.substr(at + 4);
}

}  // namespace cosio::test
