// SPDX-License-Identifier: BSL-1.0
// One server on a thread for each processor: clients live on any of them, rooms span all.
// Try it: connect some clients, socket.emit("where", n => console.log(n)) tells each one's thread,
//         socket.emit("say", "hi") reaches all of them, socket.emit("census", n => ...) counts them.
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>

namespace sio = cosio;

namespace {

/// The number of the shard that runs now: a socket's handlers always run on the same one.
unsigned here(sio::runtime& runtime)
{
    for (sio::shard* const shard : runtime.shards())
        if (shard->is_current())
            return shard->index();
    return 0;
}

void add_handlers(sio::runtime& runtime, sio::json_server& io)
{
    io.on("where", [&runtime](sio::ack<unsigned> reply) { reply(here(runtime)); });

    // A broadcast is encoded once, and each other thread gets one message.
    io.on("say", [&io](std::string text) { io.emit("said", text); });

    // What belongs to a socket is touched by its own thread alone, so it needs no lock. Others ask:
    // sockets of all threads are handles here, and using one sends its thread a message.
    io.on("census", [&io](sio::ack<std::size_t> reply) -> sio::task<> {
        auto fetching = io.main().fetch_sockets();
        const std::vector<sio::json_socket> everybody = co_await std::move(fetching);
        for (const sio::json_socket& socket : everybody)
            socket.emit("counted", everybody.size());
        reply(everybody.size());
    });
}

}  // namespace

int main()
try {
    sio::runtime runtime{{.shards = 0}};
    sio::json_server io{runtime.shards()};
    add_handlers(runtime, io);

    sio::listener listener{runtime.shards(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "11_sharded: " << error.what() << '\n';
    return 1;
}
