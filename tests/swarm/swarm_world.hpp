// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "milestones.hpp"
#include "plan.hpp"
#include "support/conversation_oracle.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/simulated_host.hpp>

#include <deque>
#include <map>
#include <memory>
#include <set>

// A server and its clients, and taps wherever they are told or tell something. What the applications may rely on is
// checked by the oracles; what a plan does to them is program.hpp's business.

namespace cosio::test {

using namespace std::chrono_literals;

inline constexpr std::string_view chat = "chat";
inline constexpr duration ping_interval = 2s;
inline constexpr duration ping_timeout = 2s;
inline constexpr duration reconnection_delay_max = 5s;

/// A socket of a client, and what is said of it.
template <class Codec>
struct client_tap
{
    client_tap(basic_client_socket<Codec> of, std::string called, bool with_retries, complaints& to)
        : socket{std::move(of)},
          name{std::move(called)},
          retries{with_retries},
          life{name, to},
          kept{name, with_retries, to}
    {}

    basic_client_socket<Codec> socket;
    std::string name;
    bool retries;
    life_oracle life;
    delivery_oracle kept;
    std::string epoch;      // of this life
    std::string last_life;  // its epoch when it emitted last in peace
    bool wanted = true;     // the plan wants it to be connected
};

/// A socket of the server, from its connection to its end.
template <class Codec>
struct server_tap
{
    server_tap(basic_socket<Codec> of, complaints& to)
        : socket{std::move(of)},
          nsp{socket.nsp_name()},
          id{socket.id()},
          life{fmt::format("server's {} {}", nsp, id), to}
    {}

    basic_socket<Codec> socket;
    std::string nsp;
    std::string id;
    life_oracle life;
    std::set<std::string> rooms;
};

template <class Codec>
class swarm_world
{
public:
    using socket_key = std::pair<std::string, std::string>;  // namespace and id
    using server_tap_ptr = std::shared_ptr<server_tap<Codec>>;

    struct one_client
    {
        std::size_t number;
        std::unique_ptr<basic_manager<Codec>> manager;
        std::deque<client_tap<Codec>> taps;
    };

    explicit swarm_world(const plan& of)
        : world{of.seed, of.shards},
          is_recovering{of.recovery},
          options_{options_of(of)},
          proxy{world, network, "proxy", std::string{chat}, of.proxy}
    {
        network.quality = of.quality;
        host.also_named("calm");
        for (const client_plan& one : of.clients)
            add_client(one);
        if (of.shards > 1)
            reach(milestone::several_shards);
    }

    // --- what can be done to it ---

    /// Two events, one with an attachment, and a question.
    void talk(client_tap<Codec>& by)
    {
        if (by.retries || !by.socket.connected())
            return;
        by.socket.emit("up", by.epoch, up.sends(by.epoch));
        const binary attachment{std::string_view{"\x01\x02"}};
        by.socket.emit("up with attachment", by.epoch, up.sends(by.epoch), attachment);
        const std::uint64_t question = questions.asks();
        by.socket.emit("ask", question, [this, question](result<std::uint64_t> with) {
            settle(question, with);
        });
    }

    /// An event that wants an answer, connected or not.
    void keep(client_tap<Codec>& by)
    {
        const std::uint64_t question = questions.asks();
        by.socket.emit(
            "kept",
            by.name,
            by.kept.emits(),
            question,
            [this, question, retries = by.retries](result<std::uint64_t> with) {
                settle(question, with);
                if (!with && retries && !ending)
                    broken.push_back("given up with tries left");
            }
        );
    }

    void say_volatile(client_tap<Codec>& by)
    {
        if (!by.retries && by.socket.connected())
            by.socket.emit_volatile("volatile", by.epoch, said.sends());
    }

    void greet(server_tap<Codec>& one)
    {
        if (!one.socket.connected())
            return;
        const std::uint64_t number = down.sends(one.id);
        world.note("server", fmt::format("greets {} {} with #{}", one.nsp, one.id, number));
        one.socket.emit("down", number);
        const std::uint64_t question = questions.asks();
        one.socket.emit("ask", question, [this, question](result<std::uint64_t> with) {
            settle(question, with);
        });
    }

