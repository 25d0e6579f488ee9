// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <future>
#include <memory>
#include <thread>

namespace cosio::test {

/// A server on a thread of its own, until it is stopped or destroyed.
class server_thread
{
public:
    /// `port` 0: any that is free.
    explicit server_thread(std::uint16_t port = 0)
    {
        io_.on("sum", [](int a, int b, ack<int> reply) { reply(a + b); });
        io_.on("echo", [](json_socket socket, arguments all) { socket.emit("echo", all); });
        io_.of("/refuses").use([](json_socket) { return reject("not today"); });
        listener_.emplace(
            runtime_.shards(), io_, listener_options{.address = "127.0.0.1", .port = port}
        );
        port_ = listener_->port();
        thread_ = std::thread{[this] { runtime_.run(); }};
    }

    ~server_thread() { stop(); }

    void stop()
    {
        if (!thread_.joinable())
            return;
        runtime_.stop();
        thread_.join();
    }

    [[nodiscard]] std::string url(std::string_view nsp = "") const
    {
        return fmt::format("http://127.0.0.1:{}{}", port_, nsp);
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Runs `what` on the server's thread, and waits for it.
    template <class F>
    void on_server(F what)
    {
        std::promise<void> done;
        runtime_.home().post([&] {
            what(io_);
            done.set_value();
        });
        done.get_future().wait();
    }

private:
    runtime runtime_;
    json_server io_{runtime_.shards()};
    std::optional<listener> listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace cosio::test
