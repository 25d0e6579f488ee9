// SPDX-License-Identifier: BSL-1.0
// A client and a server that may say anything: answers, packets, frames and hang-ups, in virtual time. Each connection of
// a socket ends before the next (I19), each question is answered once (I13), nothing is left at the end (I24), and it
// makes no difference how the server's bytes are cut (I32).
#include "fuzz.hpp"
#include "program.hpp"
#include "support/scripted_server.hpp"

#include <cosio/json.hpp>
#include <cosio/manager.hpp>
#include <cosio/transports/http_connector.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

using namespace cosio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_steps = 100;

fuzz::milestone compared_to_the_end{"heard alike to the end"};
fuzz::milestone compared_until_torn{"heard alike until the server tears something"};
fuzz::milestone connected{"a socket connects"};
fuzz::milestone heard_event{"an event"};
fuzz::milestone got_answer{"an answer"};

client_options with_transports(std::uint8_t seed)
{
    using engine::transport_kind;
    client_options options;
    if (seed % 3 == 1)
        options.transports = {transport_kind::websocket};
    if (seed % 3 == 2)
        options.transports = {transport_kind::polling};
    options.with_credentials = seed % 2 == 0;
    if (seed % 5 == 0)
        options.retries = 2;
    options.ack_timeout = 5s;
    options.max_payload_bytes = 2'000;
    return options;
}

class conversation
{
public:
    conversation(std::uint8_t seed, std::size_t capacity)
        : server_{world_, capacity},
          options_{with_transports(seed)},
          manager_{std::make_unique<json_manager>(
              world_.home(),
              make_http_connector(
                  world_.home(),
                  server_url::parse("http://chat.example"),
                  server_.dialer(),
                  options_
              ),
              options_
          )}
    {
        watch(sockets_[0]);
        watch(sockets_[1]);
        server_.greeting = {std::string{opens[0]}, R"(40{"sid":"first"})"};
        world_.run();
    }

    void step(fuzz::program& from)
    {
        json_client_socket& socket = sockets_[from.choice(2)];
        switch (from.choice(16)) {
        case 0:
        case 1: server_.say(from.text()); break;
        case 2:
        case 3:
        case 4: server_.say(packet(from)); break;
        case 5: tear([&] { server_.say_raw(from.text()); }); break;
        case 6: greet(from); break;
        case 7: answer(from); break;
        case 8: server_.answer = nullptr; break;
        case 9: tear([&] { server_.hang_up(); }); break;
        case 10: server_.hangs_up_after_answer = from.choice(2) == 1; break;
        case 11: world_.run_for(100ms * from.byte()); break;
        case 12: act([&] { socket.emit("x", from.byte()); }); break;
        case 13: ask(socket); break;
        case 14: act([&] { socket.disconnect(); }); break;
        case 15: act([&] { socket.connect(); }); break;
        }
        world_.run();
    }

    void finish()
    {
        manager_->close();
        world_.run_for(5min);
        fuzz::require(!connected_[0] && !connected_[1], "a socket is still connected");
        manager_.reset();  // what is to be sent again waits so long
        world_.run();
        fuzz::require(answered_ == asked_, "a question without an answer");
        fuzz::require(server_.open_connections() == 0, "a connection is left");
    }

    /// What the application has seen of the first connection, until the server said something that belongs to no
    /// request, or hung up: when that is depends on how its bytes are cut. What the server goes on to say when its
    /// client has given a connection up is met by the next one, at another byte if its bytes are cut otherwise.
    [[nodiscard]] std::string said() const
    {
        return said_.substr(
            0, std::min({torn_at_, said_.find(" disconnect "), said_.find(" connect_error ")})
        );
    }

