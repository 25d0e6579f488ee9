// SPDX-License-Identifier: BSL-1.0
// R16, Z18: a handler that computes for long keeps the clients of its own shard waiting, and nobody else.
#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/server.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>
#include <cosio/transports/simple_client.hpp>

#include <fmt/format.h>

#include <latch>
#include <optional>
#include <thread>
#include <utility>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;

namespace {

server_options with_a_fast_heartbeat()
{
    server_options options;
    options.engine.ping_interval = 20ms;
    return options;
}

/// A server on two shards, each on a thread of its own. Its connections live on them in turn.
class two_shards
{
public:
    two_shards()
    {
        io_.on("where", [this](ack<unsigned> reply) {
            reply(runtime_.shards()[1]->is_current() ? 1U : 0U);
        });
        io_.on("pinged", [](json_socket socket, ack<bool> reply) {
            reply(socket.conn().round_trip_time() > 0s);
        });
        io_.on("sum", [](int a, int b, ack<int> reply) { reply(a + b); });
        io_.on("compute", [this] {
            begun.count_down();
            returns_.wait();
        });
        listener_.emplace(runtime_.shards(), io_, listener_options{.address = "127.0.0.1"});
        port_ = listener_->port();
        thread_ = std::thread{[this] { runtime_.run(); }};
    }

    two_shards(const two_shards&) = delete;
    two_shards& operator=(const two_shards&) = delete;

    ~two_shards()
    {
        let_return();
        runtime_.stop();
        thread_.join();
    }

    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

    /// The handler that computes has come to its end.
    void let_return()
    {
        if (!std::exchange(has_returned_, true))
            returns_.count_down();
    }

    std::latch begun{1};  ///< a handler computes

private:
    std::latch returns_{1};
    bool has_returned_ = false;
    runtime runtime_{{.shards = 2}};
    json_server io_{runtime_.shards(), with_a_fast_heartbeat()};
    std::optional<listener> listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

client_options over_websocket()
{
    client_options options;
    options.transports = {engine::transport_kind::websocket};
    return options;
}

/// Asks a hundred questions, and goes on until its heart has beaten.
void check_is_served(json_simple_client& who)
{
    for (int i = 0; i < 100; ++i)
        CHECK(who.call<int>(30s, "sum", i, 1).value() == i + 1);
    bool pinged = false;
    for (int i = 0; i < 1'000'000 && !pinged; ++i)
        pinged = who.call<bool>(30s, "pinged").value();
    CHECK(pinged);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(blocked_shard)

BOOST_AUTO_TEST_CASE(r16_z18_a_handler_that_computes_for_long_keeps_no_other_shard_waiting)
{
    two_shards server;
    json_simple_client early{over_websocket()};
    json_simple_client busy{over_websocket()};
    json_simple_client late{over_websocket()};
    REQUIRE(early.connect(server.url()) == error_code{});
    REQUIRE(busy.connect(server.url()) == error_code{});
    CHECK(early.call<unsigned>(30s, "where").value() == 0);
    CHECK(busy.call<unsigned>(30s, "where").value() == 1);
    CHECK(busy.emit("compute") == error_code{});
    server.begun.wait();
    check_is_served(early);
    REQUIRE(late.connect(server.url()) == error_code{});
    CHECK(late.call<unsigned>(30s, "where").value() == 0);
    check_is_served(late);
    CHECK(busy.call<int>(0s, "sum", 1, 2).error() == errc::timeout);
    server.let_return();
    CHECK(busy.call<int>(30s, "sum", 3, 4).value() == 7);
    check_is_served(busy);
    CHECK(early.call<int>(30s, "sum", 5, 6).value() == 11);
}

BOOST_AUTO_TEST_SUITE_END()
