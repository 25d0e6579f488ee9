// SPDX-License-Identifier: BSL-1.0
// A room of two whose network is cut: who stays hears of it after the heartbeat, who was away comes back by itself, and
// what was said meanwhile is there, because the server recovers connections. Run it; it needs no network.
#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>

#include <fmt/format.h>

#include <cstdio>

namespace sio = cosio;

using namespace std::chrono_literals;

namespace {

void greet(sio::json_server& io)
{
    io.on_connection([&io](sio::json_socket socket) {
        static_cast<void>(socket.join("room"));
        socket.on("say", [&io](std::string text) { io.in("room").emit("said", text); });
        socket.on_disconnect([&io](sio::close_reason) {
            io.in("room").emit("said", "(she is away)");
        });
    });
}

/// A client of that host, and a line for each thing that it hears.
struct person
{
    person(
        sio::simulation& in, sio::simulated_network& network, std::string called, const char* host
    )
        : world{&in},
          name{std::move(called)},
          manager{in.home(), network.connect_to(fmt::format("http://{}", host), {}), {}}
    {
        socket.on_connect([this] { tell(socket.recovered() ? "is back" : "is here"); });
        socket.on_disconnect([this](sio::close_reason why) { tell(to_string(why)); });
        socket.on("said", [this](std::string text) { tell(fmt::format("hears: {}", text)); });
    }

    void tell(std::string_view what)
    {
        ++lines;
        const double seconds = std::chrono::duration<double>(world->now()).count();
        std::puts(fmt::format("{:7.3f} s  {} {}", seconds, name, what).c_str());
    }

    sio::simulation* world;
    std::string name;
    sio::json_manager manager;
    sio::json_client_socket socket = manager.socket();
    int lines = 0;
};

}  // namespace

int main()
{
    sio::simulation world{1};
    sio::simulated_network network{world};
    sio::server_options options;
    options.recovery.emplace();
    sio::simulated_host<sio::json> chat{world, network, "chat", options, greet};
    chat.also_named("chat.far.away");
    person ada{world, network, "Ada", "chat"};
    person bob{world, network, "Bob", "chat.far.away"};
    world.run_for(1s);

    network.cut("chat.far.away");
    world.run_for(1min);  // a ping after 25 s, and 20 s for its pong
    ada.socket.emit("say", "Bob, are you there?");
    world.run_for(1min);
    network.heal("chat.far.away");
    const bool back = world.run_until([&] { return bob.socket.recovered(); }, 1min);
    world.run();
    return back && ada.lines == 3 && bob.lines == 5 ? 0 : 1;
}
