// SPDX-License-Identifier: BSL-1.0
// How a client gets to a server over TLS, and what it says when it does not (reliability X12).

#include "src/http_client.hpp"
#include "src/tunnel_dialer.hpp"
#include "support/check.hpp"
#include "tls_dialing.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/http_connector.hpp>

#include <openssl/ssl.h>

using namespace cosio;
using namespace cosio::test;

namespace {

const string fine = "/a true 0";
const string request = http_text("GET", "/a");

/// The server's end of one connection, on OpenSSL with rules of its own.
class raw_tls_server
{
public:
    explicit raw_tls_server(int newest = 0)
    {
        SSL_CTX* const ctx = SSL_CTX_new(TLS_server_method());
        if (newest == TLS1_1_VERSION) {
            SSL_CTX_set_security_level(ctx, 0);
            SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
        }
        SSL_CTX_set_max_proto_version(ctx, newest);
        const bench::identity& own = server_identity();
        BIO* const certificate_text = BIO_new_mem_buf(own.certificate.data(), -1);
        BIO* const key_text = BIO_new_mem_buf(own.private_key.data(), -1);
        X509* const certificate = PEM_read_bio_X509(certificate_text, nullptr, nullptr, nullptr);
        EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_text, nullptr, nullptr, nullptr);
        REQUIRE(SSL_CTX_use_certificate(ctx, certificate) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(ctx, key) == 1);
        X509_free(certificate);
        EVP_PKEY_free(key);
        BIO_free(certificate_text);
        BIO_free(key_text);
        ssl_ = SSL_new(ctx);
        SSL_CTX_free(ctx);
        SSL_set_accept_state(ssl_);
        fresh_.reset(ssl_);
    }

    [[nodiscard]] serving_dialer::serve serve()
    {
        return [this](std::unique_ptr<byte_stream> far) {
            wire = far.get();
            stream = make_tls_stream(std::move(far), std::move(fresh_));
        };
    }

    [[nodiscard]] std::unique_ptr<stream_dialer> dialer(
        const tls_client_options& options = trusting(server_identity())
    )
    {
        return secure_dialer(world, serve(), "localhost", options, sent);
    }

    /// Lets happen what happens; the handshake here goes on by reading.
    void run()
    {
        for (int turn = 0; turn < 8; ++turn) {
            world.run();
            std::array<std::byte, 4096> block;
            error_code ec;
            if (stream)
                come += as_text(bytes_view{block}.first(stream->try_read(block, ec)));
        }
    }

    void say(std::string_view text)
    {
        const bytes_view all = as_bytes(text);
        error_code ec;
        REQUIRE(stream->try_write({&all, 1}, ec) == text.size());
    }

    /// What comes of dialing here.
    [[nodiscard]] string outcome(const tls_client_options& options)
    {
        const auto way = dialer(options);
        const dialed_stream dialed{*way};
        run();
        return dialed.text();
    }

    [[nodiscard]] string cipher() const { return SSL_get_cipher_name(ssl_); }

    [[nodiscard]] string version() const { return SSL_get_version(ssl_); }

    simulation world;
    string sent;  // by the client
    string come;  // from the client
    byte_stream* wire = nullptr;
    std::unique_ptr<byte_stream> stream;

private:
    SSL* ssl_;
    ssl_ptr fresh_;
};

/// Ends when so many bytes were written.
class cut_stream final : public tapped_stream
{
public:
    cut_stream(std::unique_ptr<byte_stream> inner, std::size_t most, string& into)
        : tapped_stream{std::move(inner), into}, most_{most}
    {}

    std::size_t try_write(std::span<const bytes_view> from, error_code& ec) noexcept override
    {
        std::size_t written = 0;
        for (const bytes_view& view : from) {
            const bytes_view part = view.first(std::min(view.size(), most_ - written));
            written += tapped_stream::try_write({&part, 1}, ec);
        }
        most_ -= written;
        if (most_ == 0)
            close();
        return written;
    }

private:
    std::size_t most_;
};

tls_client_options showing(const bench::identity& own)
{
    tls_client_options options = trusting(server_identity());
    options.certificate_chain = own.certificate;
    options.private_key = own.private_key;
    return options;
}

/// Why a stream ends that a request was written to.
error_code end_of(simulation& world, byte_stream& stream)
{
    const bytes_view all = as_bytes(request);
    error_code ec;
    static_cast<void>(stream.try_write({&all, 1}, ec));
    ec = {};  // reading tells more
    for (int turn = 0; turn < 8 && !ec; ++turn) {
        world.run();
        std::array<std::byte, 4096> block;
        static_cast<void>(stream.try_read(block, ec));
    }
    return ec;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_dialing)

