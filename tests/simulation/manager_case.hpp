// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "socketio_http.hpp"
#include "support/memory_dialer.hpp"

#include <cosio/transports/http_connector.hpp>

// A client of a manager and a server in one world, over HTTP.

namespace cosio::test {

using engine::transport_kind;

inline client_options over(std::vector<transport_kind> transports)
{
    client_options options;
    options.transports = std::move(transports);
    return options;
}

/// A server, a network, and clients in one world.
struct manager_case : http_case<json>
{
    explicit manager_case(server_options options = {}) : http_case{std::move(options)}
    {
        watch();
        io.on("x", [](basic_socket<json> socket, std::string text) { socket.emit("y", text); });
        io.on("sum", [](int a, int b, ack<int> reply) { reply(a + b); });
    }

    [[nodiscard]] std::unique_ptr<connector> network_of(const client_options& options)
    {
        return make_http_connector(
            world.home(),
            server_url::parse("http://chat.example"),
            std::make_unique<memory_dialer>(network),
            options
        );
    }

    [[nodiscard]] std::unique_ptr<json_manager> manager(const client_options& options)
    {
        return std::make_unique<json_manager>(world.home(), network_of(options), options);
    }

    memory_network network{&world.home(), &http};
    journal said;
};

/// Writes down what a socket hears.
inline void listen(manager_case& on, const json_client_socket& socket)
{
    socket.on_connect([&on, socket] {
        on.said("connect{}", socket.recovered() ? " recovered" : "");
    });
    socket.on_connect_error([&on](const std::string& message, const boost::json::value&) {
        on.said("connect_error {}", message);
    });
    socket.on_disconnect([&on](close_reason reason) { on.said("disconnect {}", to_string(reason)); }
    );
    socket.on("y", [&on](std::string text) { on.said("y {}", text); });
}

inline const std::vector<transport_kind> each_way[] = {
    {transport_kind::polling}, {transport_kind::websocket}
};

}  // namespace cosio::test
