// SPDX-License-Identifier: BSL-1.0
// Socket.IO inside of an HTTP server that exists already, on Boost.Beast: plain, and with TLS. It reads requests,
// answers its own, and gives the connections of the others away.
// Try it: run it, open http://localhost:3000/ in a browser, and in Node:
//         require("socket.io-client")("http://localhost:3000").emit("count", console.log);
#include "port.hpp"
#include "self_signed.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/beast.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>  // once in a program: cosio compiles Asio, but not its TLS
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <iostream>

namespace sio = cosio;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

const std::string page = "This page is the server's own.\n";

/// The server that was there before. Only the three lines with `front` are new.
template <class Stream>
sio::task<> serve(Stream stream, sio::http_front& front)
{
    boost::beast::flat_buffer buffer;
    while (true) {
        http::request<http::string_body> request;
        co_await http::async_read(stream, buffer, request, asio::deferred);
        if (front.serves(request.target())) {
            sio::adopt(front, std::move(stream), request, buffer);
            co_return;
        }
        http::response<http::string_body> response{http::status::ok, request.version()};
        response.keep_alive(request.keep_alive());
        response.body() = page;
        response.prepare_payload();
        co_await http::async_write(stream, response, asio::deferred);
        if (!response.keep_alive())
            co_return;
    }
}

sio::task<> serve_tls(tcp::socket socket, asio::ssl::context& tls, sio::http_front& front)
{
    asio::ssl::stream<tcp::socket> stream{std::move(socket), tls};
    co_await stream.async_handshake(asio::ssl::stream_base::server, asio::deferred);
    co_await serve(std::move(stream), front);
}

sio::task<> accept(
    asio::io_context& context,
    tcp::acceptor& acceptor,
    asio::ssl::context* tls,
    sio::http_front& front
)
{
    while (true) {
        tcp::socket socket = co_await acceptor.async_accept(asio::deferred);
        if (tls)
            asio::co_spawn(context, serve_tls(std::move(socket), *tls, front), asio::detached);
        else
            asio::co_spawn(context, serve(std::move(socket), front), asio::detached);
    }
}

int main()
try {
    asio::io_context context;
    sio::shard& home = sio::shard_of(context);
    sio::json_server io{home};
    int count = 0;
    io.on("count", [&count](sio::ack<int> reply) { reply(++count); });

    // A connection that cosio has may bring a request for the page, too.
    sio::http_options options;
    options.handler = [](const sio::http_request&) { return sio::http_response{.body = page}; };
    sio::http_front front{home, io, options};

    asio::ssl::context tls{asio::ssl::context::tls_server};
    const cosio::bench::identity identity = cosio::bench::make_identity();
    tls.use_certificate_chain(asio::buffer(identity.certificate));
    tls.use_private_key(asio::buffer(identity.private_key), asio::ssl::context::pem);

    tcp::acceptor plain{context, {tcp::v6(), port_to_use()}};
    tcp::acceptor secure{context, {tcp::v6(), 0}};
    asio::co_spawn(context, accept(context, plain, nullptr, front), asio::detached);
    asio::co_spawn(context, accept(context, secure, &tls, front), asio::detached);
    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](const sio::error_code&, int) { context.stop(); });
    std::cout << "listening on http://localhost:" << plain.local_endpoint().port()
              << " and https://localhost:" << secure.local_endpoint().port() << std::endl;
    context.run();
} catch (const std::exception& error) {
    std::cerr << "13_embedding_beast: " << error.what() << '\n';
    return 1;
}
