// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/all_ways.hpp"
#include "support/codec_cases.hpp"
#include "support/conversation_oracle.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>

#include <deque>

// A client and a server of ours, who talk while the network between them fails and the server is killed.

namespace cosio::test {

using engine::transport_kind;
inline constexpr std::string_view chat_host = "chat.example";

/// A socket of the client, and what is said of it.
struct tapped_socket
{
    tapped_socket(json_client_socket of, std::string_view name, bool retries, complaints& to)
        : socket{std::move(of)}, life{name, to}, kept{name, retries, false, to}
    {}

    json_client_socket socket;
    life_oracle life;
    delivery_oracle kept;
    std::string last_life;  // that it had when it emitted last
    bool wanted = true;     // the program wants it to be connected
};

class faulty_world
{
public:
    /// With `retries` the client does not talk but for what it keeps, which is sent until it is acknowledged.
    faulty_world(
        std::uint64_t seed, transport_list transports, std::optional<std::uint32_t> retries = {}
    )
        : world{seed}, retries_{retries.has_value()}
    {
        client_options options;
        options.transports = std::move(transports);
        options.handshake_timeout = handshake_timeout;
        options.ack_timeout = 3s;
        options.auto_connect = false;
        options.retries = retries;
        options.on_handler_error = [this](const handler_error& error) {
            broken.push_back(fmt::format("handler: {}", error.message));
        };
        client = std::make_unique<json_manager>(
            world.home(), network.connect_to("http://chat.example", options), options
        );
        join("/");
    }

    /// A socket that talks as soon as it is connected.
    tapped_socket& join(std::string_view nsp)
    {
        tapped_socket& made = sockets.emplace_back(client->socket(nsp), nsp, retries_, broken);
        made.socket.on_connect([this, &made, kept = witness] {
            made.life.connected();
            talk(made);
        });
        made.socket.on_connect_error(
            [&made, kept = witness](const std::string&, const boost::json::value&) {
                made.life.refused();
            }
        );
        made.socket.on_disconnect([&made, kept = witness](close_reason) {
            made.life.disconnected();
        });
        made.socket.on("down", [this, &made, kept = witness](std::uint64_t number) {
            made.life.hears();
            down.heard(made.socket.id(), number);
        });
        made.socket.on(
            "ask",
            [&made, kept = witness](std::uint64_t question, ack<std::uint64_t> to) {
                made.life.hears();
                to(question);
            }
        );
        return made;
    }

    /// Two events and a question.
    void talk(tapped_socket& by)
    {
        if (retries_)
            return;
        for (int i = 0; i < 2; ++i)
            emit(by);
        ask(by);
    }

    void emit(tapped_socket& by)
    {
        if (by.socket.connected())
            by.socket.emit("up", up.sends(by.socket.id()));
    }

    void ask(tapped_socket& by)
    {
        if (!by.socket.connected())
            return;
        const std::uint64_t question = questions.asks();
        by.socket.emit(
            "ask",
            question,
            [this, question, kept = witness](result<std::uint64_t> with) { settle(question, with); }
        );
    }

    /// An event that wants an answer, connected or not.
    void keep(tapped_socket& by)
    {
        const std::uint64_t question = questions.asks();
        by.socket.emit(
            "kept",
            by.kept.emits(),
            question,
            [this, question, kept = witness](result<std::uint64_t> with) {
                settle(question, with);
                if (!with && retries_)
                    broken.push_back("given up with tries left");
            }
        );
    }

    /// An event and a question for everybody who is there.
    void server_talks()
    {
        if (!server.is_up())
            return;
        for (const std::string_view nsp : {"/", "/chat"})
            for (const basic_socket<json>& one : server.server().of(nsp).sockets()) {
                one.emit("down", down.sends(one.id()));
                const std::uint64_t question = questions.asks();
                one.emit("ask", question, [this, question](result<std::uint64_t> with) {
                    settle(question, with);
                });
            }
    }

    /// The process ends without a word to anybody, and another one takes its place.
    void kill_server(duration absent)
    {
        ++kills_;
        server.crash_for(absent);
    }

    [[nodiscard]] bool all_connected() const
    {
        return std::ranges::all_of(sockets, [](const tapped_socket& one) {
            return one.socket.connected() == one.wanted;
        });
    }

