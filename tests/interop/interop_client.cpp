// SPDX-License-Identifier: BSL-1.0
// A client of cosio's that does what clients do with a server that keeps CONTRACT.md, and says line by line what came of
// it; client.mjs knows what it has to say.
#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>
#include <cosio/transports/network_connector.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>

namespace {

namespace sio = cosio;
using namespace std::chrono_literals;

void say(std::string_view line)
{
    std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
    std::fflush(stdout);
}

/// What a socket hears, kept until somebody asks for it.
class inbox
{
public:
    explicit inbox(sio::shard& home) : told_{home.executor()} {}

    void push(std::string what)
    {
        kept_.push_back(std::move(what));
        told_.notify();
    }

    sio::task<std::string> next()
    {
        while (kept_.empty())
            co_await told_.wait();
        std::string first = std::move(kept_.front());
        kept_.pop_front();
        co_return first;
    }

private:
    std::deque<std::string> kept_;
    sio::detail::wakeup told_;
};

template <class Codec>
class client_program
{
public:
    using socket = sio::basic_client_socket<Codec>;

    client_program(
        sio::shard& home,
        std::string_view url,
        const sio::network_options& network,
        sio::client_options options
    )
        : home_{&home},
          manager_{home, sio::make_network_connector(home, url, options, network), options},
          lifecycle_{home},
          events_{home}
    {
        listen(main_);
    }

    sio::task<> run()
    {
        const std::string first = co_await lifecycle_.next();
        say(first);
        if (!first.starts_with("connect /"))
            co_return;
        say(co_await events_.next());
        co_await values();
        co_await questions();
        co_await namespaces();
        co_await losses();
        manager_.close();
        say(co_await lifecycle_.next());
    }

private:
    void listen(const socket& of)
    {
        const std::string nsp{of.nsp_name()};
        of.on_connect([this, nsp] { lifecycle_.push("connect " + nsp); });
        of.on_connect_error([this,
                             nsp](const std::string& message, const boost::json::value& data) {
            lifecycle_.push("connect_error " + nsp + " " + message + " " + serialize(data));
        });
        of.on_disconnect([this, nsp](sio::close_reason reason) {
            lifecycle_.push("disconnect " + nsp + " " + std::string{to_string(reason)});
        });
        of.on("hello", [this](std::string, std::string name) { events_.push("hello " + name); });
        of.on("echo", [this](sio::arguments all) {
            events_.push("echo " + serialize(all.values));
        });
        of.on("bytes", [this](sio::binary bytes) {
            events_.push("bytes " + std::to_string(bytes.size()));
        });
        of.on("question", [](int a, int b, sio::ack<int> reply) { reply(a * b); });
        of.on("asked", [this](std::string, std::string outcome, sio::arguments values) {
            events_.push("asked " + outcome + " " + serialize(values.values));
        });
    }

    sio::task<> values()
    {
        main_.emit(
            "echo",
            1,
            -2.5,
            true,
            boost::json::value(nullptr),
            "é漢😀",
            boost::json::value(boost::json::array{1, "two"})
        );
        say(co_await events_.next());
        const std::string large(100'000, 'x');
        auto asking = main_.template emit_with_ack<std::string, sio::binary>(
            10s, "ack", large, sio::binary{std::string_view{"\0\1\2\xff", 4}}
        );
        const auto answer = co_await std::move(asking);
        if (!answer) {
            say("ack " + answer.error().message());
            co_return;
        }
        const auto& [text, bytes] = answer.value();
        say("ack " + std::to_string(text.size()) + " " + std::to_string(bytes.size()));
    }

    sio::task<> questions()
    {
        main_.emit("ask", 5000, 6, 7);
        say(co_await events_.next());
        auto asking = main_.template emit_with_ack<int>(50ms, "unheard");
        const auto answer = co_await std::move(asking);
        say("unheard " + (answer ? std::string{"answered"} : answer.error().message()));
    }

    sio::task<> namespaces()
    {
        socket custom = manager_.socket("/custom");
        listen(custom);
        say(co_await lifecycle_.next());
        say(co_await events_.next());
        socket unknown = manager_.socket("/unknown");
        listen(unknown);
        say(co_await lifecycle_.next());
        socket guarded = manager_.socket("/auth");
        listen(guarded);
        say(co_await lifecycle_.next());
        guarded.set_auth([] { return boost::json::value(boost::json::object{{"token", "secret"}}); }
        );
        guarded.connect();
        say(co_await lifecycle_.next());
        say(co_await events_.next());
        guarded.disconnect();
        say(co_await lifecycle_.next());
        custom.disconnect();
        say(co_await lifecycle_.next());
    }

    sio::task<> losses()
    {
        main_.emit("cut");
        say(co_await lifecycle_.next());
        say(co_await lifecycle_.next());
        say(co_await events_.next());
        main_.emit("echo", "back");
        say(co_await events_.next());
        main_.emit("kick", false);
        say(co_await lifecycle_.next());
        main_.connect();
        say(co_await lifecycle_.next());
        say(co_await events_.next());
    }

    sio::shard* home_;
    sio::basic_manager<Codec> manager_;
    socket main_ = manager_.socket();
    inbox lifecycle_;
    inbox events_;
};

template <class Codec>
void run(
    const std::string& url, const sio::network_options& network, const sio::client_options& options
)
{
    sio::runtime runtime;
    client_program<Codec> program{runtime.home(), url, network, options};
    sio::asio::co_spawn(
        runtime.home().executor(),
        program.run(),
        [&runtime](const std::exception_ptr& thrown) {
            runtime.stop();
            if (thrown)
                std::rethrow_exception(thrown);
        }
    );
    runtime.run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"A client of cosio's against a server that keeps CONTRACT.md"};
    std::string url;
    std::string codec = "json";
    std::string transport = "upgrade";
    sio::network_options network;
    app.add_option("--url", url, "of the server")->required();
    app.add_option("--ca", network.tls.ca_file, "PEM: who vouches for an https server");
    app.add_option("--codec", codec, "json or msgpack")->check(CLI::IsMember({"json", "msgpack"}));
    app.add_option("--transport", transport, "polling, websocket or upgrade")
        ->check(CLI::IsMember({"polling", "websocket", "upgrade"}));
    try {
        app.parse(argc, argv);
        sio::client_options options;
        options.reconnection_delay = 10ms;
        if (transport == "polling")
            options.transports = {sio::engine::transport_kind::polling};
        if (transport == "websocket")
            options.transports = {sio::engine::transport_kind::websocket};
        codec == "json" ? run<sio::json>(url, network, options)
                        : run<sio::msgpack>(url, network, options);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_interop_client: %s\n", error.what());
        return 1;
    }
    return 0;
}
