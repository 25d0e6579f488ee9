// SPDX-License-Identifier: BSL-1.0
// Whom a client believes over TLS, and what it says about those whom it does not (reliability A17).

#include "support/check.hpp"
#include "tls_dialing.hpp"

#include <boost/test/data/test_case.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdexcept>

using namespace cosio;
using namespace cosio::test;

namespace {

const string fine = "/a true 0";
constexpr std::size_t alert_bytes = 2 + 1 + 16;  // in TLS 1.3, with its type and its tag

bench::identity issued(const bench::identity& by, bench::identity_options options)
{
    options.issuer = &by;
    return bench::make_identity(options);
}

/// What a client says of a server with that certificate. If it does not believe it, nobody has told it anything.
string opinion(
    const bench::identity& server,
    const tls_client_options& options,
    const string& host = "localhost"
)
{
    tls_server on{options_of(server)};
    secure_client client{on, host, options};
    const string text = client.ask();
    if (text == fine)
        return text;
    CHECK((client.dialed.why() == tls_errc::server_certificate_refused));
    CHECK((client.dialed.why() == condition::peer_violation));
    CHECK(on.requests == 0U);
    CHECK(largest_data_record(client.sent) <= alert_bytes);
    CHECK(on.log == strings{"127.0.0.1: the peer refused the handshake by an alert"});
    return text;
}

std::array<std::byte, 32> key_digest(const string& private_key)
{
    BIO* const in = BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    REQUIRE(size > 0);
    std::array<std::byte, 32> digest;
    REQUIRE(
        EVP_Digest(
            der,
            static_cast<std::size_t>(size),
            reinterpret_cast<unsigned char*>(digest.data()),
            nullptr,
            EVP_sha256(),
            nullptr
        ) == 1
    );
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    BIO_free(in);
    return digest;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_trust)

BOOST_DATA_TEST_CASE(a_server_that_is_vouched_for_is_spoken_to, all_segments(), cut)
{
    tls_server on;
    secure_client client{on, "localhost", trusting(server_identity()), cut.options()};
    CHECK(client.ask() == fine);
    CHECK(on.log.empty());
    CHECK(largest_data_record(client.sent) > alert_bytes);
    on.server.check_bystander();
}

BOOST_AUTO_TEST_CASE(A17_by_default_only_whom_the_system_trusts)
{
    const tls_client_options usual;
    CHECK(
        opinion(server_identity(), usual) ==
        "localhost: certificate verify failed: self-signed certificate"
    );
    const bench::identity root = bench::make_identity("root");
    bench::identity own = issued(root, {});
    CHECK(
        opinion(own, usual) ==
        "localhost: certificate verify failed: unable to get local issuer certificate"
    );
    own.certificate += root.certificate;
    CHECK(
        opinion(own, usual) ==
        "localhost: certificate verify failed: self-signed certificate in certificate chain"
    );
}

BOOST_AUTO_TEST_CASE(A17_a_certificate_of_an_unknown_authority)
{
    const bench::identity root = bench::make_identity("root");
    const bench::identity other = bench::make_identity("root");
    CHECK(opinion(issued(root, {}), trusting(root)) == fine);
    CHECK(
        opinion(issued(root, {.common_name = "x"}), trusting(server_identity())) ==
        "localhost: certificate verify failed: unable to get local issuer certificate"
    );
    // Of the same name, but with another key.
    CHECK(
        opinion(issued(root, {}), trusting(other)) ==
        "localhost: certificate verify failed: certificate signature failure"
    );
}

BOOST_AUTO_TEST_CASE(A17_a_certificate_of_another_time)
{
    const bench::identity root = bench::make_identity("root");
    CHECK(
        opinion(issued(root, {.valid_from = -48h, .valid_until = -1h}), trusting(root)) ==
        "localhost: certificate verify failed: certificate has expired"
    );
    CHECK(
        opinion(issued(root, {.valid_from = 1h}), trusting(root)) ==
        "localhost: certificate verify failed: certificate is not yet valid"
    );
}

BOOST_AUTO_TEST_CASE(A17_a_certificate_of_another_host)
{
    const bench::identity root = bench::make_identity("root");
    const bench::identity own =
        issued(root, {.names = "DNS:chat.example,DNS:*.wild.example,IP:192.0.2.1,IP:2001:db8::1"});
    const auto of = [&](const string& host) { return opinion(own, trusting(root), host); };
    for (const string host :
         {"chat.example",
          "CHAT.example",
          "chat.example.",
          "a.wild.example",
          "192.0.2.1",
          "2001:db8::1"})
        CHECK(of(host) == fine, host);
    for (const string host : {"chat.example.org", "example", "wild.example", "a.b.wild.example"})
        CHECK(of(host) == host + ": certificate verify failed: hostname mismatch", host);
    for (const string host : {"192.0.2.2", "::1"})
        CHECK(of(host) == host + ": certificate verify failed: IP address mismatch", host);
    // An address that stands there as a name is no address.
    CHECK(
        opinion(issued(root, {.names = "DNS:192.0.2.1"}), trusting(root), "192.0.2.1") ==
        "192.0.2.1: certificate verify failed: IP address mismatch"
    );
}

BOOST_AUTO_TEST_CASE(A17_only_an_explicit_word_turns_the_checks_off)
{
    tls_client_options anybody;
    anybody.dangerously_accept_any_certificate = true;
    const bench::identity dead = bench::make_identity({.valid_from = -1h, .valid_until = -1min});
    CHECK(opinion(server_identity(), anybody) == fine);
    CHECK(opinion(dead, anybody) == fine);
    CHECK(
        opinion(dead, trusting(dead)) ==
        "localhost: certificate verify failed: certificate has expired"
    );
}

BOOST_AUTO_TEST_CASE(a_certificate_can_be_pinned)
{
    for (const bool checked : {true, false}) {
        BOOST_TEST_CONTEXT((checked ? "checked" : "not checked"))
        {
            unsigned asked = 0;
            tls_client_options options;
            if (checked)
                options = trusting(server_identity());
            options.dangerously_accept_any_certificate = !checked;
            options.accept_certificate = [&](const peer_certificate& shown) {
                ++asked;
                CHECK(!shown.der.empty());
                return shown.public_key_sha256 == key_digest(server_identity().private_key);
            };
            CHECK(opinion(server_identity(), options) == fine);
            CHECK(asked == 1U);
            const bench::identity other = bench::make_identity();
            if (checked)
                options.ca = other.certificate;
            CHECK(
                opinion(other, options) ==
                "localhost: certificate verify failed: accept_certificate refuses it"
            );
            CHECK(asked == 2U);
        }
    }
}

BOOST_AUTO_TEST_CASE(whoever_pins_is_asked_last_and_may_throw)
{
    unsigned asked = 0;
    tls_client_options options;
    options.accept_certificate = [&](const peer_certificate&) {
        ++asked;
        return true;
    };
    CHECK(
        opinion(server_identity(), options) ==
        "localhost: certificate verify failed: self-signed certificate"
    );
    CHECK(asked == 0U);
    options.ca = server_identity().certificate;
    options.accept_certificate = [](const peer_certificate&) -> bool {
        throw std::runtime_error{"no"};
    };
    CHECK(
        opinion(server_identity(), options) ==
        "localhost: certificate verify failed: accept_certificate refuses it"
    );
}

BOOST_AUTO_TEST_CASE(a_name_is_told_and_an_address_is_not)
{
    const auto hello = [](const string& host) {
        tls_server on;
        const secure_client client{on, host};
        return client.sent;
    };
    CHECK(hello("chat.example").find("chat.example") != string::npos);
    CHECK(hello("chat.example.").find("chat.example.") == string::npos);
    CHECK(hello("192.0.2.1").find("192.0.2.1") == string::npos);
    CHECK(hello("2001:db8::1").find("2001:db8::1") == string::npos);
    CHECK(hello("chat.example").find("\x08http/1.1") != string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_options_are_one_line)
{
    const auto complaint = [](const tls_client_options& options,
                              const string& host = "x") -> string {
        simulation world;
        try {
            static_cast<void>(make_tls_dialer(nullptr, host, options));
            return "none";
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    const auto with = [](string tls_client_options::* member, string value) {
        tls_client_options options;
        options.*member = std::move(value);
        return options;
    };
    CHECK(complaint({}) == "none");
    CHECK(complaint({}, "") == "TLS: the server has no name");
    CHECK(complaint(with(&tls_client_options::ca, "x")) == "ca: no PEM certificate in it");
    CHECK(
        complaint(with(&tls_client_options::ca_file, "/nowhere")) ==
        "ca_file /nowhere: No such file or directory"
    );
    CHECK(
        complaint(with(&tls_client_options::ca_file, "/dev/null")) ==
        "ca_file /dev/null: no PEM certificate in it"
    );
    CHECK(complaint(with(&tls_client_options::pkcs12, "x")) == "pkcs12: no PKCS #12 container");
    tls_client_options packing = with(&tls_client_options::pkcs12, packed(client_identity(), "a"));
    CHECK(complaint(packing) == "pkcs12: the password does not open it");
    packing.password = "a";
    CHECK(complaint(packing) == "none");
    packing.certificate_chain = client_identity().certificate;
    CHECK(complaint(packing) == "option pkcs12: a certificate or its key is given as PEM too");
    CHECK(
        complaint(with(&tls_client_options::ciphers, "ROT13")) ==
        "option ciphers: \"ROT13\" names none of TLS 1.2"
    );
    tls_client_options both = trusting(server_identity());
    both.dangerously_accept_any_certificate = true;
    CHECK(complaint(both) == "option ca: any certificate is accepted");
    both = trusting(server_identity());
    both.ca_file = "/x";
    CHECK(complaint(both) == "option ca: ca_file is set too");
    CHECK(
        complaint(with(&tls_client_options::certificate_chain, client_identity().certificate)) ==
        "private_key: missing"
    );
    CHECK(
        complaint(with(&tls_client_options::private_key, client_identity().private_key)) ==
        "certificate_chain: missing"
    );
    tls_client_options mixed =
        with(&tls_client_options::certificate_chain, client_identity().certificate);
    mixed.private_key = server_identity().private_key;
    CHECK(
        complaint(mixed) == "private_key: does not belong to the certificate of certificate_chain"
    );
}

BOOST_AUTO_TEST_SUITE_END()
