// SPDX-License-Identifier: BSL-1.0
#include <cosio/json.hpp>
#include <cosio/transports/simulation.hpp>

#include <cstdio>

int main()
{
    cosio::simulation world;
    cosio::json_server io{world.home()};
    io.on("sum", [](int a, int b, cosio::ack<int> reply) { reply(a + b); });

    cosio::json_client client{world.home(), world.connect(io)};
    const cosio::json_client_socket socket = client.socket();
    int answer = 0;
    socket.on_connect([&] {
        socket.emit("sum", 20, 22, [&](cosio::result<int> sum) { answer = sum ? *sum : 0; });
    });
    world.run();
    std::printf("%d\n", answer);
    return answer == 42 ? 0 : 1;
}
