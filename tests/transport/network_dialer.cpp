// SPDX-License-Identifier: BSL-1.0
// Streams of a client over real sockets: TCP, a Unix socket, a proxy, TLS, and names with many addresses.

#include "arena.hpp"
#include "self_signed.hpp"
#include "support/check.hpp"
#include "support/dialers.hpp"
#include "support/raw_http.hpp"

#include <cosio/detail/driver.hpp>
#include <cosio/json.hpp>
#include <cosio/transports/adopted_stream.hpp>
#include <cosio/transports/http_connector.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/network_connector.hpp>
#include <cosio/transports/network_dialer.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <netdb.h>
#include <unistd.h>

using namespace cosio;
using namespace cosio::test;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

/// What getaddrinfo() finds for names that end with ".test".
std::vector<std::string> addresses_of_test_names;

using look_up = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

int look_up_test_name(look_up real, const char* port, const addrinfo* hints, addrinfo** found)
{
    addrinfo** end = found;
    *end = nullptr;
    for (const std::string& address : addresses_of_test_names) {
        const int failed = real(address.c_str(), port, hints, end);
        if (failed == EAI_ADDRFAMILY)
            continue;
        if (failed != 0)
            return failed;
        while (*end)
            end = &(*end)->ai_next;
    }
    return *found ? 0 : EAI_NONAME;
}

const bench::identity& own_identity()
{
    static const bench::identity made = bench::make_identity();
    return made;
}

/// Something on the disk that goes with this.
struct temporary_path
{
    explicit temporary_path(std::string_view name)
        : path{
              std::filesystem::temp_directory_path() /
              fmt::format("cosio_dialer_{}_{}", ::getpid(), name)
          }
    {
        std::filesystem::remove(path);
    }

    ~temporary_path() { std::filesystem::remove(path); }

    temporary_path(const temporary_path&) = delete;
    temporary_path& operator=(const temporary_path&) = delete;

    [[nodiscard]] std::string text() const { return path.string(); }

    std::filesystem::path path;
};

/// Listens somewhere and greets everybody.
struct greeter
{
    explicit greeter(listener_options options = {}, bool secure = false)
    {
        if (options.unix_path.empty())
            options.address = "127.0.0.1";
        options.http.handler = [this](const http_request& request) -> std::optional<http_response> {
            guests.push_back(request.remote_address);
            http_response answer;
            answer.body = request.secure ? "hello, securely" : "hello";
            return answer;
        };
        options.http.upgrade_handler = [this](const http_request& request) {
            guests.push_back(request.remote_address);
            return upgrade_taker{};
        };
        if (secure) {
            tls_options tls;
            tls.certificate_chain = own_identity().certificate;
            tls.private_key = own_identity().private_key;
            options.tls = tls_context::make(tls).value();
        }
        listening.emplace(on.home(), std::vector<engine_host*>{}, std::move(options));
    }

    /// What comes of dialing `url`, and of a request if that succeeds.
    [[nodiscard]] std::string ask(std::string_view url, const network_options& options = {})
    {
        const auto dialer = make_network_dialer(on.home(), server_url::parse(url), options);
        dialed_stream dialed{*dialer};
        CHECK(on.until([&] { return dialed.over(); }));
        if (dialed.text() != "a stream")
            return dialed.text();
        const auto stream = dialed.take();
        const std::string request = http_text("GET", "/", {}, "Connection: close\r\n");
        const bytes_view all = as_bytes(request);
        error_code ec;
        CHECK(stream->try_write({&all, 1}, ec) == request.size());
        std::string come;
        read_all(*stream, come);
        CHECK(on.until([&] { return come.find("hello") != std::string::npos; }));
        return come.substr(come.find("\r\n\r\n") + 4);
    }

    /// The rest of a URL of this server.
    [[nodiscard]] std::string at(std::string_view host) const
    {
        return fmt::format("{}:{}", host, listening->port());
    }

    network_arena on;
    std::vector<std::string> guests;  ///< where requests came from
    std::optional<listener> listening;

private:
    static detail::driver read_all(byte_stream& stream, std::string& into)
    {
        error_code ec;
        while (!ec) {
            ec = co_await stream.readable();
            std::array<std::byte, 4096> block;
            while (!ec) {
                const std::size_t count = stream.try_read(block, ec);
                if (count == 0)
                    break;
                into += as_text(bytes_view{block}.first(count));
            }
        }
    }
};

[[nodiscard]] network_options trusting_ours()
{
    network_options options;
    options.tls.ca = own_identity().certificate;
    return options;
}