    /// To a room, or to all; without the members of another one, or of none.
    void tell(const std::string& nsp, const std::string& room, const std::string& except)
    {
        const std::uint64_t number = down.next();
        world.note("server", fmt::format("tells {} {} without {}: #{}", nsp, room, except, number));
        const auto is_meant = [&](const std::set<std::string>& rooms) {
            return (room.empty() || rooms.contains(room)) && !rooms.contains(except);
        };
        for (const auto& [key, one] : present)
            if (key.first == nsp && is_meant(one->rooms))
                down.sends(one->id, number);
            else if (key.first == nsp && one->rooms.contains(except))
                reach(milestone::room_left_out);
        for (const auto& [key, rooms] : away)
            if (key.first == nsp && is_meant(rooms))
                down.sends(key.second, number);
        broadcast_operator<Codec> to = host.server().of(nsp).all();
        if (!room.empty())
            to = to.in(room);
        if (!except.empty())
            to = to.except(except);
        to.emit("down", number);
    }

    void ask_all(const std::string& nsp)
    {
        const std::uint64_t question = questions.asks();
        std::size_t members = 0;
        for (const auto& [key, one] : present)
            members += key.first == nsp ? 1 : 0;
        host.server().of(nsp).all().timeout(2s).emit(
            "ask",
            question,
            [this, question, members](const broadcast_replies<std::uint64_t>& all) {
                check_replies(question, members, all);
            }
        );
    }

    void crash_for(duration absent)
    {
        disturbed_at = world.now();
        if (host.is_up() && !present.empty())
            reach(milestone::crashed_with_clients);
        host.crash_for(absent);
        for (const auto& [key, one] : present)
            one->life.ends_unheard();
        present.clear();
        away.clear();
    }

    // --- what must hold in the end ---

    [[nodiscard]] bool all_connected() const
    {
        return std::ranges::all_of(clients, [](const one_client& one) {
            return std::ranges::all_of(one.taps, [](const client_tap<Codec>& tap) {
                return tap.socket.connected() == tap.wanted;
            });
        });
    }

    /// I16: the rooms are those of the model.
    void check_rooms()
    {
        for (const auto& [key, one] : present) {
            std::set<std::string> rooms;
            for (std::string& name : one->socket.rooms())
                rooms.insert(std::move(name));
            std::set<std::string> wanted = one->rooms;
            wanted.insert(one->id);
            if (rooms != wanted)
                broken.push_back(fmt::format(
                    "{} {} is in {} and not in {}",
                    key.first,
                    key.second,
                    fmt::join(rooms, " "),
                    fmt::join(wanted, " ")
                ));
        }
        for (const char* nsp : {"/", "/chat"}) {
            std::size_t members = 0;
            for (const auto& [key, one] : present)
                members += key.first == nsp ? 1 : 0;
            if (const std::size_t seen = host.server().of(nsp).socket_count(); seen != members)
                broken.push_back(fmt::format("{} has {} sockets and not {}", nsp, seen, members));
        }
    }

    /// Everything is over: nothing is left (I24, I25).
    void check_nothing_is_left()
    {
        questions.check_all_ended();
        if (network.streams() != 0)
            broken.push_back(fmt::format("{} streams are left", network.streams()));
        if (host.is_up() && host.server().clients_count() != 0)
            broken.push_back("sessions are left");
        if (host.is_up() && host.connection_count() != 0)
            broken.push_back("connections are left");
        if (!present.empty())
            broken.push_back("sockets of the server are left");
        for (shard* const one : world.shards())
            if (!one->time().timers().empty())
                broken.push_back("timers are left");
    }

    void reach(milestone what) noexcept { ++reached[static_cast<std::size_t>(what)]; }

    milestone_counts reached = {};
    complaints broken;
    event_oracle up{"up", broken};
    event_oracle down{"down", broken};
    volatile_oracle said{"volatile", broken};
    answer_oracle questions{broken};
    std::map<socket_key, server_tap_ptr> present;
    std::map<socket_key, std::set<std::string>> away;  // who may be recovered, and their rooms
    std::set<std::string> ids;                         // that sockets ever had
    duration disturbed_at = -1h;                       // the server ended
    duration frozen = {};                              // altogether
    duration frozen_at = -1h;                          // at last
    bool ending = false;
    std::shared_ptr<int> witness = std::make_shared<int>(0);

