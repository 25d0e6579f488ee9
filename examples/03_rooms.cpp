// SPDX-License-Identifier: BSL-1.0
// Sockets join and leave rooms, and an event goes to everybody in a room, with or without its sender.
// Try it: connect two clients, socket.emit("join", "kitchen") on both, then socket.emit("say", "kitchen",
//         "Coffee?") on one; the other gets said("kitchen", "Coffee?"), and "shout" reaches both.
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>

namespace sio = cosio;

namespace {

void add_rooms(sio::json_server& io)
{
    // A handler of the server serves all sockets; the one that sent the event is a parameter.
    io.on("join", [&io](sio::json_socket socket, std::string room, sio::ack<std::size_t> reply) {
        if (room.empty() || room.size() > 32 || socket.rooms().size() > 10)
            return socket.disconnect();
        socket.join(room);
        socket.to(room).emit("joined", room, socket.id());
        reply(io.main().room_size(room));
    });
    io.on("leave", [](sio::json_socket socket, std::string room) {
        socket.leave(room);
        socket.to(room).emit("left", room, socket.id());
    });

    // From a socket: everybody in the room but itself. From the server: everybody in the room.
    io.on("say", [](sio::json_socket socket, std::string room, std::string text) {
        socket.to(room).emit("said", room, text);
    });
    io.on("shout", [&io](std::string room, std::string text) {
        io.to(room).emit("said", room, text);
    });

    // Every socket is in a room of its own id too; that makes a private message.
    io.on("whisper", [&io](sio::json_socket socket, std::string to, std::string text) {
        io.to(to).emit("whispered", socket.id(), text);
    });

    // Several rooms: each member once, and without those who are in `quiet`.
    io.on("announce", [&io](std::string text) {
        io.to("kitchen").to("garden").except("quiet").emit("announced", text);
    });

    // The rooms are still known while a socket goes.
    io.on_connection([](sio::json_socket socket) {
        socket.on_disconnecting([socket](sio::close_reason) {
            for (const std::string& room : socket.rooms())
                socket.to(room).emit("left", room, socket.id());
        });
    });
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    sio::json_server io{runtime.home()};
    add_rooms(io);

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "03_rooms: " << error.what() << '\n';
    return 1;
}
