// SPDX-License-Identifier: BSL-1.0
// Z14: each allocation of a server fails once. What it costs is that connection; whoever comes then is served.
#include "support/check.hpp"
#include "support/poor_memory.hpp"

#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/server.hpp>
#include <cosio/transports/http_connector.hpp>

#include <fmt/format.h>

#include <deque>

using namespace cosio;
using namespace cosio::test;
using namespace std::chrono_literals;
using engine::transport_kind;

namespace {

/// A server on a shard of its own, whose allocations fail, and clients on another one, who have what they need.
struct poor_server
{
    explicit poor_server(server_options options = {}) : io{world.home(), with_heartbeat(options)}
    {
        io.on("double", [kept = witness](int n, ack<int> reply) { reply(2 * n); });
        io.on("bytes", [kept = witness](json_socket socket, binary bytes) {
            socket.emit("bytes", bytes);
        });
        io.on("everybody", [this, kept = witness](json_socket socket) {
            io.in("room").emit("said", std::string{socket.id()}, "to a room, at some length");
            socket.emit("double", 4, [kept](result<int>) {});
        });
        io.on("leave", [](json_socket socket) { socket.disconnect(); });
        io.on_connection([kept = witness](json_socket socket) {
            static_cast<void>(socket.join("room"));
            socket.on_disconnect([kept](close_reason) {});
        });
    }

    static server_options with_heartbeat(server_options options)
    {
        options.engine.ping_interval = 5s;
        options.engine.ping_timeout = 5s;
        options.on_handler_error = [](const handler_error&) {};
        return options;
    }

    std::unique_ptr<json_manager> client_over(const transport_list& transports)
    {
        client_options options;
        options.transports = transports;
        options.auto_connect = false;
        options.ack_timeout = 5s;
        shard& theirs = *world.shards()[1];
        auto network = make_http_connector(
            theirs,
            server_url::parse("http://chat"),
            std::make_unique<shard_dialer>(theirs, http, world.home(), ends),
            options
        );
        return std::make_unique<json_manager>(theirs, std::move(network), options);
    }

    /// All that the API offers within one connection, or two.
    void talk(json_manager& client)
    {
        const json_client_socket socket = client.socket();
        socket.on("double", [](int n, ack<int> reply) { reply(2 * n); });
        client.open();
        world.run_for(1s);
        socket.emit("double", 21, [](result<int>) {});
        socket.emit("bytes", binary{std::string_view{"bytes of some length, in an attachment"}});
        socket.emit("everybody");
        world.run_for(1s);
        const json_client_socket child = client.socket("/child");
        child.emit("double", 1);
        world.run_for(6s);  // a heartbeat
        socket.emit("leave");
        world.run_for(1s);
        socket.connect();
        world.run_for(1s);
    }

    /// Empty, or what does not hold after a failure.
    std::string what_is_wrong(json_manager& client)
    {
        world.run_for(1min);
        const auto late = client_over({transport_kind::polling, transport_kind::websocket});
        const json_client_socket socket = late->socket();
        int twice = 0;
        late->open();
        socket.emit("double", 21, [&](result<int> answer) { twice = answer ? *answer : -1; });
        world.run_until([&] { return twice != 0; }, 10s);
        if (twice != 42)
            return "who comes now is not served";
        const std::size_t here = client.socket().connected() ? 2 : 1;
        if (io.main().socket_count() != here)
            return fmt::format("{} sockets, not {}", io.main().socket_count(), here);
        if (const std::size_t members = io.main().sockets({"room"}).size(); members != here)
            return fmt::format("{} in the room, not {}", members, here);
        late->close();
        client.close();
        world.run_for(1min);
        if (io.clients_count() != 0 || io.main().socket_count() != 0)
            return fmt::format("{} sessions are left", io.clients_count());
        if (!io.main().sockets({"room"}).empty())
            return "a room is left";
        if (http.connection_count() != 0)
            return fmt::format("{} connections are left", http.connection_count());
        return "";
    }

