// SPDX-License-Identifier: BSL-1.0
// A server and its clients in a world where time is a number: the 45 s after which a dead client is noticed
// pass in no time, and the same way in every run. Try it: run it; it needs no network and ends by itself.
#include <cosio/json.hpp>
#include <cosio/transports/simulation.hpp>

#include <fmt/format.h>

#include <cstdio>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

/// Prints what happened, and when.
void tell(const sio::simulation& world, std::string_view what)
{
    const double seconds = std::chrono::duration<double>(world.now()).count();
    std::puts(fmt::format("{:7.3f} s  {}", seconds, what).c_str());
}

/// A client whose process hangs: it asks to be let in and never reads again, so no PING is answered.
std::unique_ptr<sio::transport> hanging_client(sio::simulation& world, sio::json_server& io)
{
    std::unique_ptr<sio::transport> link = world.connect(io);
    sio::outbox out;
    out.push(sio::make_text_frame("40"));  // Engine.IO message, Socket.IO CONNECT
    link->try_flush(out);
    return link;
}

}  // namespace

int main()
{
    sio::simulation world{1};
    bool noticed = false;
    std::optional<int> sum;

    sio::json_server io{world.home()};
    io.on("add", [](int a, int b, sio::ack<int> reply) { reply(a + b); });
    io.on_connection([&](sio::json_socket socket) {
        tell(world, fmt::format("server: {} is here", socket.id()));
        socket.on_disconnect([&, id = std::string{socket.id()}](sio::close_reason reason) {
            noticed = true;
            tell(world, fmt::format("server: {} is gone: {}", id, to_string(reason)));
        });
    });

    // Two clients of the same server, one of them healthy.
    const std::unique_ptr<sio::transport> hanging = hanging_client(world, io);
    sio::json_client client{world.home(), world.connect(io)};
    const sio::json_client_socket socket = client.socket();
    socket.on_connect([&] {
        socket.emit("add", 1, 2, [&](sio::result<int> answer) {
            sum = answer ? *answer : -1;
            tell(world, fmt::format("client: 1 + 2 = {}", *sum));
        });
    });
    world.run();

    // A PING goes out after 25 s, and there are 20 s to answer it.
    world.run_for(44'999ms);
    const bool too_early = noticed;
    tell(world, "test:   nobody has noticed yet");
    world.run_for(2ms);
    const bool in_time = noticed;

    world.run_for(10min);
    const bool alive = socket.connected();
    tell(world, "test:   the server closes");
    io.close();
    world.run();
    return sum == 3 && !too_early && in_time && alive ? 0 : 1;
}