    simulation world;
    simulated_network network{world};
    bool is_recovering;

private:
    server_options options_;

public:
    simulated_host<Codec> host{
        world,
        network,
        std::string{chat},
        options_,
        [this](basic_server<Codec>& io) {
            for (const char* nsp : {"/", "/chat"})
                io.of(nsp).on_connection([this](basic_socket<Codec> socket) { serve(socket); });
            io.of("/calm").on("ask", [](std::uint64_t question, ack<std::uint64_t> to) {
                to(question);
            });
            io.of(name_pattern{"^/room-[0-9]+$"}).on_connection([this](basic_socket<Codec> socket) {
                serve(socket);
            });
        }
    };
    simulated_proxy proxy;
    std::deque<one_client> clients;

private:
    [[nodiscard]] server_options options_of(const plan& of)
    {
        server_options options;
        options.engine.ping_interval = ping_interval;
        options.engine.ping_timeout = ping_timeout;
        options.ack_timeout = 3s;
        options.cleanup_empty_child_namespaces = of.cleanup_of_namespaces;
        if (of.recovery)
            options.recovery = recovery_options{.max_disconnection_duration = 10s};
        options.on_handler_error = [this](const handler_error&) {
            reach(milestone::handler_threw);
        };
        return options;
    }

    void add_client(const client_plan& of)
    {
        client_options options;
        options.transports = of.transports;
        options.handshake_timeout = 4s;
        options.ack_timeout = 3s;
        options.auto_connect = false;
        options.reconnection_delay_max = reconnection_delay_max;
        if (of.retries)
            options.retries = 1'000'000;
        options.on_handler_error = [this](const handler_error& error) {
            broken.push_back(fmt::format("a client's handler: {}", error.message));
        };
        one_client& made = clients.emplace_back();
        made.number = of.number;
        made.manager = std::make_unique<basic_manager<Codec>>(
            world.home(),
            network.connect_to(of.through_proxy ? "http://proxy" : "http://chat", options),
            options
        );
        for (const std::string& nsp : of.namespaces)
            tap(made.taps.emplace_back(
                made.manager->socket(nsp), fmt::format("{} {}", of.number, nsp), of.retries, broken
            ));
    }

    void tap(client_tap<Codec>& made)
    {
        made.socket.on_connect([this, &made, kept = witness] {
            made.life.connected();
            world.note(
                made.name,
                fmt::format("is {}{}", made.socket.id(), made.socket.recovered() ? " again" : "")
            );
            made.epoch = fmt::format("{} life {}", made.name, made.life.lives());
            if (made.socket.recovered())
                reach(milestone::recovered);
            talk(made);
        });
        made.socket.on_connect_error(
            [&made, kept = witness](const std::string&, const boost::json::value&) {
                made.life.refused();
            }
        );
        made.socket.on_disconnect([this, &made, kept = witness](close_reason reason) {
            made.life.disconnected();
            world.note(made.name, to_string(reason));
            if (reason == close_reason::io_server_disconnect)
                made.wanted = false;  // it does not come back by itself
        });
        made.socket.on("down", [this, &made, kept = witness](std::uint64_t number) {
            made.life.hears();
            world.note(made.name, fmt::format("hears #{}", number));
            down.heard(made.socket.id(), number);
            reach(milestone::event_down);
        });
        made.socket.on(
            "ask",
            [&made, kept = witness](std::uint64_t question, ack<std::uint64_t> to) {
                made.life.hears();
                to(question);
            }
        );
    }

    void serve(const basic_socket<Codec>& socket)
    {
        const auto tap = std::make_shared<server_tap<Codec>>(socket, broken);
        const socket_key key{tap->nsp, tap->id};
        tap->life.connected();
        world.note(
            "server",
            fmt::format("{} {} is here{}", tap->nsp, tap->id, socket.recovered() ? " again" : "")
        );
        const auto before = away.extract(key);
        if (socket.recovered() && before.empty())
            broken.push_back(fmt::format("{} {} is recovered twice", tap->nsp, tap->id));
        if (socket.recovered() && !before.empty())
            tap->rooms = before.mapped();
        else if (!ids.insert(tap->nsp + tap->id).second)
            broken.push_back(fmt::format("{} {} is no new id", tap->nsp, tap->id));
        if (is_recovering && !socket.recovered() && !away.empty())
            reach(milestone::recovery_refused);
        if (!present.emplace(key, tap).second)
            broken.push_back(fmt::format("{} {} is there twice", tap->nsp, tap->id));
        reach(
            socket.transport_name() == "polling" ? milestone::connected_by_polling
                                                 : milestone::connected_by_websocket
        );
        hear(tap);
        greet(*tap);
    }