    std::shared_ptr<int> witness = std::make_shared<int>(0);
    simulation world{1, 2};
    json_server io;
    http_server http{world.home(), {&io.engine()}, {}};
    kernel_streams ends;
};

/// The application decides by coroutines, and looks on.
void decide_by_coroutines(poor_server& on)
{
    on.io.use([](json_socket) -> task<verdict> { co_return accept(); });
    on.io.of([](std::string name, boost::json::value) -> task<bool> {
        co_return name == "/child";
    });
    on.io.main().on_connection([](json_socket socket) {
        socket.use([](std::string, arguments) -> task<verdict> { co_return accept(); });
        socket.on("double", [](int n, ack<int> reply) -> task<> {
            reply(2 * n);
            co_return;
        });
        socket.on_any([](std::string_view, const arguments&) {});
        socket.on_any_outgoing([](std::string_view, const arguments&) {});
    });
}

/// A handler that waits for all that can be waited for.
void wait_in_a_handler(poor_server& on)
{
    on.io.on("everybody", [&on, kept = on.witness](json_socket socket) -> task<> {
        auto asking = socket.emit_with_ack<int>(2s, "double", 4);
        static_cast<void>(co_await std::move(asking));
        auto hearing = socket.next<binary>(1s, "bytes");
        static_cast<void>(co_await std::move(hearing));
        auto writing = socket.conn().drained();
        static_cast<void>(co_await std::move(writing));
        auto counting = on.io.fetch_sockets();
        static_cast<void>(co_await std::move(counting));
    });
}

/// HTTP asks the application about each request, in functions and in coroutines.
server_options with_hooks()
{
    server_options options;
    engine_options& engine = options.engine;
    engine.middlewares.emplace_back([](const http_request&, header_fields& added) {
        added.append("x-first", "a text that no string keeps in itself");
        return std::optional<http_response>{};
    });
    engine.middlewares.emplace_back(
        [](const http_request&, header_fields& added) -> task<std::optional<http_response>> {
            added.append("x-second", "another text that no string keeps in itself");
            co_return std::nullopt;
        }
    );
    engine.allow_request = [](const http_request&) -> task<verdict> { co_return accept(); };
    engine.initial_headers = [](header_fields& fields, const http_request&) {
        fields.append("x-initial", "of the handshake, and of no other answer");
    };
    engine.headers = [](header_fields& fields, const http_request&) {
        fields.append("x-each", "of each answer, at some length");
    };
    return options;
}

/// Three clients in a room, and what they hear of three broadcasts.
std::string fail_a_broadcast(allocation_failure& at)
{
    poor_server on;

    struct member
    {
        std::unique_ptr<json_manager> client;
        int heard = 0;
        bool was_disconnected = false;
    };

    std::deque<member> members;
    for (const transport_list& transports : all_ways) {
        member& one = members.emplace_back(on.client_over(transports));
        one.client->socket().on("said", [&one](int, binary) { ++one.heard; });
        one.client->socket().on_disconnect([&one](close_reason) { one.was_disconnected = true; });
        one.client->open();
    }
    on.world.run_for(1s);
    int sent = 0;
    const emptied_cache nothing_is_kept;
    on.world.home().post([&] {
        at.arm([&] { return on.world.home().is_current(); });
        for (int i = 0; i < 3; ++i) {
            try {
                on.io.in("room").emit("said", i, binary{std::string_view{"an attachment"}});
                ++sent;
            } catch (const std::bad_alloc&) {  // whoever emits is told, and nobody has heard it
            }
        }
    });
    on.world.run_for(10s);
    at.disarm();
    for (const member& one : members)
        if (!one.was_disconnected && one.heard != sent)
            return fmt::format("{} of {} heard, and no end", one.heard, sent);
    for (const member& one : members)
        one.client->close();
    return on.what_is_wrong(*members.front().client);
}

std::string fail_everywhere(
    std::uint64_t least,
    const transport_list& transports,
    const server_options& options,
    const std::function<void(poor_server&, json_manager&)>& what
)
{
    return harm_of_allocations(least, [&](allocation_failure& at) -> std::string {
        poor_server on{options};
        const auto client = on.client_over(transports);
        const emptied_cache nothing_is_kept;
        at.arm([&] { return on.world.home().is_current(); });
        try {
            what(on, *client);
        } catch (const std::bad_alloc&) {
            return "it ended the thread of the server";
        }
        at.disarm();
        return on.what_is_wrong(*client);
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocation_failures)

BOOST_AUTO_TEST_CASE(Z14_at_each_allocation_of_a_server)
{
    for (const transport_list& transports : all_ways) {
        const std::string wrong =
            fail_everywhere(80, transports, {}, [](poor_server& on, json_manager& client) {
                on.talk(client);
            });
        CHECK(wrong == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(Z14_while_the_application_decides_by_coroutines)
{
    for (const transport_list& transports : all_ways) {
        const std::string wrong =
            fail_everywhere(180, transports, {}, [](poor_server& on, json_manager& client) {
                decide_by_coroutines(on);
                on.talk(client);
            });
        CHECK(wrong == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(Z14_while_a_handler_waits)
{
    for (const transport_list& transports : all_ways) {
        const std::string wrong =
            fail_everywhere(90, transports, {}, [](poor_server& on, json_manager& client) {
                wait_in_a_handler(on);
                on.talk(client);
            });
        CHECK(wrong == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(Z14_of_a_server_that_recovers_connections)
{
    server_options options;
    options.recovery.emplace();
    const std::string wrong = fail_everywhere(
        100,
        {transport_kind::websocket},
        options,
        [](poor_server& on, json_manager& client) { on.talk(client); }
    );
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z14_while_a_session_is_recovered)
{
    server_options options;
    options.recovery.emplace();
    for (const transport_list& transports : all_ways) {
        const std::string wrong =
            fail_everywhere(60, transports, options, [](poor_server& on, json_manager& client) {
                client.open();
                on.world.run_for(1s);
                for (kernel_stream& one : on.ends)
                    one.close();
                on.world.run();
                on.world.home().post([&] {
                    try {
                        on.io.in("room").emit("said", "while it was away", "at some length");
                    } catch (const std::bad_alloc&) {  // whoever emits is told
                    }
                });
                on.world.run_for(5s);
            });
        CHECK(wrong == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(Z14_while_the_application_decides_about_each_request)
{
    for (const transport_list& transports : all_ways) {
        const std::string wrong = fail_everywhere(
            60,
            transports,
            with_hooks(),
            [](poor_server& on, json_manager& client) {
                client.open();
                client.socket().emit("double", 21, [](result<int>) {});
                on.world.run_for(6s);
            }
        );
        CHECK(wrong == "", "over " << transports.size() << " transports");
    }
}

BOOST_AUTO_TEST_CASE(Z14_while_the_application_hears_of_rooms)
{
    const std::string wrong = fail_everywhere(
        120,
        {transport_kind::websocket},
        {},
        [](poor_server& on, json_manager& client) {
            on.io.main().on_room_event([](const room_event& what) {
                const std::string kept =
                    fmt::format("{} {}, at some length", what.room, what.socket);
                static_cast<void>(kept);
            });
            on.io.on_connection([](json_socket socket) {
                const std::string room = "a room with a name that no string keeps in itself";
                static_cast<void>(socket.join(room));
                socket.leave(room);
            });
            on.talk(client);
        }
    );
    CHECK(wrong == "");
}

BOOST_AUTO_TEST_CASE(Z14_a_broadcast_costs_the_one_that_it_cannot_be_kept_for)
{
    CHECK(harm_of_allocations(60, fail_a_broadcast) == "");
}

BOOST_AUTO_TEST_SUITE_END()