/// A port at which nobody listens.
[[nodiscard]] std::uint16_t dead_port()
{
    asio::io_context context;
    const tcp::acceptor once{context, {asio::ip::make_address("127.0.0.1"), 0}};
    return once.local_endpoint().port();
}

/// Takes one connection, answers its CONNECT, and is then the server itself.
class real_proxy
{
public:
    real_proxy(greeter& of, std::string answer) : of_{&of}, answer_{std::move(answer)}
    {
        acceptor_.async_accept(socket_, [this](error_code ec) {
            if (!ec)
                read();
        });
    }

    [[nodiscard]] network_options options(std::string_view credentials = "") const
    {
        network_options options = trusting_ours();
        options.proxy = proxy_url::parse(
            fmt::format("http://{}127.0.0.1:{}", credentials, acceptor_.local_endpoint().port())
        );
        return options;
    }

    std::string heard;
    std::optional<tls_context> tls;

private:
    void read()
    {
        const auto buffer = asio::dynamic_buffer(heard);
        asio::async_read_until(socket_, buffer, "\r\n\r\n", [this](error_code ec, std::size_t) {
            if (ec)
                return;
            asio::write(socket_, asio::buffer(answer_));
            if (!answer_.starts_with("HTTP/1.1 200"))
                return;
            auto stream = make_socket_stream(of_->on.home(), socket_.release());
            http_.serve(tls ? tls->accept(std::move(stream)) : std::move(stream));
        });
    }

    static http_options greeting()
    {
        http_options options;
        options.handler = [](const http_request&) -> std::optional<http_response> {
            http_response answer;
            answer.body = "hello through a tunnel";
            return answer;
        };
        return options;
    }

    greeter* of_;
    std::string answer_;
    tcp::acceptor acceptor_{of_->on.world.context(), {asio::ip::make_address("127.0.0.1"), 0}};
    tcp::socket socket_{of_->on.world.context()};
    http_server http_{of_->on.home(), std::vector<engine_host*>{}, greeting()};
};

const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace

/// Stands before the one of the system.
extern "C" int getaddrinfo(
    const char* name, const char* port, const addrinfo* hints, addrinfo** found
)
{
    static const auto real = reinterpret_cast<look_up>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (name && std::string_view{name}.ends_with(".test"))
        return look_up_test_name(real, port, hints, found);
    return real(name, port, hints, found);
}

BOOST_AUTO_TEST_SUITE(network_dialing)

BOOST_AUTO_TEST_CASE(tcp_by_address_and_by_name)
{
    greeter server;
    addresses_of_test_names = {"127.0.0.1"};
    CHECK(server.ask("http://" + server.at("127.0.0.1")) == "hello");
    CHECK(server.ask("http://" + server.at("chat.test")) == "hello");
    const std::uint16_t port = dead_port();
    CHECK(
        server.ask(fmt::format("http://127.0.0.1:{}", port)) ==
        fmt::format("127.0.0.1:{}: Connection refused", port)
    );
}

