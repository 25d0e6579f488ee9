// SPDX-License-Identifier: BSL-1.0
// A server that tells each second what it holds; flatness.mjs looks whether that grows.

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <malloc.h>
#include <numeric>
#include <span>
#include <vector>

namespace {

namespace sio = cosio;
namespace asio = sio::asio;
using namespace std::chrono_literals;

/// What an application can count of its own.
struct gauges
{
    std::atomic<std::size_t> asked = 0;     // acknowledgements that are awaited
    std::atomic<std::size_t> handlers = 0;  // coroutines under way
    std::atomic<std::size_t> joined = 0;    // sockets between their connection and their end
};

/// Counts as long as it lives.
class counted
{
public:
    explicit counted(std::atomic<std::size_t>& in) : in_{&in} { ++*in_; }

    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

    ~counted() { --*in_; }

private:
    std::atomic<std::size_t>* in_;
};

void serve(sio::json_server& io, gauges& held)
{
    io.on_connection([&held](sio::json_socket client) {
        ++held.joined;
        client.join("everybody");
        client.on_disconnect([&held](sio::close_reason) { --held.joined; });
    });
    io.on("echo", [](sio::json_socket client, sio::arguments all) { client.emit("echo", all); });
    io.on("join", [](sio::json_socket client, std::string room, sio::ack<> reply) {
        client.join(room);
        reply();
    });
    io.on("leave", [](sio::json_socket client, std::string room, sio::ack<> reply) {
        client.leave(room);
        reply();
    });
    io.on("news", [&io](std::string room, sio::arguments all) { io.to(room).emit("news", all); });
    const auto ask = [&held](sio::json_socket client, int number) -> sio::task<> {
        const counted handler{held.handlers};
        const counted question{held.asked};
        auto asking = client.emit_with_ack<int>(3s, "question", number);
        const sio::result<int> answer = co_await std::move(asking);
        client.emit("answered", number, answer.has_value());
    };
    io.on("ask", sio::unordered(ask));
}

/// Bytes that the allocator has handed out; 0 where nobody can tell.
std::size_t allocated_bytes()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0;
#else
    return mallinfo2().uordblks;
#endif
}

/// Each shard counts its own, a moment later; the sum of what they counted last.
std::size_t armed_timers(
    std::span<sio::shard* const> shards, std::vector<std::atomic<std::size_t>>& counts
)
{
    for (sio::shard* const one : shards)
        one->post([one, &count = counts[one->index()]] { count = one->time().timers().size(); });
    return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

sio::task<> tell(sio::json_server& io, const gauges& held, std::span<sio::shard* const> shards)
{
    asio::steady_timer tick{co_await asio::this_coro::executor};
    std::vector<std::atomic<std::size_t>> timers(shards.size());
    while (true) {
        tick.expires_after(1s);
        auto waiting = tick.async_wait(asio::as_tuple(asio::deferred));
        co_await std::move(waiting);
        auto listing = io.main().all_rooms();
        const std::vector<std::string> rooms = co_await std::move(listing);
        const boost::json::object line{
            {"sessions", io.clients_count()},
            {"sockets", io.main().socket_count()},
            {"joined", held.joined.load()},
            {"rooms", rooms.size()},
            {"asked", held.asked.load()},
            {"handlers", held.handlers.load()},
            {"timers", armed_timers(shards, timers)},
            {"allocated", allocated_bytes()}
        };
        std::printf("%s\n", serialize(line).c_str());
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"A server that tells what it holds"};
    std::uint16_t port = 3000;
    unsigned shards = 1;
    app.add_option("--port", port, "TCP port, 0 lets the system choose");
    app.add_option("--shards", shards, "threads, 0 for one per processor");
    try {
        app.parse(argc, argv);
        sio::runtime runtime{{.shards = shards}};
        sio::server_options options;
        options.engine.ping_interval = 2s;
        options.engine.ping_timeout = 4s;
        options.engine.upgrade_timeout = 2s;
        options.connect_timeout = 4s;
        sio::json_server io{runtime.shards(), options};
        gauges held;
        serve(io, held);
        sio::listener listener{runtime.shards(), io, {.port = port}};
        asio::co_spawn(runtime.home().executor(), tell(io, held, runtime.shards()), asio::detached);
        runtime.on_signal();
        std::printf("{\"listening\":%u}\n", listener.port());
        std::fflush(stdout);
        runtime.run();
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_flatness_server: %s\n", error.what());
        return 1;
    }
    return 0;
}
