// SPDX-License-Identifier: BSL-1.0
// A client of cosio's that does what its standard input says and tells what it hears, a JSON array in each line.
//   does:  ["emit", event, ...args]  ["ask", tag, event, ...args]  ["connect"]  ["disconnect"]
//   tells: ["connect", id, recovered, transport]  ["connect_error", text]  ["disconnect", reason]  ["upgrade", transport]
//          ["event", name, ...args]  ["answer", tag, ...args]  ["failed", tag, why]
// It ends with its input. driven_client.mjs is the other side.
#include <cosio/json.hpp>
#include <cosio/transports/network_connector.hpp>
#include <cosio/transports/runtime.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <unistd.h>

namespace {

namespace sio = cosio;
using namespace std::chrono_literals;
using boost::json::array;

void tell(const array& line)
{
    std::printf("%s\n", serialize(line).c_str());
    std::fflush(stdout);
}

void append(array& line, const array& values)
{
    line.insert(line.end(), values.begin(), values.end());
}

/// What follows the first `count` values of a command.
sio::arguments rest_of(const array& command, std::size_t count)
{
    sio::arguments rest;
    rest.values = array(command.begin() + count, command.end());
    return rest;
}

class driven_client
{
public:
    driven_client(sio::shard& home, std::string_view url, const sio::client_options& options)
        : input_{home.executor(), ::dup(STDIN_FILENO)},
          manager_{home, sio::make_network_connector(home, url, options), options}
    {
        socket_.on_connect([this] {
            tell({"connect", socket_.id(), socket_.recovered(), socket_.conn().transport_name()});
        });
        socket_.on_connect_error([](const std::string& text, const boost::json::value&) {
            tell({"connect_error", text});
        });
        socket_.on_disconnect([](sio::close_reason reason) {
            tell({"disconnect", to_string(reason)});
        });
        socket_.conn().on_upgrade([](std::string_view transport) { tell({"upgrade", transport}); });
        socket_.on_any([](std::string_view event, const sio::arguments& all) {
            array line{"event", event};
            append(line, all.values);
            tell(line);
        });
    }

    /// Until the input ends.
    sio::task<> run()
    {
        std::string lines;
        auto buffer = sio::asio::dynamic_buffer(lines);
        while (true) {
            auto reading = sio::asio::async_read_until(
                input_, buffer, '\n', sio::asio::as_tuple(sio::asio::deferred)
            );
            const auto outcome = co_await std::move(reading);
            if (std::get<0>(outcome))
                break;
            const std::size_t size = std::get<1>(outcome);
            perform(boost::json::parse(std::string_view{lines}.substr(0, size)).as_array());
            buffer.consume(size);
        }
        manager_.close();
    }

private:
    void perform(const array& command)
    {
        const std::string_view what = command.at(0).as_string();
        if (what == "emit")
            socket_.emit(command.at(1).as_string(), rest_of(command, 2));
        else if (what == "ask")
            ask(command.at(1), command.at(2).as_string(), rest_of(command, 3));
        else if (what == "connect")
            socket_.connect();
        else if (what == "disconnect")
            socket_.disconnect();
        else
            throw std::invalid_argument{"unknown command: " + serialize(command)};
    }

    void ask(const boost::json::value& tag, std::string_view event, const sio::arguments& args)
    {
        const auto hear = [tag](const sio::result<sio::arguments>& answer) {
            if (!answer) {
                tell({"failed", tag, answer.error().message()});
                return;
            }
            array line{"answer", tag};
            append(line, answer->values);
            tell(line);
        };
        socket_.emit(event, args, hear);
    }

    sio::asio::posix::stream_descriptor input_;
    sio::json_manager manager_;
    sio::json_client_socket socket_ = manager_.socket();
};

void run(const std::string& url, const sio::client_options& options)
{
    sio::runtime runtime;
    driven_client client{runtime.home(), url, options};
    sio::asio::co_spawn(
        runtime.home().executor(),
        client.run(),
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
    CLI::App app{"A client of cosio's that does what its standard input says"};
    std::string url;
    std::string transport = "upgrade";
    app.add_option("--url", url, "of the server")->required();
    app.add_option("--transport", transport, "polling, websocket or upgrade")
        ->check(CLI::IsMember({"polling", "websocket", "upgrade"}));
    try {
        app.parse(argc, argv);
        sio::client_options options;
        // A server that comes back is found at once.
        options.reconnection_delay = 10ms;
        options.reconnection_delay_max = 100ms;
        if (transport == "polling")
            options.transports = {sio::engine::transport_kind::polling};
        if (transport == "websocket")
            options.transports = {sio::engine::transport_kind::websocket};
        run(url, options);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cosio_driven_client: %s\n", error.what());
        return 1;
    }
    return 0;
}
