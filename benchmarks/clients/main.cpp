// SPDX-License-Identifier: BSL-1.0
// Many of cosio's clients in one process on a server with the events of bench_events.hpp: what they cost themselves.
// compare/node_clients.mjs does the same with npm's.
#include "fleet.hpp"

#include <cosio/msgpack.hpp>

#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sys/resource.h>

namespace {

using namespace cosio::bench;

/// A client is a descriptor: as many as the system permits.
void permit_descriptors()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
    }
}

template <class Codec>
void run(const client_work& work)
{
    cosio::runtime runtime;
    client_fleet<Codec> fleet{runtime, work};
    const boost::json::object report = fleet.run();
    std::printf("%s\n", serialize(report).c_str());
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Many clients of cosio's in one process: what each message and each of them costs"
    };
    client_work work;
    std::string codec = "json";
    app.add_option("mode", work.mode, "echo, ack, broadcast or idle")
        ->required()
        ->check(CLI::IsMember({"echo", "ack", "broadcast", "idle"}));
    app.add_option("--url", work.url, "of the server")->required();
    app.add_option("--codec", codec, "json or msgpack")->check(CLI::IsMember({"json", "msgpack"}));
    app.add_option("--clients", work.clients, "how many")->check(CLI::Range(1, 100'000));
    app.add_option("--rate", work.rate, "emits with ack per second, of all")
        ->check(CLI::Range(1.0, 1e7));
    app.add_option("--seconds", work.seconds, "measured time")->check(CLI::Range(0.01, 86'400.0));
    app.add_option("--warmup", work.warmup, "work before that, in seconds")
        ->check(CLI::Range(0.0, 86'400.0));
    try {
        app.parse(argc, argv);
        permit_descriptors();
        codec == "json" ? run<cosio::json>(work) : run<cosio::msgpack>(work);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_clients: %s\n", error.what());
        return 1;
    }
    return 0;
}
