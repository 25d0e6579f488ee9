// SPDX-License-Identifier: BSL-1.0
#include "self_signed.hpp"

#include "src/releaser.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace cosio::bench {
namespace {

using bio_ptr = std::unique_ptr<BIO, releaser<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, releaser<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, releaser<X509_EXTENSION_free>>;

void require(bool done)
{
    if (!done)
        throw std::runtime_error{"OpenSSL cannot make a certificate"};
}

bio_ptr memory(std::string_view text = {})
{
    bio_ptr bio{
        text.empty() ? BIO_new(BIO_s_mem())
                     : BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))
    };
    require(bio != nullptr);
    return bio;
}

std::string text_of(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const extension_ptr extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

identity make_identity(const identity_options& options)
{
    const std::string& common_name = options.common_name;
    const identity* const issuer = options.issuer;
    const key_ptr key{EVP_EC_gen("P-256")};
    const x509_ptr certificate{X509_new()};
    require(key && certificate);
    x509_ptr issuer_certificate;
    key_ptr issuer_key;
    if (issuer) {
        issuer_certificate.reset(
            PEM_read_bio_X509(memory(issuer->certificate).get(), nullptr, nullptr, nullptr)
        );
        issuer_key.reset(
            PEM_read_bio_PrivateKey(memory(issuer->private_key).get(), nullptr, nullptr, nullptr)
        );
        require(issuer_certificate && issuer_key);
    }
    X509* const by = issuer ? issuer_certificate.get() : certificate.get();

    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1) == 1);
    require(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
    const long from = options.valid_from.count();
    const long until = options.valid_until.count();
    require(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from) != nullptr);
    require(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until) != nullptr);
    require(X509_set_pubkey(certificate.get(), key.get()) == 1);
    require(
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate.get()),
            "CN",
            MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(common_name.data()),
            static_cast<int>(common_name.size()),
            -1,
            0
        ) == 1
    );
    require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(by)) == 1);
    add_extension(certificate.get(), by, NID_subject_alt_name, options.names.c_str());
    add_extension(certificate.get(), by, NID_basic_constraints, "critical,CA:TRUE");
    EVP_PKEY* const signer = issuer ? issuer_key.get() : key.get();
    require(X509_sign(certificate.get(), signer, EVP_sha256()) != 0);

    const bio_ptr certificate_text = memory();
    const bio_ptr key_text = memory();
    require(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
    require(
        PEM_write_bio_PrivateKey(
            key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr
        ) == 1
    );
    return {text_of(certificate_text.get()), text_of(key_text.get())};
}

}  // namespace cosio::bench
