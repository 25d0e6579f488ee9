// SPDX-License-Identifier: BSL-1.0
// Connections that a server on Boost.Beast has accepted, on real sockets: plain and TLS, whoever runs them.

#include "arena.hpp"
#include "self_signed.hpp"
#include "support/check.hpp"
#include "support/raw_http.hpp"

#include <cosio/engine_server.hpp>
#include <cosio/transports/beast.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <fmt/format.h>

#include <future>
#include <thread>

using namespace cosio;
using namespace cosio::test;

namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using asio::local::stream_protocol;

namespace {

constexpr std::string_view handshake = "/engine.io/?EIO=4&transport=polling";

/// An io_context of the application's, on a thread of its own.
class other_context
{
public:
    ~other_context() { stop(); }

    asio::io_context& context() { return context_; }

    void stop()
    {
        work_.reset();
        context_.stop();
        if (thread_.joinable())
            thread_.join();
    }

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> work_ =
        asio::make_work_guard(context_);
    std::thread thread_{[this] { context_.run(); }};
};

/// A stream above a socket, as TLS is one.
struct layered
{
    using executor_type = tcp::socket::executor_type;

    tcp::socket socket;

    [[nodiscard]] tcp::socket& next_layer() { return socket; }

    [[nodiscard]] auto get_executor() { return socket.get_executor(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token)
    {
        return socket.async_read_some(into, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token)
    {
        return socket.async_write_some(from, std::forward<Token>(token));
    }
};

/// A client that waits for each answer, on a thread of its own.
template <class Stream>
class client
{
public:
    explicit client(Stream& stream) : stream_{&stream} {}

    void send(std::string_view text) { asio::write(*stream_, asio::buffer(text)); }

    raw_answer answer()
    {
        std::optional<raw_answer> found;
        while (!(found = take_answer(come_)))
            receive();
        return *found;
    }

    raw_answer ask(std::string_view method, std::string_view target, std::string_view body = {})
    {
        send(http_text(method, target, body));
        return answer();
    }

    /// The payload of the next frame.
    std::string frame()
    {
        while (true) {
            const auto next = decoder_.next();
            if (!next)
                return "broken";
            if (*next)
                return std::string{as_text((**next).payload)};
            if (come_.empty())
                receive();
            decoder_.feed(std::as_writable_bytes(std::span{come_}));
            decoder_.retain();
            come_.clear();
        }
    }

    bool ends()
    {
        std::array<char, 100> block;
        error_code ec;
        while (!ec)
            stream_->read_some(asio::buffer(block), ec);
        return true;
    }

private:
    void receive()
    {
        std::array<char, 4096> block;
        come_.append(block.data(), stream_->read_some(asio::buffer(block)));
    }

    Stream* stream_;
    std::string come_;
    wire::websocket_decoder decoder_{wire::websocket_role::client, {}};
};

/// All that a client does: polls, foreign requests, an upgrade, much data, a goodbye.
template <class Stream>
std::string talk(Stream& stream)
{
    const auto text = [](std::string_view payload) {
        return websocket_frame(wire::websocket_opcode::text, payload);
    };
    client<Stream> peer{stream};
    peer.send(http_text("GET", handshake) + http_text("GET", "/page"));
    const std::string open = peer.answer().body;
    const std::string sid = open.substr(9, open.find('"', 9) - 9);
    std::string told = peer.answer().body;
    const std::string target = fmt::format("{}&sid={}", handshake, sid);
    told += ' ' + peer.ask("POST", target, "4hello").body;
    told += ' ' + peer.ask("GET", target).body;
    told += ' ' + peer.ask("GET", "/other").body;
    peer.send(
        websocket_request("/engine.io/?EIO=4&transport=websocket&sid=" + sid) + text("2probe")
    );
    told += fmt::format(" {}", peer.answer().status);
    told += ' ' + peer.frame();
    const std::string large = '4' + std::string(700'000, 'x');
    peer.send(text("5") + text(large));
    told += peer.frame() == large ? " whole" : " broken";
    peer.send(websocket_frame(wire::websocket_opcode::close, ""));
    told += peer.ends() ? " end" : "";
    return told;
}

const std::string told_by_all = "page ok 4hello other 101 3probe whole end";

struct fixture
{
    fixture()
    {
        server.on_connection([this](engine_socket socket, const http_request& request) {
            address = request.remote_address;
            secure = request.secure;
            socket.on_text([socket](std::string_view text) { socket.send(text); });
            socket.on_close([this](close_reason) { ++closed; });
        });
        http_options options;
        options.handler = [](const http_request& request) {
            return http_response{.body = request.target.substr(1)};
        };
        front.emplace(on.home(), server, options);
        const bench::identity identity = bench::make_identity();
        tls.use_certificate_chain(asio::buffer(identity.certificate));
        tls.use_private_key(asio::buffer(identity.private_key), asio::ssl::context::pem);
    }

    /// The application's server: reads one request with Beast and gives the connection away.
    template <class Stream>
    void read_and_adopt(Stream& stream)
    {
        boost::beast::flat_buffer buffer;
        beast_http::request<beast_http::string_body> request;
        beast_http::read(stream, buffer, request);
        adopt(*front, std::move(stream), request, buffer);
    }

    /// Runs `serve` where `executor` runs and `speak` on a thread, and ours until both are done.
    template <class Executor, class Serve, class Speak>
    std::string run(const Executor& executor, Serve serve, Speak speak)
    {
        std::atomic<bool> done = false;
        asio::post(executor, [&serve] { serve(); });
        std::future<std::string> told = std::async(std::launch::async, [&] {
            std::string all;
            try {
                all = speak();
            } catch (const std::exception& error) {
                all = error.what();
            }
            done = true;
            on.home().post([] {});
            return all;
        });
        CHECK(on.until([&] { return done.load(); }));
        CHECK(on.until([&] { return closed != 0 && front->connection_count() == 0; }));
        return told.get();
    }

    /// A pair of connected TCP sockets.
    template <class Context>
    void connect(tcp::socket& client_end, tcp::socket& server_end, Context& context)
    {
        tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
        client_end.connect(acceptor.local_endpoint());
        acceptor.accept(server_end);
    }

    template <class Wrap>
    void check_plain(asio::io_context& context, Wrap wrap)
    {
        tcp::socket near{context};
        tcp::socket far{clients};
        connect(far, near, context);
        auto stream = wrap(std::move(near));
        CHECK(
            run(
                context.get_executor(), [&] { read_and_adopt(stream); }, [&] { return talk(far); }
            ) == told_by_all
        );
        CHECK(address == "127.0.0.1");
        CHECK(!secure);
    }

    template <class Wrap>
    void check_tls(asio::io_context& context, Wrap wrap)
    {
        tcp::socket near{asio::make_strand(context)};
        asio::ssl::context trusting{asio::ssl::context::tls_client};
        asio::ssl::stream<tcp::socket> far{clients, trusting};
        connect(far.next_layer(), near, context);
        auto stream = wrap(std::move(near));
        const auto serve = [&] {
            stream.handshake(asio::ssl::stream_base::server);
            read_and_adopt(stream);
        };
        const auto speak = [&] {
            far.handshake(asio::ssl::stream_base::client);
            return talk(far);
        };
        const auto executor = stream.get_executor();
        CHECK(run(executor, serve, speak) == told_by_all);
        CHECK(address == "127.0.0.1");
        CHECK(secure);
    }

    network_arena on;
    asio::io_context clients;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    engine_server server{on.home()};
    std::optional<http_front> front;
    std::string address = "none";
    bool secure = false;
    int closed = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(adopted_streams)

BOOST_FIXTURE_TEST_CASE(a_plain_socket_of_the_shards_own_context, fixture)
{
    check_plain(on.world.context(), [](tcp::socket socket) { return socket; });
}

BOOST_AUTO_TEST_CASE(a_plain_socket_of_another_thread)
{
    other_context other;
    fixture here;
    here.check_plain(other.context(), [](tcp::socket socket) { return socket; });
}

BOOST_FIXTURE_TEST_CASE(a_tcp_stream_of_beast, fixture)
{
    check_plain(on.world.context(), [](tcp::socket socket) {
        boost::beast::tcp_stream stream{std::move(socket)};
        stream.expires_after(std::chrono::seconds{30});
        return stream;
    });
}

BOOST_FIXTURE_TEST_CASE(a_unix_socket, fixture)
{
    stream_protocol::socket near{on.world.context()};
    stream_protocol::socket far{clients};
    asio::local::connect_pair(near, far);
    const auto serve = [&] { read_and_adopt(near); };
    CHECK(run(on.world.context().get_executor(), serve, [&] { return talk(far); }) == told_by_all);
    CHECK(address == "");
}

BOOST_FIXTURE_TEST_CASE(tls_of_the_shards_own_context, fixture)
{
    check_tls(on.world.context(), [this](tcp::socket socket) {
        return asio::ssl::stream<tcp::socket>{std::move(socket), tls};
    });
}

BOOST_AUTO_TEST_CASE(tls_of_another_thread)
{
    other_context other;
    fixture here;
    here.check_tls(other.context(), [&here](tcp::socket socket) {
        return asio::ssl::stream<tcp::socket>{std::move(socket), here.tls};
    });
    other.stop();
}

BOOST_FIXTURE_TEST_CASE(tls_of_beast, fixture)
{
    check_tls(on.world.context(), [this](tcp::socket socket) {
        boost::beast::tcp_stream stream{std::move(socket)};
        stream.expires_after(std::chrono::seconds{30});
        return boost::beast::ssl_stream<boost::beast::tcp_stream>{std::move(stream), tls};
    });
}

// Sessions live on three shards, and the connection on a thread that is none of them.
BOOST_AUTO_TEST_CASE(a_stream_finds_its_session_on_another_shard)
{
    other_context other;
    asio::io_context clients;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    const bench::identity identity = bench::make_identity();
    tls.use_certificate_chain(asio::buffer(identity.certificate));
    tls.use_private_key(asio::buffer(identity.private_key), asio::ssl::context::pem);
    asio::ssl::context trusting{asio::ssl::context::tls_client};
    runtime world{{.shards = 3}};
    engine_server server{world.shards()};
    server.on_connection([](engine_socket socket, const http_request&) {
        socket.on_text([socket](std::string_view text) { socket.send(text); });
    });
    http_front front{world.shards(), server};
    const auto work = asio::make_work_guard(world.context());
    std::thread runner{[&] { world.run(); }};

    tcp::acceptor acceptor{clients, {asio::ip::make_address("127.0.0.1"), 0}};
    const auto connect = [&](auto speak) {
        asio::ssl::stream<tcp::socket> far{clients, trusting};
        far.next_layer().connect(acceptor.local_endpoint());
        tcp::socket socket{asio::make_strand(other.context())};
        acceptor.accept(socket);
        asio::ssl::stream<tcp::socket> near{std::move(socket), tls};
        const auto executor = near.get_executor();
        std::promise<void> adopted;
        asio::post(executor, [&] {
            near.handshake(asio::ssl::stream_base::server);
            boost::beast::flat_buffer buffer;
            beast_http::request<beast_http::string_body> request;
            beast_http::read(near, buffer, request);
            adopt(front, std::move(near), request, buffer);
            adopted.set_value();
        });
        far.handshake(asio::ssl::stream_base::client);
        client<asio::ssl::stream<tcp::socket>> peer{far};
        const std::string told = speak(peer);
        adopted.get_future().wait();
        return told;
    };
    for (int i = 0; i < 3; ++i) {
        const std::string open =
            connect([](auto& peer) { return peer.ask("GET", handshake).body; });
        const std::string target = fmt::format(
            "{}&sid={}", handshake, std::string_view{open}.substr(9, open.find('"', 9) - 9)
        );
        CHECK(connect([&](auto& peer) {
                  std::string told = peer.ask("POST", target, "4one").body;
                  told += ' ' + peer.ask("GET", target).body;
                  told += ' ' + peer.ask("POST", target, "4two").body;
                  return told + ' ' + peer.ask("GET", target).body;
              }) == "ok 4one ok 4two");
    }
    world.stop();
    runner.join();
    other.stop();
}

BOOST_FIXTURE_TEST_CASE(of_a_request_the_head_may_be_all_that_was_read, fixture)
{
    tcp::socket near{on.world.context()};
    tcp::socket far{clients};
    connect(far, near, on.world.context());
    closed = 1;  // nobody waits for a session's end here
    const auto serve = [&] {
        boost::beast::flat_buffer buffer;
        beast_http::request_parser<beast_http::empty_body> parser;
        beast_http::read_header(near, buffer, parser);
        adopt_head(*front, std::move(near), parser.get().base(), buffer);
    };
    const auto speak = [&] {
        client<tcp::socket> peer{far};
        peer.send("POST /engine.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: x\r\n"
                  "Content-Length: 5\r\nConnection: close\r\n\r\n4a");
        const raw_answer answer = peer.answer();
        far.close();
        return fmt::format("{} {}", answer.status, answer.body);
    };
    CHECK(
        run(on.world.context().get_executor(), serve, speak) ==
        R"(400 {"code":1,"message":"Session ID unknown"})"
    );
}

// Who waits in a stream of another context is let go with the shard.
BOOST_AUTO_TEST_CASE(the_end_of_the_world_takes_what_waits_along)
{
    for (const bool elsewhere : {false, true}) {
        other_context other;
        asio::io_context clients;
        tcp::socket far{clients};
        {
            fixture here;
            asio::io_context& context = elsewhere ? other.context() : here.on.world.context();
            tcp::socket near{context};
            here.connect(far, near, context);
            adopt(
                *here.front,
                layered{std::move(near)},
                beast_http::request<beast_http::empty_body>{beast_http::verb::get, "/page", 11}
            );
            here.on.settle();
            CHECK(here.front->connection_count() == 1U);
            other.stop();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
