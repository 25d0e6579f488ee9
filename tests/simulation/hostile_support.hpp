// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/codec_cases.hpp"
#include "support/scripted_server.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/http_connector.hpp>

// A client of ours, and a server that the test plays.

namespace cosio::test {

using engine::transport_kind;

inline constexpr transport_kind both_transports[] = {
    transport_kind::polling, transport_kind::websocket
};

inline constexpr std::string_view good_open =
    R"(0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";

struct hostile_case
{
    explicit hostile_case(transport_kind over, client_options options = {})
        : hostile_case{std::vector{over}, std::move(options)}
    {}

    explicit hostile_case(const std::vector<transport_kind>& over, client_options options = {})
        : kind{over.front()}
    {
        options.transports = over;
        client = std::make_unique<json_manager>(
            world.home(),
            make_http_connector(
                world.home(), server_url::parse("http://chat.example"), server.dialer(), options
            ),
            options
        );
        client->on_reconnect_attempt([this](std::uint64_t) { attempts.push_back(world.now()); });
        socket = client->socket();
        socket.on_connect([this] { said("connect {}", socket.id()); });
        socket.on_connect_error([this](const std::string& message, const boost::json::value&) {
            said("connect_error {}", message);
        });
        socket.on_disconnect([this](close_reason reason, error_code why) {
            said("disconnect {}{}{}", to_string(reason), why ? ": " : "", why ? why.message() : "");
        });
        socket.on("x", [this](std::string text) { said("x {}", text); });
    }

    /// From the next session on the server is one that lets clients in.
    void mend()
    {
        server.answer = nullptr;
        server.endless.clear();
        server.hangs_up_after_answer = false;
        server.hangs_up_at_once = false;
        server.greeting = {std::string{good_open}, R"(40{"sid":"mended"})"};
    }

    /// The client has given this session up, waits before it tries again, and finds the server mended then.
    void check_it_comes_back()
    {
        CHECK(!client->is_open());
        CHECK(client->is_active());
        world.run_for(400ms);  // 1 s, and at most the half less
        CHECK(attempts.empty());
        mend();
        world.run_for(20s);
        CHECK(said.take() == "connect mended");
        CHECK(client->is_open());
        // Nothing is left of the sessions before: polling has one connection to read, and one to write.
        CHECK(server.open_connections() == (kind == transport_kind::polling ? 2 : 1));
    }

    /// Up to a socket that is in its namespace.
    void let_in()
    {
        server.greeting = {std::string{good_open}, R"(40{"sid":"first"})"};
        world.run();
        REQUIRE(said.take() == "connect first");
        static_cast<void>(server.heard());
    }

    /// What the application hears at once of what the server says now.
    [[nodiscard]] std::string told(std::string_view packet)
    {
        server.say(packet);
        world.run();
        return said.take();
    }

    transport_kind kind;
    simulation world;
    scripted_server server{world};
    journal said;
    std::vector<duration> attempts;  ///< when the client tried to come back
    std::unique_ptr<json_manager> client;
    json_client_socket socket;
};

}  // namespace cosio::test
