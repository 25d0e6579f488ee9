// SPDX-License-Identifier: BSL-1.0
// A shard of the application's own io_context.
#include "support/check.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/network_connector.hpp>
#include <cosio/transports/runtime.hpp>

#include <fmt/format.h>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

struct reminder final : timer_node
{
    void on_deadline(time_point) override {}
};

}  // namespace

BOOST_AUTO_TEST_SUITE(own_io_context)

BOOST_AUTO_TEST_CASE(it_has_nothing_to_do_once_no_deadline_is_left)
{
    asio::io_context context;
    shard& home = shard_of(context);
    reminder first;
    reminder second;
    home.time().arm(first, home.now() + 1h);
    home.time().arm(second, home.now() + 2h);
    context.poll();
    CHECK(!context.stopped());
    home.time().disarm(first);
    context.poll();
    CHECK(!context.stopped());
    home.time().disarm(second);
    context.poll();
    CHECK(context.stopped());

    home.time().arm(first, home.now() + 1h);
    context.restart();
    context.poll();
    CHECK(!context.stopped());
}

BOOST_AUTO_TEST_CASE(run_returns_when_server_and_client_are_gone)
{
    asio::io_context context;
    shard& home = shard_of(context);
    std::optional<json_server> io{home};
    listener_options where;
    where.address = "127.0.0.1";
    std::optional<listener> listening;
    listening.emplace(home, std::vector<engine_host*>{&io->engine()}, where);
    client_options patient;
    patient.handshake_timeout = 1h;
    patient.close_timeout = 1h;
    const std::string url = fmt::format("http://127.0.0.1:{}", listening->port());
    std::optional<json_manager> manager;
    manager.emplace(home, make_network_connector(home, url, patient), patient);
    const json_client_socket socket = manager->socket();
    while (!socket.connected())
        context.run_one();
    manager.reset();
    listening->close();
    io->close();
    context.run();
    CHECK(home.time().timers().empty());
}

BOOST_AUTO_TEST_SUITE_END()