    [[nodiscard]] bool is_torn() const noexcept { return torn_at_ != std::string::npos; }

private:
    static constexpr std::string_view opens[] = {
        R"(0{"sid":"s","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000})",
        R"(0{"sid":"s","upgrades":[],"pingInterval":1000,"pingTimeout":1000,"maxPayload":10})",
        R"(0{"sid":"t","upgrades":["websocket","webtransport"],"pingInterval":300,"pingTimeout":200})"
    };

    void watch(const json_client_socket& socket)
    {
        const std::size_t index = socket.nsp_name() == "/" ? 0 : 1;
        socket.on_connect([this, index] {
            said_ += fmt::format("{} connect {}\n", index, sockets_[index].id());
            fuzz::require(!connected_[index], "connected twice");
            connected.reach();
            connected_[index] = true;
        });
        socket.on_disconnect([this, index](close_reason why) {
            said_ += fmt::format("{} disconnect {}\n", index, to_string(why));
            fuzz::require(connected_[index], "disconnected twice");
            connected_[index] = false;
        });
        socket.on_connect_error([this, index](const std::string& why, const boost::json::value&) {
            said_ += fmt::format("{} connect_error {}\n", index, why);
            fuzz::require(!connected_[index], "refused while it is connected");
        });
        socket.on("x", [this, index](arguments all) {
            said_ += fmt::format("{} x {}\n", index, all.values.size());
            fuzz::require(connected_[index], "an event of a socket that is not connected");
            heard_event.reach();
        });
        socket.on("question", [this, index](arguments all, ack<arguments> reply) {
            said_ += fmt::format("{} question {}\n", index, all.values.size());
            reply(all);
        });
    }

    /// What servers send, more or less.
    static std::string_view packet(fuzz::program& from)
    {
        constexpr std::string_view packets[] = {
            "2",
            "3probe",
            "1",
            "6",
            R"(40{"sid":"second","pid":"p"})",
            R"(40/x,{"sid":"other"})",
            "41",
            "41/x,",
            R"(44{"message":"no"})",
            R"(44/x,{"message":"no","data":1})",
            R"(42["x",1,"two"])",
            R"(42/x,["x",{"three":3}])",
            R"(421["question"])",
            R"(42/x,2["question",1])",
            R"(451-["x",{"_placeholder":true,"num":0}])",
            "b\x01\x02",
            "430[]",
            "431[1]",
            "432[]",
            "43/x,0[null]",
            R"(461-0[{"_placeholder":true,"num":0}])",
            R"(42["x","offset"])",
        };
        return packets[from.choice(std::size(packets))];
    }

    /// What every new session is told.
    void greet(fuzz::program& from)
    {
        const std::size_t which = from.choice(4);
        server_.greeting = {which < 3 ? std::string{opens[which]} : std::string{from.text()}};
        for (std::size_t left = from.choice(4); left > 0; --left)
            server_.greeting.emplace_back(packet(from));
    }

    /// How requests are answered, until it is changed: not for ever, since no time passes from one poll to the next.
    void answer(fuzz::program& from)
    {
        constexpr std::string_view heads[] = {
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /\r\n",
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n",
            "",
        };
        const std::string_view head = heads[from.choice(std::size(heads))];
        const std::string_view text = from.text();
        if (head.empty() || head.find("101") != head.npos)
            note_tear();
        std::string bytes{head};
        if (!head.empty() && head.find("chunked") != head.npos)
            bytes += fmt::format("\r\n{:x}\r\n{}\r\n0\r\n\r\n", text.size(), text);
        else if (!head.empty())
            bytes += fmt::format("Content-Length: {}\r\n\r\n{}", text.size(), text);
        else
            bytes += text;
        server_.answer = [bytes, left = 20](const http_request&) mutable {
            return left-- > 0 ? std::optional{bytes} : std::nullopt;
        };
    }

    template <class F>
    void tear(F what)
    {
        note_tear();
        what();
    }

    void note_tear() noexcept { torn_at_ = std::min(torn_at_, said_.size()); }

    /// As a handler would.
    template <class F>
    void act(F what)
    {
        world_.home().post(std::move(what));
        world_.run();
    }

    void ask(const json_client_socket& socket)
    {
        ++asked_;
        boost::asio::co_spawn(world_.home().executor(), question(socket), boost::asio::detached);
    }

    task<> question(json_client_socket socket)
    {
        const result<arguments> reply = co_await socket.emit_with_ack<arguments>(5s, "ask", 1);
        said_ += fmt::format("answer {}\n", reply ? "ok" : reply.error().message());
        if (reply)
            got_answer.reach();
        ++answered_;
    }

    std::array<bool, 2> connected_{};
    std::string said_;
    unsigned asked_ = 0;
    unsigned answered_ = 0;
    std::size_t torn_at_ = std::string::npos;  ///< what was seen before
    simulation world_;
    cosio::test::scripted_server server_;
    client_options options_;
    std::unique_ptr<json_manager> manager_;
    std::array<json_client_socket, 2> sockets_{manager_->socket(), manager_->socket("/x")};
};

}  // namespace

void fuzz::check(std::uint8_t seed, bytes_view input)
{
    const auto converse = [&](std::size_t capacity) {
        conversation one{seed, capacity};
        program from{input};
        for (std::size_t steps = 0; !from.done() && steps < max_steps; ++steps)
            one.step(from);
        const std::string said = one.said();
        if (!said.empty())
            (one.is_torn() ? compared_until_torn : compared_to_the_end).reach();
        one.finish();
        return said;
    };
    require(
        converse(4'096) == converse(1 + seed % 7), "another outcome when it comes in other parts"
    );
}