    /// Faults are over: everybody comes back, and what is said then arrives whole.
    void check_it_heals()
    {
        std::uint64_t before = 0;
        do {
            before = disturbances();
            come_back();
            for (tapped_socket& one : sockets) {
                talk(one);
                one.last_life = one.socket.id();
                keep(one);
            }
            world.run_for(4s);
            if (retries_)
                world.run_until([this] { return all_delivered(); }, 2min);
        } while (disturbances() != before);  // the one that was planned came late
        for (const tapped_socket& one : sockets)
            if (one.socket.connected()) {
                up.check_complete(one.socket.id());
                down.check_complete(one.socket.id());
            }
        for (tapped_socket& one : sockets)
            if (retries_ || one.last_life == one.socket.id())  // else it went with its connection
                one.kept.check_complete();
    }

    /// Everything ends, and nothing is left.
    void check_it_ends()
    {
        client->close();
        world.run_for(1min);
        for (const tapped_socket& one : sockets)
            if (one.life.is_connected())
                broken.push_back("connected after the end");
        check_nothing_is_left();
    }

    /// What a client that is closed or destroyed must not leave behind.
    void check_nothing_is_left()
    {
        world.run_for(1min);
        questions.check_all_ended();
        if (network.streams() != 0)
            broken.push_back(fmt::format("{} streams are left", network.streams()));
        if (server.is_up() && server.server().clients_count() != 0)
            broken.push_back("sessions are left");
        if (server.is_up() && server.connection_count() != 0)
            broken.push_back("connections are left");
        if (!world.home().time().timers().empty())
            broken.push_back("timers are left");
        client.reset();
        sockets.clear();
        world.run();
        if (witness.use_count() != 1)
            broken.push_back("handlers are left");
    }

    static constexpr duration ping_interval = 2s;
    static constexpr duration ping_timeout = 2s;
    static constexpr duration handshake_timeout = 4s;
    static constexpr duration longest_absence = ping_interval + ping_timeout + 3 * 5s;

    complaints broken;
    event_oracle up{"up", broken};
    event_oracle down{"down", broken};
    answer_oracle questions{broken};
    std::shared_ptr<int> witness = std::make_shared<int>(0);
    simulation world;
    simulated_network network{world};
    simulated_host<json> server{
        world,
        network,
        std::string{chat_host},
        options_of_server(),
        [this](json_server& io) {
            for (const std::string_view nsp : {"/", "/chat"})
                io.of(nsp).on_connection([this](basic_socket<json> socket) { serve(socket); });
        }
    };
    std::unique_ptr<json_manager> client;
    std::deque<tapped_socket> sockets;

private:
    static server_options options_of_server()
    {
        server_options options;
        options.engine.ping_interval = ping_interval;
        options.engine.ping_timeout = ping_timeout;
        options.ack_timeout = 3s;
        return options;
    }

    void serve(const basic_socket<json>& socket)
    {
        socket.emit("down", down.sends(socket.id()));
        socket.on("up", [this, socket](std::uint64_t number) {
            up.heard(socket.id(), number);
            socket.emit("down", down.sends(socket.id()));
        });
        socket.on("ask", [](std::uint64_t question, ack<std::uint64_t> to) { to(question); });
        socket.on(
            "kept",
            [this, socket](std::uint64_t number, std::uint64_t question, ack<std::uint64_t> to) {
                for (tapped_socket& one : sockets)
                    if (one.socket.nsp_name() == socket.nsp_name())
                        one.kept.heard(socket.id(), number);
                to(question);
            }
        );
    }

    [[nodiscard]] bool all_delivered() const
    {
        return std::ranges::all_of(sockets, [](const tapped_socket& one) {
            return one.kept.is_complete();
        });
    }

    void settle(std::uint64_t question, const result<std::uint64_t>& with)
    {
        if (with)
            questions.answered(question, *with);
        else
            questions.failed(question);
    }

    void come_back()
    {
        world.run_until([this] { return server.is_up(); });
        // A connection may be dead already: then its heartbeat finds out.
        for (const duration passes : {duration::zero(), ping_interval + ping_timeout + 1s}) {
            world.run_for(passes);
            if (!world.run_until([this] { return all_connected(); }, longest_absence))
                broken.push_back("not connected again");
        }
    }

    [[nodiscard]] std::uint64_t disturbances() const noexcept { return network.failures + kills_; }

    std::uint64_t kills_ = 0;
    bool retries_;
};

}  // namespace cosio::test
