// SPDX-License-Identifier: BSL-1.0
// The same server in MessagePack: only the names of the types change, and no text is escaped or parsed.
// Try it: io("http://localhost:3000", { parser: require("socket.io-msgpack-parser") }); then
//         socket.emit("measure", { sensor: "a", samples: [1, 2], raw: Buffer.alloc(4) }, console.log).
#include "port.hpp"

#include <cosio/msgpack.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/describe/class.hpp>

#include <iostream>
#include <numeric>

namespace sio = cosio;

namespace {

struct measurement
{
    std::string sensor;
    std::vector<double> samples;
    sio::binary raw;
};
BOOST_DESCRIBE_STRUCT(measurement, (), (sensor, samples, raw))

struct summary
{
    std::string sensor;
    double mean = 0;
    std::size_t raw_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(summary, (), (sensor, mean, raw_bytes))

summary summarise(const measurement& taken)
{
    const double sum = std::accumulate(taken.samples.begin(), taken.samples.end(), 0.0);
    return {
        .sensor = taken.sensor,
        .mean = taken.samples.empty() ? 0 : sum / static_cast<double>(taken.samples.size()),
        .raw_bytes = taken.raw.size()
    };
}

}  // namespace

int main()
try {
    sio::runtime runtime;
    sio::msgpack_server io{runtime.home()};

    io.on("measure", [](sio::msgpack_socket socket, measurement taken, sio::ack<summary> reply) {
        socket.broadcast().emit("measured", taken);
        reply(summarise(taken));
    });

    sio::listener listener{runtime.home(), io, {.port = port_to_use()}};
    runtime.on_signal();
    std::cout << "listening on http://localhost:" << listener.port() << std::endl;
    runtime.run();
} catch (const std::exception& error) {
    std::cerr << "10_msgpack: " << error.what() << '\n';
    return 1;
}