BOOST_AUTO_TEST_CASE(the_version_is_at_least_that_of_the_options)
{
    tls_client_options newest = trusting(server_identity());
    newest.minimum_version = tls_version::tls1_3;
    const string refused =
        "localhost: the peer refused the handshake by an alert: tlsv1 alert protocol version";
    raw_tls_server usual;
    CHECK(usual.outcome(newest) == "a stream");
    CHECK(usual.version() == "TLSv1.3");
    CHECK(raw_tls_server{TLS1_2_VERSION}.outcome(newest) == refused);
    raw_tls_server older{TLS1_2_VERSION};
    CHECK(older.outcome(trusting(server_identity())) == "a stream");
    CHECK(older.version() == "TLSv1.2");
    CHECK(raw_tls_server{TLS1_1_VERSION}.outcome(trusting(server_identity())) == refused);
}

BOOST_AUTO_TEST_CASE(ciphers_are_those_of_the_options)
{
    for (const string cipher : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
        raw_tls_server on{TLS1_2_VERSION};
        tls_client_options options = trusting(server_identity());
        options.ciphers = cipher;
        CHECK(on.outcome(options) == "a stream");
        CHECK(on.cipher() == cipher);
    }
}

BOOST_AUTO_TEST_CASE(a_client_shows_its_certificate)
{
    tls_server on{asking_clients(client_verification::required)};
    secure_client known{on, "localhost", showing(client_identity())};
    CHECK(known.ask() == fine);
    CHECK(on.log.empty());

    tls_client_options locked = showing(client_identity());
    locked.private_key = encrypted(locked.private_key, "secret");
    locked.password = "secret";
    secure_client same{on, "localhost", locked};
    CHECK(same.ask() == fine);

    // In TLS 1.3 the client is done before the server looks.
    secure_client nobody{on};
    const auto refused = nobody.dialed.take();
    CHECK((end_of(on.server.world, *refused) == tls_errc::client_certificate_missing));
    secure_client stranger{on, "localhost", showing(bench::make_identity("a stranger"))};
    const auto unknown = stranger.dialed.take();
    CHECK((end_of(on.server.world, *unknown) == tls_errc::refused_by_peer));
    CHECK(on.requests == 2U);
}

