// SPDX-License-Identifier: BSL-1.0
// features.md 4.1 "Data races": a client that many threads use.
#include "server_thread.hpp"

#include <cosio/transports/network_connector.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

constexpr int threads_count = 4;
constexpr int rounds = 200;

/// A client on a thread of its own.
struct client_thread
{
    explicit client_thread(const std::string& url, const client_options& options)
        : manager{
              std::in_place,
              runtime.home(),
              make_network_connector(runtime.home(), url, options),
              options
          }
    {
        socket = manager->socket();
    }

    void start()
    {
        thread = std::thread{[this] { runtime.run(); }};
    }

    ~client_thread()
    {
        std::promise<void> gone;
        runtime.home().post([&] {
            manager.reset();
            gone.set_value();
        });
        gone.get_future().wait();
        work.reset();
        thread.join();
    }

    cosio::runtime runtime;
    asio::executor_work_guard<asio::io_context::executor_type> work{runtime.home().executor()};
    std::optional<json_manager> manager;
    json_client_socket socket;
    std::thread thread;
};

template <class F>
void in_parallel(F what)
{
    std::vector<std::thread> all;
    for (int i = 0; i < threads_count; ++i)
        all.emplace_back([what, i] { what(i); });
    for (std::thread& one : all)
        one.join();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_threads)

BOOST_AUTO_TEST_CASE(events_and_questions_from_several_threads)
{
    server_thread server;
    std::array<std::vector<int>, threads_count> heard;  // touched by the server's thread
    server.on_server([&](json_server& io) {
        io.on("note", [&](std::size_t from, int number) { heard.at(from).push_back(number); });
    });
    client_thread client{server.url(), {}};
    client.start();
    std::array<int, threads_count> sums{};
    std::atomic<int> refused = 0;
    in_parallel([&](int self) {
        const auto at = static_cast<std::size_t>(self);
        for (int i = 0; i < rounds; ++i) {
            refused += client.socket.emit("note", self, i) == send_status::queued ? 0 : 1;
            if (i % 20 != 0)
                continue;
            auto asked = client.socket.emit_with_ack<int>(30s, "sum", i, self);
            const result<int> sum = std::move(asked)(asio::use_future).get();
            sums.at(at) += sum.value() - i - self;
        }
    });
    auto asked = client.socket.emit_with_ack<int>(30s, "sum", 1, 1);
    CHECK(std::move(asked)(asio::use_future).get().value() == 2);  // behind all the others
    server.on_server([&](json_server&) {
        for (const std::vector<int>& one : heard) {
            CHECK(one.size() == std::size_t{rounds});
            CHECK(std::ranges::is_sorted(one));
        }
    });
    CHECK((sums == std::array<int, threads_count>{}));
    CHECK(refused == 0);
}

BOOST_AUTO_TEST_CASE(what_may_be_asked_from_any_thread_while_the_connection_comes_and_goes)
{
    server_thread server;
    client_options options;
    options.reconnection_delay = 1ms;
    options.reconnection_stable_after = 0ms;
    client_thread client{server.url(), options};
    client.start();
    std::atomic<int> answered = 0;
    in_parallel([&](int self) {
        for (int i = 0; i < 50; ++i) {
            switch (self) {
            case 0: client.manager->close(); break;
            case 1: client.manager->open(); break;
            case 2: client.socket.disconnect(); break;
            default: client.socket.connect(); break;
            }
            static_cast<void>(client.socket.connected());
            static_cast<void>(client.socket.active());
            auto asked = client.socket.emit_with_ack<int>(5ms, "sum", i, self);
            answered += std::move(asked)(asio::use_future).get().has_value() ? 1 : 0;
        }
    });
    client.manager->open();
    client.socket.connect();
    auto asked = client.socket.emit_with_ack<int>(30s, "sum", 2, 2);
    CHECK(std::move(asked)(asio::use_future).get().value() == 4);
    BOOST_TEST_MESSAGE("answered " << answered);
}

BOOST_AUTO_TEST_SUITE_END()
