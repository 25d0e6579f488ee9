// SPDX-License-Identifier: BSL-1.0
// The server that load drivers measure.
#include "bench_events.hpp"
#include "self_signed.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/listener.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

namespace {

namespace sio = cosio;

struct settings
{
    std::uint16_t port = 3000;
    unsigned shards = 1;
    std::string codec = "json";
    bool tls = false;
    bool deflate = false;
    bool recovery = false;
    std::string certificate;
    std::string key;
};

sio::listener_options listening(const settings& chosen)
{
    sio::listener_options options;
    options.port = chosen.port;
    if (!chosen.tls)
        return options;
    sio::tls_options tls;
    if (chosen.certificate.empty()) {
        sio::bench::identity fresh = sio::bench::make_identity();
        tls.certificate_chain = std::move(fresh.certificate);
        tls.private_key = std::move(fresh.private_key);
    } else {
        tls.certificate_chain_file = chosen.certificate;
        tls.private_key_file = chosen.key;
    }
    options.tls = sio::tls_context::make(tls).value();
    return options;
}

/// At each SIGUSR1 one line: how many sessions there are, and how often each limit was reached.
template <class Codec>
class teller
{
public:
    teller(sio::runtime& runtime, const sio::basic_server<Codec>& io, const sio::listener& listener)
        : io_{&io}, listener_{&listener}, signals_{runtime.context(), SIGUSR1}
    {
        wait();
    }

private:
    void wait()
    {
        signals_.async_wait([this](const sio::error_code& ec, int) {
            if (ec)
                return;
            tell();
            wait();
        });
    }

    void tell() const
    {
        boost::json::object limits;
        for (int i = 1; i <= static_cast<int>(sio::limit::last); ++i) {
            const auto which = static_cast<sio::limit>(i);
            const auto count = io_->limits_reached()[which] + listener_->limits_reached()[which];
            if (count != 0)
                limits[sio::to_string(which)] = count;
        }
        const boost::json::object line{{"sessions", io_->clients_count()}, {"limits", limits}};
        std::printf("%s\n", serialize(line).c_str());
        std::fflush(stdout);
    }

    const sio::basic_server<Codec>* io_;
    const sio::listener* listener_;
    sio::asio::signal_set signals_;
};

template <class Codec>
void serve(const settings& chosen)
{
    sio::runtime runtime{{.shards = chosen.shards}};
    sio::server_options options;
    if (chosen.deflate)
        options.engine.websocket.deflate.emplace();
    if (chosen.recovery)
        options.recovery.emplace();
    sio::basic_server<Codec> io{runtime.shards(), options};
    sio::bench::answer_bench_events(io);
    sio::listener listener{runtime.shards(), io, listening(chosen)};
    const teller<Codec> telling{runtime, io, listener};
    runtime.on_signal();
    std::printf("listening on %s://localhost:%u\n", chosen.tls ? "https" : "http", listener.port());
    std::fflush(stdout);
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Socket.IO server for load drivers"};
    settings chosen;
    app.add_option("--port", chosen.port, "TCP port, 0 lets the system choose");
    app.add_option("--shards", chosen.shards, "threads, 0 for one per processor");
    app.add_option("--codec", chosen.codec, "json or msgpack")
        ->check(CLI::IsMember({"json", "msgpack"}));
    CLI::Option* const tls = app.add_flag(
        "--tls", chosen.tls, "https and wss, with a fresh self-signed certificate for localhost"
    );
    CLI::Option* const certificate =
        app.add_option("--certificate", chosen.certificate, "PEM file instead of a fresh one")
            ->needs(tls);
    CLI::Option* const key =
        app.add_option("--key", chosen.key, "PEM file of its private key")->needs(certificate);
    certificate->needs(key);
    app.add_flag("--deflate", chosen.deflate, "permessage-deflate with its default options");
    app.add_flag("--recovery", chosen.recovery, "connection state recovery");
    try {
        app.parse(argc, argv);
        chosen.codec == "json" ? serve<sio::json>(chosen) : serve<sio::msgpack>(chosen);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_bench_server: %s\n", error.what());
        return 1;
    }
    return 0;
}
