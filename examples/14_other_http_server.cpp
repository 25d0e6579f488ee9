// SPDX-License-Identifier: BSL-1.0
// Socket.IO behind an HTTP server that knows nothing of Asio: requests in, responses out. This one has a thread for
// each connection and speaks only as much HTTP as it must; yours is a better one.
// Try it: run it, and in Node: require("socket.io-client")("http://localhost:3000").emit("count", console.log);
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/http_front.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <fmt/format.h>

#include <future>
#include <iostream>
#include <list>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <sstream>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace sio = cosio;

using namespace std::chrono_literals;

/// One blocking connection of that server.
class connection
{
public:
    explicit connection(int descriptor) : descriptor_{descriptor} {}

    /// The next request, or nullopt at the end.
    std::optional<sio::http_request> read()
    {
        std::size_t end = 0;
        while ((end = come_.find("\r\n\r\n")) == std::string::npos)
            if (!receive())
                return std::nullopt;
        sio::http_request request;
        std::istringstream head{come_.substr(0, end)};
        come_.erase(0, end + 4);
        std::string line;
        head >> request.method >> request.target;
        std::getline(head, line);
        while (std::getline(head, line)) {
            if (line.ends_with('\r'))
                line.pop_back();
            const std::size_t colon = line.find(": ");
            if (colon != std::string::npos)
                request.headers.append(line.substr(0, colon), line.substr(colon + 2));
        }
        const std::string length{request.headers["content-length"]};
        const std::size_t size = std::strtoul(length.c_str(), nullptr, 10);
        while (come_.size() < size)
            if (!receive())
                return std::nullopt;
        request.body = come_.substr(0, size);
        come_.erase(0, size);
        return request;
    }

    bool write(const sio::http_response& response)
    {
        std::string text = fmt::format("HTTP/1.1 {} -\r\n", response.status);
        response.headers.for_each([&](std::string_view name, std::string_view value) {
            text += fmt::format("{}: {}\r\n", name, value);
        });
        text += fmt::format("Content-Length: {}\r\n\r\n{}", response.body.size(), response.body);
        return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }

    bool has_ended() const
    {
        char byte = 0;
        return ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }

private:
    bool receive()
    {
        char block[4096];
        const ssize_t count =
            come_.size() < 2'000'000 ? ::recv(descriptor_, block, sizeof block, 0) : 0;
        if (count > 0)
            come_.append(block, static_cast<std::size_t>(count));
        return count > 0;
    }

    int descriptor_;
    std::string come_;
};

/// All that is about cosio: a request goes in, and a response comes out of another thread, perhaps much later.
void serve(int descriptor, sio::http_front& front)
{
    connection client{descriptor};
    while (std::optional<sio::http_request> request = client.read()) {
        const auto promise = std::make_shared<std::promise<sio::http_response>>();
        std::future<sio::http_response> response = promise->get_future();
        const sio::http_ticket ticket =
            front.answer(std::move(*request), [promise](sio::http_response answer) {
                promise->set_value(std::move(answer));
            });
        while (response.wait_for(100ms) != std::future_status::ready)
            if (client.has_ended()) {
                ticket.abandon();
                return;
            }
        if (!client.write(response.get()))
            return;
    }
}

/// The rest of that server.
class other_server
{
public:
    other_server(std::uint16_t port, sio::http_front& front)
    {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        const int on = 1;
        listener_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 64) != 0) {
            const int error = errno;
            ::close(listener_);
            throw std::system_error{
                error, std::system_category(), fmt::format("cannot listen on port {}", port)
            };
        }
        thread_ = std::thread{[this, &front] { accept(front); }};
    }

    ~other_server()
    {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        for (peer& one : peers_)
            ::shutdown(one.descriptor, SHUT_RDWR);
        for (peer& one : peers_) {
            one.thread.join();
            ::close(one.descriptor);
        }
        ::close(listener_);
    }

private:
    struct peer
    {
        int descriptor;
        std::thread thread;
    };

    void accept(sio::http_front& front)
    {
        for (int one = 0; (one = ::accept(listener_, nullptr, nullptr)) >= 0;)
            peers_.push_back({one, std::thread{[one, &front] {
                                  serve(one, front);
                                  ::shutdown(one, SHUT_RDWR);
                              }}});
    }

    int listener_ = -1;
    std::thread thread_;
    std::list<peer> peers_;
};

int main()
try {
    sio::runtime runtime;
    sio::server_options options;
    options.engine.allow_upgrades = false;  // this server has no WebSocket to offer
    sio::json_server io{runtime.home(), options};
    int count = 0;
    io.on("count", [&count](sio::ack<int> reply) { reply(++count); });

    sio::http_front front{runtime.home(), io};
    const std::uint16_t port = port_to_use();
    {
        const auto work = boost::asio::make_work_guard(runtime.context());
        std::optional<other_server> server{std::in_place, port, front};
        runtime.on_signal();
        std::cout << "listening on http://localhost:" << port << std::endl;
        runtime.run();
    }
} catch (const std::exception& error) {
    std::cerr << "14_other_http_server: " << error.what() << '\n';
    return 1;
}