    void hear(const server_tap_ptr& tap)
    {
        const basic_socket<Codec>& socket = tap->socket;
        socket.on("up", [this, tap](const std::string& epoch, std::uint64_t number) {
            heard_up(*tap, epoch, number);
            reach(milestone::event_up);
        });
        socket.on(
            "up with attachment",
            [this, tap](const std::string& epoch, std::uint64_t number, const binary& what) {
                heard_up(*tap, epoch, number);
                if (what.size() != 2)
                    broken.push_back("an attachment has changed");
                reach(milestone::attachment_up);
            }
        );
        socket.on("volatile", [this, tap](const std::string& epoch, std::uint64_t number) {
            tap->life.hears();
            said.heard(epoch, number);
            reach(milestone::volatile_heard);
        });
        socket.on("ask", [tap](std::uint64_t question, ack<std::uint64_t> to) {
            tap->life.hears();
            to(question);
        });
        socket.on(
            "kept",
            [this, tap](
                const std::string& name,
                std::uint64_t number,
                std::uint64_t question,
                ack<std::uint64_t> to
            ) {
                tap->life.hears();
                for (one_client& client : clients)
                    for (client_tap<Codec>& one : client.taps)
                        if (one.name == name)
                            one.kept.heard(tap->id, number);
                to(question);
            }
        );
        socket.conn().on_upgrade([this, kept = witness](std::string_view) {
            reach(milestone::upgraded);
        });
        socket.on("throw", [tap] {
            tap->life.hears();
            throw std::runtime_error{"as it was asked to"};
        });
        socket.on("end me", [this, tap] {
            tap->life.hears();
            reach(milestone::ended_by_own_handler);
            tap->socket.disconnect();
        });
        socket.on_disconnect([this, tap](close_reason reason) { left(tap, reason); });
    }

    void heard_up(server_tap<Codec>& tap, const std::string& epoch, std::uint64_t number)
    {
        tap.life.hears();
        up.heard(epoch, number);
        if (epoch.find(' ' + tap.nsp + ' ') == std::string::npos)
            broken.push_back(fmt::format("{} was heard in {}", epoch, tap.nsp));
        greet(tap);
    }

    void left(const server_tap_ptr& tap, close_reason reason)
    {
        tap->life.disconnected();
        world.note(
            "server", fmt::format("{} {} is gone: {}", tap->nsp, tap->id, to_string(reason))
        );
        const socket_key key{tap->nsp, tap->id};
        present.erase(key);
        switch (reason) {
        case close_reason::ping_timeout: reach(milestone::ended_by_ping_timeout); break;
        case close_reason::transport_close: reach(milestone::ended_by_transport_close); break;
        case close_reason::transport_error: reach(milestone::ended_by_transport_error); break;
        case close_reason::server_shutting_down: reach(milestone::ended_by_shutdown); break;
        case close_reason::server_namespace_disconnect: reach(milestone::ended_by_server); break;
        case close_reason::forced_close:
        case close_reason::forced_server_close: reach(milestone::ended_with_connection); break;
        case close_reason::client_namespace_disconnect: break;
        case close_reason::parse_error:
        case close_reason::io_server_disconnect:
        case close_reason::io_client_disconnect:
            broken.push_back(fmt::format("{} {} ended by {}", tap->nsp, tap->id, to_string(reason))
            );
        }
        const bool may_come_back = reason != close_reason::server_namespace_disconnect &&
                                   reason != close_reason::client_namespace_disconnect;
        if (is_recovering && may_come_back)
            away[key] = tap->rooms;
    }

    void settle(std::uint64_t question, const result<std::uint64_t>& with)
    {
        if (with) {
            reach(milestone::answer);
            questions.answered(question, *with);
            return;
        }
        reach(
            with.error() == errc::timeout ? milestone::answer_timeout
                                          : milestone::answer_lost_with_connection
        );
        questions.failed(question);
    }

    void check_replies(
        std::uint64_t question, std::size_t members, const broadcast_replies<std::uint64_t>& all
    )
    {
        questions.failed(question);  // it has an end, whatever answers there are
        reach(all.why ? milestone::broadcast_answers_some : milestone::broadcast_answers_all);
        if (all.asked != members)
            broken.push_back(fmt::format("{} were asked and not {}", all.asked, members));
        if (all.values.size() > all.asked || (!all.why && all.values.size() != all.asked))
            broken.push_back(fmt::format("{} answers of {}", all.values.size(), all.asked));
        for (const std::uint64_t one : all.values)
            if (one != question)
                broken.push_back(fmt::format("answer {} to question {}", one, question));
    }
};

}  // namespace cosio::test
