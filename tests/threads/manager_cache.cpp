// SPDX-License-Identifier: BSL-1.0
// features.md 2.4: `multiplex` and `forceNew`.
#include "server_thread.hpp"

#include <cosio/transports/manager_cache.hpp>

using namespace cosio;
using namespace cosio::test;

namespace {

struct cache_case
{
    cache_case()
    {
        server.on_server([](json_server& at) {
            static_cast<void>(at.of("/a"));
            static_cast<void>(at.of("/b"));
        });
    }

    /// How many connections the server has when all of these are connected.
    std::size_t connections_of(std::initializer_list<json_client_socket> all)
    {
        const auto connected = [](const json_client_socket& one) { return one.connected(); };
        while (!std::ranges::all_of(all, connected))
            context.run_one();
        std::size_t count = 0;
        server.on_server([&](json_server& at) { count = at.clients_count(); });
        return count;
    }

    server_thread server;
    asio::io_context context{1};
    json_manager_cache io{shard_of(context)};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(manager_cache)

BOOST_FIXTURE_TEST_CASE(sockets_of_one_server_share_a_connection, cache_case)
{
    const json_client_socket a = io.socket(server.url("/a"));
    const json_client_socket b = io.socket(server.url("/b"));
    CHECK(io.size() == 1);
    CHECK(connections_of({a, b}) == 1);
}

BOOST_FIXTURE_TEST_CASE(two_of_one_namespace_do_not, cache_case)
{
    const json_client_socket first = io.socket(server.url("/a"));
    const json_client_socket second = io.socket(server.url("/a"));
    CHECK(io.size() == 2);
    CHECK(connections_of({first, second}) == 2);
    CHECK(first.id() != second.id());
}

BOOST_FIXTURE_TEST_CASE(nor_does_who_wants_to_be_alone, cache_case)
{
    const json_client_socket a = io.socket(server.url("/a"));
    const json_client_socket b = io.socket(server.url("/b"), nullptr, sharing::force_new);
    const json_client_socket main = io.socket(server.url());
    CHECK(io.size() == 2);
    CHECK(connections_of({a, b, main}) == 2);
}

BOOST_FIXTURE_TEST_CASE(other_servers_are_other_connections, cache_case)
{
    server_thread other;
    const json_client_socket a = io.socket(server.url("/a"));
    const json_client_socket far = io.socket(other.url());
    CHECK(io.size() == 2);
    CHECK(connections_of({a, far}) == 1);
    BOOST_CHECK_THROW(static_cast<void>(io.socket("nonsense")), std::invalid_argument);
    CHECK(io.size() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
