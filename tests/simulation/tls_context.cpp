// SPDX-License-Identifier: BSL-1.0
// Options of TLS, what is wrong with them in one line, who may connect, and reload.

#include "support/check.hpp"
#include "tls_support.hpp"

#include <cstdio>
#include <filesystem>
#include <thread>

using namespace cosio;
using namespace cosio::test;

namespace {

const string request = http_text("GET", "/a");

string complaint(const tls_options& options)
{
    const auto made = tls_context::make(options);
    return made ? "" : made.error().text;
}

tls_options with(string tls_options::* member, string value)
{
    tls_options options = options_of(server_identity());
    options.*member = std::move(value);
    return options;
}

/// A file that lives as long as this.
class temporary_file
{
public:
    temporary_file(std::string_view name, std::string_view text)
        : path_{std::filesystem::temp_directory_path() / fmt::format("cosio_{}", name)}
    {
        std::FILE* const file = std::fopen(path_.c_str(), "wb");
        REQUIRE(file);
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }

    ~temporary_file() { std::filesystem::remove(path_); }

    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    [[nodiscard]] string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

raw_tls_options trusting(const bench::identity& server)
{
    return {.trusted = server.certificate};
}

raw_tls_options showing(const bench::identity& own, bool tls1_2)
{
    raw_tls_options options;
    options.certificate = own.certificate;
    options.private_key = own.private_key;
    options.tls1_2 = tls1_2;
    return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_context_options)

BOOST_AUTO_TEST_CASE(text_that_is_missing_or_wrong_is_named_in_one_line)
{
    const string& other_key = client_identity().private_key;
    CHECK(complaint({}) == "certificate_chain: missing");
    CHECK(complaint(with(&tls_options::private_key, "")) == "private_key: missing");
    CHECK(
        complaint(with(&tls_options::certificate_chain, "hello")) ==
        "certificate_chain: no PEM certificate in it"
    );
    CHECK(
        complaint(with(&tls_options::certificate_chain, server_identity().private_key)) ==
        "certificate_chain: no PEM certificate in it"
    );
    CHECK(
        complaint(with(&tls_options::private_key, "hello")) ==
        "private_key: no PEM private key in it"
    );
    CHECK(
        complaint(with(&tls_options::private_key, other_key)) ==
        "private_key: does not belong to the certificate of certificate_chain"
    );
    string damaged = server_identity().certificate;
    damaged.replace(100, 8, "AAAAAAAA");
    CHECK(complaint(with(&tls_options::certificate_chain, damaged))
              .starts_with("certificate_chain: certificate 1 is damaged: "));
    CHECK(complaint(with(&tls_options::certificate_chain, server_identity().certificate + damaged))
              .starts_with("certificate_chain: certificate 2 is damaged: "));
    CHECK(
        complaint(with(&tls_options::private_key_file, "/x")) ==
        "option private_key: private_key_file is set too"
    );
}

BOOST_AUTO_TEST_CASE(the_code_tells_what_kind_of_fault_it_is)
{
    const auto code = [](const tls_options& options) {
        return tls_context::make(options).error().code;
    };
    CHECK((code({}) == tls_errc::bad_option));
    CHECK((code(with(&tls_options::private_key, "x")) == tls_errc::bad_private_key));
    CHECK((code(with(&tls_options::certificate_chain, "x")) == tls_errc::bad_certificate));
    const tls_options mixed = with(&tls_options::private_key, client_identity().private_key);
    CHECK((code(mixed) == tls_errc::key_mismatch));
    CHECK((code({}) == condition::misuse));
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(tls_context::make({}).value()),
        std::invalid_argument,
        [](const std::invalid_argument& error) {
            return error.what() == string{"certificate_chain: missing"};
        }
    );
}

BOOST_AUTO_TEST_CASE(files_are_read_and_named)
{
    const temporary_file chain{"chain.pem", server_identity().certificate};
    const temporary_file key{"key.pem", server_identity().private_key};
    const temporary_file other{"other.pem", client_identity().private_key};
    const temporary_file huge{"huge.pem", string(1024 * 1024 + 1, '\n')};
    tls_options options;
    options.certificate_chain_file = chain.path();
    options.private_key_file = key.path();
    CHECK(complaint(options) == "");
    tls_server on{options};
    CHECK(body_of(on.client(trusting(server_identity())).ask(request)) == "/a true 0");

    options.private_key_file = other.path();
    CHECK(
        complaint(options) == fmt::format(
                                  "private_key_file {}: does not belong to the certificate of "
                                  "certificate_chain_file {}",
                                  other.path(),
                                  chain.path()
                              )
    );
    options.private_key_file = "/nowhere/key.pem";
    CHECK(complaint(options) == "private_key_file /nowhere/key.pem: No such file or directory");
    options.private_key_file = "/";
    CHECK(complaint(options) == "private_key_file /: Is a directory");
    options.private_key_file = huge.path();
    CHECK(complaint(options) == fmt::format("private_key_file {}: larger than 1 MiB", huge.path()));
}

BOOST_AUTO_TEST_CASE(an_encrypted_key_needs_its_password_and_nobody_is_asked_for_it)
{
    tls_options options = options_of(server_identity());
    options.private_key = encrypted(options.private_key, "secret");
    CHECK(complaint(options) == "private_key: encrypted, and there is no password");
    options.password = "wrong";
    CHECK(complaint(options) == "private_key: the password does not open it");
    options.password = string(5000, 'x');
    CHECK(complaint(options) == "private_key: the password does not open it");
    options.password = "secret";
    CHECK(complaint(options) == "");
}

BOOST_AUTO_TEST_CASE(verification_of_clients_needs_a_ca_and_a_ca_needs_verification)
{
    tls_options options = asking_clients(client_verification::required);
    CHECK(complaint(options) == "");
    options.client_ca = "x";
    CHECK(complaint(options) == "client_ca: no PEM certificate in it");
    options.client_ca = "";
    CHECK(complaint(options) == "client_ca: missing, and verify_client needs it");
    CHECK(
        complaint(asking_clients(client_verification::none)) == "client_ca: verify_client is none"
    );
}

BOOST_AUTO_TEST_CASE(intermediate_certificates_are_sent)
{
    const bench::identity root = bench::make_identity("root");
    const bench::identity middle = bench::make_identity("middle", &root);
    bench::identity own = bench::make_identity("localhost", &middle);
    tls_server alone{options_of(own)};
    tls_client refusing = alone.client(trusting(root));
    CHECK(!refusing.shake());
    CHECK(refusing.error() == "certificate verify failed");
    own.certificate += middle.certificate;
    tls_server whole{options_of(own)};
    CHECK(body_of(whole.client(trusting(root)).ask(request)) == "/a true 0");
}

BOOST_AUTO_TEST_CASE(old_versions_and_other_protocols_are_refused)
{
    tls_server on;
    tls_client oldest = on.client({.tls1_1 = true});
    CHECK(!oldest.shake());
    tls_client h2 = on.client({.protocol = "h2"});
    CHECK(!h2.shake());
    CHECK(h2.error() == "tlsv1 alert no application protocol");
    const string line = "127.0.0.1: no version, cipher or application protocol in common";
    CHECK(on.log == (strings{line, line}));

    tls_options newest = options_of(server_identity());
    newest.minimum_version = tls_version::tls1_3;
    tls_server strict{newest};
    tls_client old = strict.client({.tls1_2 = true});
    CHECK(!old.shake());
    CHECK(strict.log == strings{line});
    CHECK(body_of(strict.client().ask(request)) == "/a true 0");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_trust_the_server_is_reported)
{
    tls_server on;
    tls_client client = on.client(trusting(client_identity()));
    CHECK(!client.shake());
    CHECK(client.error() == "certificate verify failed");
    CHECK(on.log == strings{"127.0.0.1: the peer refused the handshake by an alert"});
    CHECK(client.ended());
}

BOOST_AUTO_TEST_CASE(client_certificates_are_asked_for)
{
    using enum client_verification;
    const bench::identity stranger = bench::make_identity("a stranger");
    for (const bool tls1_2 : {false, true}) {
        for (const client_verification how : {none, optional, required}) {
            BOOST_TEST_CONTEXT("TLS 1." << (tls1_2 ? 2 : 3) << ", " << int(how))
            {
                tls_server on{how == none ? options_of(server_identity()) : asking_clients(how)};
                const auto ask = [&](const raw_tls_options& options) {
                    tls_client client = on.client(options);
                    return body_of(client.ask(request));
                };
                const bool anybody = how == none;
                raw_tls_options without;
                without.tls1_2 = tls1_2;
                CHECK(ask(showing(client_identity(), tls1_2)) == "/a true 0");
                CHECK(on.log.empty());
                CHECK(ask(without) == (how == required ? "(no answer)" : "/a true 0"));
                if (how == required)
                    CHECK(on.log.back() == "127.0.0.1: the client sent no certificate");
                CHECK(ask(showing(stranger, tls1_2)) == (anybody ? "/a true 0" : "(no answer)"));
                if (!anybody)
                    CHECK(on.log.back() == "127.0.0.1: the client's certificate is not accepted");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_forged_client_certificate_is_refused_as_such)
{
    // Its issuer has the name of the authority, and another key.
    const bench::identity forger = bench::make_identity("a client");
    const bench::identity forged = bench::make_identity("another client", &forger);
    tls_server on{asking_clients(client_verification::required)};
    tls_client client = on.client(showing(forged, false));
    CHECK(body_of(client.ask(request)) == "(no answer)");
    CHECK(on.log == strings{"127.0.0.1: the client's certificate is not accepted"});
}

BOOST_AUTO_TEST_CASE(a_session_is_resumed_also_with_a_client_certificate)
{
    for (const bool tls1_2 : {false, true}) {
        BOOST_TEST_CONTEXT("TLS 1." << (tls1_2 ? 2 : 3))
        {
            tls_server on{asking_clients(client_verification::required)};
            raw_tls_options options = showing(client_identity(), tls1_2);
            tls_client first = on.client(options);
            CHECK(body_of(first.ask(request)) == "/a true 0");
            CHECK(!first.resumed());
            options.session = first.session();
            tls_client second = on.client(options);
            CHECK(body_of(second.ask(request)) == "/a true 0");
            CHECK(second.resumed());
        }
    }
}

BOOST_AUTO_TEST_CASE(reload_serves_the_new_certificate_while_old_connections_live)
{
    const bench::identity renewed = bench::make_identity("renewed");
    tls_server on;
    tls_context copy = on.tls;
    raw_tls_options options = trusting(server_identity());
    tls_client old = on.client(options);
    CHECK(body_of(old.ask(request)) == "/a true 0");
    CHECK(old.server_certificate() == server_identity().certificate);

    // Something wrong changes nothing.
    const auto refused = copy.reload(with(&tls_options::private_key, renewed.private_key));
    REQUIRE(!refused);
    CHECK(
        refused.error().text ==
        "private_key: does not belong to the certificate of certificate_chain"
    );
    CHECK(on.client(options).shake());

    tls_client half = on.client({.most_bytes = 20});
    static_cast<void>(half.shake());
    CHECK(copy.reload(options_of(renewed)).has_value());
    CHECK(body_of(old.ask(request)) == "/a true 0");
    tls_client fresh = on.client(trusting(renewed));
    CHECK(body_of(fresh.ask(request)) == "/a true 0");
    CHECK(fresh.server_certificate() == renewed.certificate);
    CHECK(!on.client(options).shake());
    // What was agreed with the old certificate is not resumed with the new one.
    raw_tls_options again = trusting(renewed);
    again.session = old.session();
    tls_client comeback = on.client(again);
    CHECK(body_of(comeback.ask(request)) == "/a true 0");
    CHECK(!comeback.resumed());
}

// The thread sanitizer is what looks.
BOOST_AUTO_TEST_CASE(any_thread_may_reload)
{
    simulation world;
    tls_context tls = tls_context::make(options_of(server_identity())).value();
    std::thread reloading{[copy = tls]() mutable {
        for (int i = 0; i < 50; ++i)
            static_cast<void>(copy.reload(options_of(server_identity())));
    }};
    for (int i = 0; i < 500; ++i)
        REQUIRE(tls.accept(make_memory_streams(world.home()).first)->secure());
    reloading.join();
}

BOOST_AUTO_TEST_SUITE_END()