BOOST_AUTO_TEST_CASE(a_unix_socket)
{
    const temporary_path place{"unix.sock"};
    std::string url = "http+unix://" + place.text();
    for (std::size_t slash = 0; (slash = url.find('/', 12)) != std::string::npos;)
        url.replace(slash, 1, "%2F");
    listener_options options;
    options.unix_path = place.text();
    greeter server{std::move(options)};
    CHECK(server.ask(url) == "hello");
    server.listening->close();
    CHECK(server.ask(url) == place.text() + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(X11_names_with_no_address_and_with_a_thousand)
{
    greeter server;
    addresses_of_test_names = {};
    CHECK(server.ask("http://nobody.test") == "nobody.test: Host not found (authoritative)");
    for (int i = 2; i < 7; ++i)
        addresses_of_test_names.push_back(fmt::format("127.0.0.{}", i));
    addresses_of_test_names.push_back("127.0.0.1");
    for (int i = 6; i < 1'000; ++i)
        addresses_of_test_names.push_back(fmt::format("127.0.{}.{}", 1 + i / 200, 1 + i % 200));
    CHECK(server.ask("http://" + server.at("many.test")) == "hello");
    network_options few;
    few.max_addresses = 5;
    CHECK(
        server.ask("http://" + server.at("many.test"), few) ==
        server.at("127.0.0.6") + ": Connection refused"
    );
}

BOOST_AUTO_TEST_CASE(from_an_address_of_this_machine)
{
    greeter server;
    network_options options;
    options.local_address = "127.0.0.9";
    addresses_of_test_names = {"::1", "127.0.0.1"};
    for (const std::string host : {"127.0.0.1", "chat.test"}) {
        CHECK(server.ask("http://" + server.at(host), options) == "hello");
        CHECK(server.guests.back() == "127.0.0.9");
    }
    options.local_address = "192.0.2.1";  // RFC 5737: nobody's
    CHECK(
        server.ask("http://" + server.at("127.0.0.1"), options) ==
        server.at("127.0.0.1") + " from 192.0.2.1: Cannot assign requested address"
    );
}

BOOST_AUTO_TEST_CASE(only_addresses_of_one_family)
{
    greeter server;
    network_options v6;
    v6.family = address_family::v6;
    addresses_of_test_names = {"127.0.0.1", "::1"};
    CHECK(server.ask("http://" + server.at("chat.test"), v6).starts_with(server.at("[::1]") + ": ")
    );
    network_options v4;
    v4.family = address_family::v4;
    addresses_of_test_names = {"::1", "127.0.0.1"};
    CHECK(server.ask("http://" + server.at("chat.test"), v4) == "hello");
    addresses_of_test_names = {"::1"};
    CHECK(
        server.ask("http://" + server.at("chat.test"), v4) ==
        "chat.test: Host not found (authoritative)"
    );
    CHECK(server.ask("http://" + server.at("127.0.0.1"), v6) == "hello");
}

BOOST_AUTO_TEST_CASE(tls_by_name_and_by_address)
{
    greeter server{{}, true};
    addresses_of_test_names = {"127.0.0.1"};
    CHECK(server.ask("https://" + server.at("localhost"), trusting_ours()) == "hello, securely");
    CHECK(server.ask("https://" + server.at("127.0.0.1"), trusting_ours()) == "hello, securely");
    CHECK(
        server.ask("https://" + server.at("chat.test"), trusting_ours()) ==
        "chat.test: certificate verify failed: hostname mismatch"
    );
    CHECK(
        server.ask("https://" + server.at("localhost")) ==
        "localhost: certificate verify failed: self-signed certificate"
    );
}

BOOST_AUTO_TEST_CASE(tls_trusts_whom_the_system_trusts)
{
    greeter server{{}, true};
    const temporary_path store{"store.pem"};
    std::ofstream{store.path} << own_identity().certificate;
    ::setenv("SSL_CERT_FILE", store.text().c_str(), 1);
    const std::string outcome = server.ask("https://" + server.at("localhost"));
    ::unsetenv("SSL_CERT_FILE");
    CHECK(outcome == "hello, securely");
}

BOOST_AUTO_TEST_CASE(a_tunnel_of_a_proxy)
{
    greeter server;
    real_proxy open{server, established};
    CHECK(server.ask("http://chat.test:81", open.options()) == "hello through a tunnel");
    CHECK(open.heard == "CONNECT chat.test:81 HTTP/1.1\r\nHost: chat.test:81\r\n\r\n");
    real_proxy guarded{server, established};
    CHECK(
        server.ask("http://chat.test", guarded.options("ada:x%20y@")) == "hello through a tunnel"
    );
    CHECK(guarded.heard.ends_with("\r\nProxy-Authorization: Basic YWRhOnggeQ==\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(tls_through_a_tunnel)
{
    greeter server;
    tls_options tls;
    tls.certificate_chain = own_identity().certificate;
    tls.private_key = own_identity().private_key;
    for (const std::string host : {"localhost", "chat.test"}) {
        real_proxy open{server, established};
        open.tls = tls_context::make(tls).value();
        CHECK(
            server.ask("https://" + host, open.options()) ==
            (host == "localhost" ? "hello through a tunnel"
                                 : "chat.test: certificate verify failed: hostname mismatch")
        );
        CHECK(open.heard == fmt::format("CONNECT {0}:443 HTTP/1.1\r\nHost: {0}:443\r\n\r\n", host));
    }
}

BOOST_AUTO_TEST_CASE(a_proxy_that_opens_none)
{
    greeter server;
    real_proxy guarded{server, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"};
    const network_options options = guarded.options();
    CHECK(
        server.ask("http://chat.test", options) ==
        fmt::format(
            "proxy 127.0.0.1:{}: answers 407: the proxy wants other credentials",
            options.proxy->port
        )
    );
    network_options dead;
    dead.proxy = proxy_url{.host = "127.0.0.1", .port = dead_port()};
    CHECK(
        server.ask("http://chat.test", dead) ==
        fmt::format("proxy 127.0.0.1:{}: Connection refused", dead.proxy->port)
    );
}

BOOST_AUTO_TEST_CASE(a_manager_is_told_the_cause)
{
    greeter server{{}, true};
    real_proxy guarded{server, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"};
    addresses_of_test_names = {};
    const auto complaint = [&](const std::string& address, const network_options& options) {
        const server_url url = server_url::parse(address);
        client_options once;
        once.reconnection = false;
        json_manager manager{
            server.on.home(),
            make_http_connector(
                server.on.home(), url, make_network_dialer(server.on.home(), url, options), once
            ),
            once
        };
        std::string told;
        manager.on_error([&](error_code, std::string_view text) { told = text; });
        CHECK(server.on.until([&] { return !told.empty(); }));
        return told;
    };
    const std::uint16_t port = dead_port();
    CHECK(complaint("http://nobody.test", {}) == "nobody.test: Host not found (authoritative)");
    CHECK(
        complaint(fmt::format("http://127.0.0.1:{}", port), {}) ==
        fmt::format("127.0.0.1:{}: Connection refused", port)
    );
    CHECK(complaint("http://chat.test", guarded.options())
              .ends_with(": answers 407: the proxy wants other credentials"));
    CHECK(
        complaint("https://" + server.at("localhost"), {}) ==
        "localhost: certificate verify failed: self-signed certificate"
    );
}

/// What a client over `transport` alone is told by a server that is none of Socket.IO.
std::string told_over(
    engine::transport_kind transport,
    greeter& server,
    const std::string& url,
    const network_options& network
)
{
    client_options once;
    once.reconnection = false;
    once.transports = {transport};
    json_manager manager{
        server.on.home(), make_network_connector(server.on.home(), url, once, network), once
    };
    std::string told;
    manager.on_error([&](error_code, std::string_view text) { told = text; });
    CHECK(server.on.until([&] { return !told.empty(); }));
    return told;
}

BOOST_AUTO_TEST_CASE(transportOptions_tls_of_one_transport)
{
    using enum engine::transport_kind;
    greeter server{{}, true};
    const std::string url = "https://" + server.at("localhost");
    network_options network;
    network.transport_options[websocket].tls = trusting_ours().tls;
    CHECK(told_over(websocket, server, url, network).starts_with("the server answers 404"));
    CHECK(
        told_over(polling, server, url, network) ==
        "localhost: certificate verify failed: self-signed certificate"
    );
}

BOOST_AUTO_TEST_CASE(transportOptions_address_and_proxy_of_one_transport)
{
    using enum engine::transport_kind;
    greeter server;
    const std::string url = "http://" + server.at("127.0.0.1");
    network_options network;
    network.local_address = "127.0.0.9";
    network.transport_options[websocket].local_address = "127.0.0.8";
    static_cast<void>(told_over(websocket, server, url, network));
    CHECK(server.guests.back() == "127.0.0.8");
    static_cast<void>(told_over(polling, server, url, network));
    CHECK(server.guests.back() == "127.0.0.9");

    const std::uint16_t port = dead_port();
    network.transport_options[polling].proxy = proxy_url{.host = "127.0.0.1", .port = port};
    network.transport_options[polling].local_address = "";
    CHECK(
        told_over(polling, server, url, network) ==
        fmt::format("proxy 127.0.0.1:{}: Connection refused", port)
    );
    network.transport_options[websocket].family = address_family::v6;
    BOOST_CHECK_THROW(
        static_cast<void>(told_over(websocket, server, url, network)), std::invalid_argument
    );
}

BOOST_AUTO_TEST_CASE(wrong_options_are_one_line)
{
    runtime world;
    const auto complaint = [&](const std::string& url,
                               const network_options& options) -> std::string {
        try {
            static_cast<void>(make_network_dialer(world.home(), server_url::parse(url), options));
            return "none";
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    network_options options;
    CHECK(complaint("https://localhost", options) == "none");
    options.tls.ca_file = "/nowhere";
    CHECK(complaint("https://localhost", options) == "ca_file /nowhere: No such file or directory");
    options.max_addresses = 0;
    CHECK(complaint("http://localhost", options) == "option max_addresses: must be at least 1");
    options = {};
    options.address_delay = -1ns;
    CHECK(complaint("http://localhost", options) == "option address_delay: must not be negative");
    options = {};
    options.local_address = "eth0";
    CHECK(
        complaint("http://localhost", options) ==
        "option local_address: must be an IP address of this machine"
    );
    options.local_address = "127.0.0.1";
    options.family = address_family::v6;
    CHECK(
        complaint("http://localhost", options) ==
        "option local_address: must be of the family that is asked for"
    );
}

BOOST_AUTO_TEST_SUITE_END()