BOOST_AUTO_TEST_CASE(a_client_shows_the_certificate_of_a_pkcs12_container)
{
    tls_server on{asking_clients(client_verification::required)};
    tls_client_options packing = trusting(server_identity());
    packing.pkcs12 = packed(client_identity(), "secret");
    packing.password = "secret";
    secure_client known{on, "localhost", packing};
    CHECK(known.ask() == fine);
    CHECK(on.log.empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_written_before_the_handshake_is_over)
{
    tls_server on;
    secure_client client{on, "localhost", trusting(server_identity()), {.capacity_bytes = 16}};
    CHECK(client.dialed.text() == "a stream");
    CHECK(client.ask() == fine);
}

BOOST_AUTO_TEST_CASE(X12_an_answer_that_lasts_until_the_end_cannot_be_cut)
{
    struct ending
    {
        string head;
        bool polite;
        string outcome;
    };

    const ending endings[] = {
        {"", true, "half"},
        {"", false, "the connection failed"},
        {"Content-Length: 4\r\n", false, "half"},
        {"Content-Length: 8\r\n", true, "the stream ended inside a message"},
        {"Content-Length: 8\r\n", false, "the connection failed"},
    };
    for (const auto& [head, polite, outcome] : endings) {
        BOOST_TEST_CONTEXT(head << polite)
        {
            raw_tls_server on;
            const auto way = on.dialer();
            http_client client{on.world.home(), *way, {}};
            string come = "waits";
            client.ask(request, [&](http_client::outcome answer) {
                come = answer ? answer->body : answer.error().why.message();
            });
            on.run();
            CHECK(on.come == request);
            on.say("HTTP/1.1 200 OK\r\n" + head + "\r\nhalf");
            if (polite)
                on.stream->shutdown_send();
            else
                on.wire->shutdown_send();
            on.run();
            CHECK(come == outcome);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_speaks_no_tls_is_told_apart)
{
    for (const string words :
         {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail ESMTP\r\n"}) {
        simulation world;
        string sent;
        std::unique_ptr<byte_stream> far;
        const auto way = secure_dialer(
            world,
            [&](std::unique_ptr<byte_stream> end) {
                far = std::move(end);
                const bytes_view all = as_bytes(words);
                error_code ec;
                static_cast<void>(far->try_write({&all, 1}, ec));
            },
            "localhost",
            {},
            sent
        );
        const dialed_stream dialed{*way};
        world.run();
        CHECK(dialed.text() == "localhost: what was sent is no TLS: wrong version number");
        CHECK((dialed.why() == tls_errc::not_tls));
    }
}

BOOST_AUTO_TEST_CASE(who_says_nothing_is_waited_for_until_the_client_gives_up)
{
    simulation world;
    string sent;
    std::unique_ptr<byte_stream> far;
    const auto way = secure_dialer(
        world, [&](std::unique_ptr<byte_stream> end) { far = std::move(end); }, "x", {}, sent
    );
    dialed_stream dialed{*way};
    world.run_for(1h);
    CHECK(dialed.text() == "waits");
    dialed.give_up();
    world.run();
    std::array<std::byte, 4096> block;
    error_code ec;
    while (!ec)
        static_cast<void>(far->try_read(block, ec));
    CHECK((ec == engine::errc::connection_closed));
    CHECK(dialed.text() == "waits");
}

BOOST_AUTO_TEST_CASE(a_handshake_cut_anywhere_is_an_error)
{
    const tls_context tls = tls_context::make(options_of(server_identity())).value();
    simulation world;
    http_server http{world.home(), std::vector<engine_host*>{}, {}};
    string said;
    string sent;
    std::size_t most = 100'000;
    const auto way = secure_dialer(
        world,
        [&](std::unique_ptr<byte_stream> far) {
            http.serve(tls.accept(std::make_unique<cut_stream>(std::move(far), most, said)));
        },
        "localhost",
        trusting(server_identity()),
        sent
    );
    const auto outcome = [&] {
        const dialed_stream dialed{*way};
        world.run();
        return dialed.text();
    };
    CHECK(outcome() == "a stream");
    for (most = 1; most < 400; most += 3)
        REQUIRE(outcome() == "localhost: the connection ended during the TLS handshake", most);
}

BOOST_AUTO_TEST_CASE(tls_goes_through_the_tunnel_of_a_proxy)
{
    tls_server on;
    string asked;
    std::unique_ptr<byte_stream> proxy;
    auto below = make_tunnel_dialer(
        on.server.world.home(),
        std::make_unique<serving_dialer>(
            on.server.world.home(),
            [&](std::unique_ptr<byte_stream> far) { proxy = std::move(far); }
        ),
        {.host = "proxy.example", .port = 3128},
        "localhost:443"
    );
    const auto way = make_tls_dialer(std::move(below), "localhost", trusting(server_identity()));
    dialed_stream dialed{*way};
    on.server.world.run();
    std::array<std::byte, 4096> block;
    error_code ec;
    asked = as_text(bytes_view{block}.first(proxy->try_read(block, ec)));
    CHECK(asked == "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n");
    const string answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    const bytes_view all = as_bytes(answer);
    REQUIRE(proxy->try_write({&all, 1}, ec) == answer.size());
    on.server.http.serve(on.tls.accept(std::move(proxy)));
    on.server.world.run();
    REQUIRE(dialed.text() == "a stream");
    raw_client client{on.server.world, dialed.take()};
    client.send(request);
    CHECK(body_of(client.take()) == fine);
}

BOOST_AUTO_TEST_CASE(a_manager_talks_over_tls_or_says_why_not)
{
    using engine::transport_kind;
    const tls_context tls = tls_context::make(options_of(server_identity())).value();
    const std::vector<transport_kind> each_way[] = {
        {transport_kind::polling},
        {transport_kind::websocket},
        {transport_kind::polling, transport_kind::websocket}
    };
    for (const auto& transports : each_way) {
        for (const bool trusted : {true, false}) {
            simulation world;
            json_server io{world.home()};
            http_server http{world.home(), {&io.engine()}, {}};
            unsigned connected = 0;
            io.on_connection([&](json_socket) { ++connected; });
            io.on("sum", [](int a, int b, ack<int> reply) { reply(a + b); });
            string sent;
            client_options options;
            options.transports = transports;
            options.reconnection = false;
            auto way = secure_dialer(
                world,
                [&](std::unique_ptr<byte_stream> far) { http.serve(tls.accept(std::move(far))); },
                "localhost",
                trusted ? trusting(server_identity()) : tls_client_options{},
                sent
            );
            json_manager manager{
                world.home(),
                make_http_connector(
                    world.home(), server_url::parse("https://localhost"), std::move(way), options
                ),
                options
            };
            strings said;
            manager.on_error([&](error_code why, std::string_view text) {
                CHECK((why == tls_errc::server_certificate_refused));
                said.emplace_back(text);
            });
            const json_client_socket socket = manager.socket();
            socket.on_connect_error([&](const string& text, const boost::json::value&) {
                said.push_back(text);
            });
            socket.on_connect([&, socket] {
                socket.emit("sum", 1, 2, [&](result<int> sum) {
                    said.push_back(fmt::format("{}", *sum));
                });
            });
            world.run_for(1s);
            const string refused = "localhost: certificate verify failed: self-signed certificate";
            CHECK((said == (trusted ? strings{"3"} : strings{refused, refused})));
            CHECK(connected == (trusted ? 1U : 0U));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
