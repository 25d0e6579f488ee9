// SPDX-License-Identifier: BSL-1.0
// A program of joins, leaves, broadcasts and departures on a server with clients (A28, A29, I16, I17): each client hears
// what a naive model says it hears, once and in order.
#include "fuzz.hpp"
#include "program.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/simulation.hpp>

#include <map>
#include <set>

using namespace cosio;

namespace {

constexpr std::size_t max_clients = 8;
constexpr std::size_t max_steps = 30;

using rooms = std::set<std::string>;

struct participant
{
    std::unique_ptr<json_client> client;
    json_client_socket near;
    json_socket far;
    bool present = true;
    rooms joined;
    std::vector<std::int64_t> expected;
    std::vector<std::int64_t> heard;
};

struct assembly
{
    explicit assembly(std::uint8_t seed) : world{seed}
    {
        io.on_connection([this](json_socket socket) {
            newest = socket;
            // Rooms and receivers change while a broadcast or another departure is at work.
            socket.on_disconnecting([this, socket](close_reason) {
                io.to("b").emit("noise", 1);
                socket.leave("a");
            });
            socket.on_disconnect([this](close_reason) { io.except("c").emit("noise", 2); });
        });
    }

    /// Runs `what` as a handler would.
    template <class F>
    void act(F what)
    {
        world.home().post(std::move(what));
        world.run();
    }

    void arrive()
    {
        if (all.size() == max_clients)
            return;
        auto& one = *all.emplace_back(std::make_unique<participant>());
        one.client = std::make_unique<json_client>(world.home(), world.connect(io));
        one.near = one.client->socket();
        one.near.on("x", [&one](std::int64_t number) { one.heard.push_back(number); });
        world.run();
        one.far = newest;
        fuzz::require(one.far.connected(), "a client that is not let in");
    }

    void compare()
    {
        world.run();
        std::map<std::string, std::size_t, std::less<>> sizes;
        std::size_t present = 0;
        for (const auto& one : all) {
            fuzz::require(one->heard == one->expected, "a client has heard something else");
            if (!one->present)
                continue;
            ++present;
            const std::vector<std::string> listed = one->far.rooms();
            rooms known{listed.begin(), listed.end()};
            fuzz::require(known.size() == listed.size(), "a room twice");
            fuzz::require(known.erase(std::string{one->far.id()}) == 1, "not in its own room");
            fuzz::require(known == one->joined, "other rooms");
            for (const std::string& room : one->joined)
                ++sizes[room];
        }
        fuzz::require(io.main().socket_count() == present, "another number of sockets");
        for (const char* room : {"a", "b", "c", "d"})
            fuzz::require(io.main().room_size(room) == sizes[room], "another size of a room");
    }

    simulation world;
    json_server io{world.home()};
    json_socket newest;
    std::vector<std::unique_ptr<participant>> all;
};

/// Bits name rooms; the socket's own of `all[0]` is among them.
rooms named(const assembly& on, std::size_t bits)
{
    rooms names;
    for (std::size_t i = 0; i < 4; ++i)
        if ((bits >> i) % 2 == 1)
            names.insert(std::string(1, static_cast<char>('a' + i)));
    if (bits >= 16 && !on.all.empty())
        names.insert(std::string{on.all.front()->far.id()});
    return names;
}

bool is_in(const participant& one, const rooms& names)
{
    return std::ranges::any_of(names, [&](const std::string& name) {
        return name == one.far.id() || one.joined.contains(name);
    });
}

/// A broadcast from the server, or from `sender`; what it must reach is written down.
void broadcast(assembly& on, fuzz::program& from, std::int64_t number)
{
    const rooms to = named(on, from.choice(32));
    const rooms except = named(on, from.choice(32));
    const std::size_t index = from.choice(2 * on.all.size());
    participant* const sender =
        index < on.all.size() && on.all[index]->present ? on.all[index].get() : nullptr;
    auto whom = sender ? sender->far.broadcast() : on.io.main().all();
    for (const std::string& room : to)
        whom = whom.to(room);
    for (const std::string& room : except)
        whom = whom.except(room);
    for (const auto& one : on.all)
        if (one->present && one.get() != sender && (to.empty() || is_in(*one, to)) &&
            !is_in(*one, except))
            one->expected.push_back(number);
    whom.emit("x", number);
}

void step(assembly& on, fuzz::program& from, std::int64_t number)
{
    const std::size_t what = from.choice(12);
    participant& one = *on.all[from.choice(on.all.size())];
    const std::string room(1, static_cast<char>('a' + from.choice(4)));
    if (what < 3) {
        if (one.present && !one.far.join(room))
            one.joined.insert(room);
    } else if (what < 5) {
        one.far.leave(room);
        one.joined.erase(room);
    } else if (what < 9) {
        broadcast(on, from, number);
    } else if (what == 9) {
        one.far.disconnect(from.choice(2) == 1);
        one.present = false;
        one.joined.clear();
    } else if (what == 10) {
        on.io.main().to(room).sockets_join("d");
        for (const auto& each : on.all)
            if (each->present && is_in(*each, {room}))
                each->joined.insert("d");
    } else {
        on.io.main().to(room).disconnect_sockets(from.choice(2) == 1);
        for (const auto& each : on.all)
            if (each->present && is_in(*each, {room})) {
                each->present = false;
                each->joined.clear();
            }
    }
}

/// The client goes by itself: what was emitted before has come by then.
void depart(assembly& on, participant& one)
{
    on.world.run();
    if (one.present)
        one.client->close();
    on.world.run();
    one.present = false;
    one.joined.clear();
}

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    assembly on{seed};
    program from{input};
    on.arrive();
    on.arrive();
    on.arrive();
    for (std::size_t steps = 0; !from.done() && steps < max_steps; ++steps) {
        const std::size_t what = from.choice(16);
        if (what == 0)
            on.arrive();
        else if (what == 1)
            depart(on, *on.all[from.choice(on.all.size())]);
        else
            on.act([&, what] {
                for (std::size_t i = 1; i < what; ++i)
                    step(on, from, static_cast<std::int64_t>(100 * steps + i));
            });
        on.compare();
    }
    for (const auto& one : on.all)
        depart(on, *one);
    on.compare();
    on.world.run_for(std::chrono::minutes{3});
    require(on.io.clients_count() == 0, "a session is left");
}
