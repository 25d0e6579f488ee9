// SPDX-License-Identifier: BSL-1.0
// A middleware decides who may connect, by what the client sends as `auth`; each namespace has its own.
// Try it: io("http://localhost:3000/admin", { auth: { token: "s3cret" } }) is let in; without the token
//         socket.on("connect_error", error => console.log(error.message, error.data)) tells why not.
#include "port.hpp"

#include <cosio/json.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <iostream>
#include <map>

namespace sio = cosio;

namespace {

/// What the application knows of a socket; see data<session>() below.
struct session
{
    std::string user;
};

/// A real program compares digests, in constant time.
const std::map<std::string, std::string, std::less<>> users_by_token{
    {"s3cret", "ada"},
    {"hunter2", "bob"},
};

sio::verdict check_token(sio::json_socket socket)
{
    const auto found = users_by_token.find(socket.shake().auth("token"));
    if (found == users_by_token.end())
        return sio::reject("not authorized", boost::json::object{{"code", "E_TOKEN"}});
    socket.data<session>().user = found->second;
    return sio::accept();
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    sio::json_server io{runtime.home()};

    // Everybody may use the main namespace.
    io.on("who", [](sio::ack<std::string> reply) { reply("a guest"); });

    // Handlers of /admin only ever see sockets that the middleware has accepted.
    const sio::json_namespace admin = io.of("/admin");
    admin.use(check_token);
    admin.on("who", [](sio::json_socket socket, sio::ack<std::string> reply) {
        reply(socket.data<session>().user);
    });

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "06_middleware_auth: " << error.what() << '\n';
    return 1;
}
