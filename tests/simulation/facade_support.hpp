// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/codec_cases.hpp"

#include <cosio/client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/serialize.hpp>

// Server and client of one codec in one world.

namespace cosio::test {

/// Lets coroutines wait until a test opens it; one waits at a time.
using gate = detail::wakeup;

/// A client of its own, that writes down how it comes and goes.
template <class Codec>
struct client_case
{
    client_case(
        simulation& world,
        basic_server<Codec>& io,
        journal& to,
        std::string_view name,
        client_options options = {}
    )
        : log{&to},
          client{world.home(), world.connect(io), reporting(to, name, std::move(options))},
          label{name}
    {}

    /// Writes down what becomes of a socket.
    basic_client_socket<Codec> watch(std::string_view nsp = "/", boost::json::value auth = nullptr)
    {
        const basic_client_socket<Codec> socket = client.socket(nsp, std::move(auth));
        const std::string who = fmt::format("{}{}", label, nsp == "/" ? "" : nsp);
        socket.on_connect([to = log, who] { to->note(who + " connected"); });
        socket.on_connect_error([to = log,
                                 who](const std::string& message, const boost::json::value& data) {
            (*to)("{} refused: {} {}", who, message, boost::json::serialize(data));
        });
        socket.on_disconnect([to = log, who](close_reason reason) {
            (*to)("{} disconnected: {}", who, to_string(reason));
        });
        return socket;
    }

    static client_options reporting(journal& to, std::string_view name, client_options options)
    {
        options.on_handler_error = [&to, who = std::string{name}](const handler_error& error) {
            to("{} error {}: {}", who, error.event, error.message);
        };
        return options;
    }

    journal* log;
    basic_client<Codec> client;
    std::string label;
};

/// A server, and what a test does on its shard.
template <class Codec>
struct facade_case : server_case<Codec>
{
    explicit facade_case(server_options options = {}) : server_case<Codec>{std::move(options)} {}

    /// Runs `act` on the shard, as a handler would, and what follows from it.
    template <class F>
    void act(F what)
    {
        this->world.home().post(std::move(what));
        this->world.run();
    }

    /// Runs a coroutine on the shard, that is no handler.
    void spawn(task<> what)
    {
        asio::co_spawn(this->world.home().executor(), std::move(what), asio::detached);
        this->world.run();
    }

    [[nodiscard]] std::string told()
    {
        this->world.run();
        return this->log.take();
    }
};

/// The same, and one client that is connected to the main namespace.
template <class Codec>
struct pair_case : facade_case<Codec>
{
    explicit pair_case(server_options options = {}, client_options with = {})
        : facade_case<Codec>{std::move(options)},
          client{this->world, this->io, this->log, "client", std::move(with)},
          near{client.client.socket()}
    {}

    /// Lets the client in, and gives the server's end.
    basic_socket<Codec> connect()
    {
        this->world.run();
        REQUIRE(near.connected());
        return this->io.main().sockets().at(0);
    }

    client_case<Codec> client;
    basic_client_socket<Codec> near;
};

/// A server that can be destroyed before its clients and handles.
template <class Codec>
struct doomed_case
{
    doomed_case()
    {
        server_options options;
        options.on_handler_error = [this](const handler_error& error) {
            log("error {}: {}", error.event, error.message);
        };
        io.emplace(world.home(), options);
        client.emplace(world, *io, log, "client");
        near = client->client.socket();
    }

    basic_socket<Codec> connect()
    {
        world.run();
        return io->main().sockets().at(0);
    }

    std::string told()
    {
        world.run();
        return log.take();
    }

    simulation world;
    journal log;
    std::optional<basic_server<Codec>> io;
    std::optional<client_case<Codec>> client;
    basic_client_socket<Codec> near;
};

/// The value, or what went wrong.
template <class T>
std::string text_of(const result<T>& answer)
{
    if (!answer)
        return answer.error().message();
    if constexpr (std::is_void_v<T>)
        return "ok";
    else
        return fmt::format("{}", *answer);
}

}  // namespace cosio::test
