// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include "swarm_world.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>

namespace cosio::test {
namespace {

constexpr std::array rooms = {"red", "green", "blue"};

/// A client that nothing is done to: it hears of the faults of others by the clock only (I20, I22).
template <class Codec>
class calm_client
{
public:
    explicit calm_client(swarm_world<Codec>& in)
        : on_{&in},
          manager_{in.world.home(), in.network.connect_to("http://calm", options()), options()},
          socket_{manager_.socket("/calm")}
    {
        socket_.on_connect([this] { disturbed_at_ = on_->disturbed_at; });
        socket_.on_disconnect([this](close_reason reason) {
            // What a server said before its end may still be under way.
            const bool at_last = on_->world.now() - on_->disturbed_at < 1s;
            const bool overslept = on_->world.now() - on_->frozen_at < ping_interval + ping_timeout;
            if (disturbed_at_ == on_->disturbed_at && !at_last && !overslept && !on_->ending)
                on_->broken.push_back(
                    fmt::format("a calm client was disturbed: {}", to_string(reason))
                );
        });
    }

    void asks()
    {
        if (!socket_.connected() || disturbed_at_ != on_->disturbed_at)
            return;
        const duration since = on_->world.now();
        socket_.emit(
            "ask",
            std::uint64_t{1},
            [this, since, frozen = on_->frozen](result<std::uint64_t> with) {
                const bool overslept =
                    !with && on_->world.now() - on_->frozen_at < ping_interval + ping_timeout;
                const bool late = on_->world.now() - since - (on_->frozen - frozen) > 1s;
                if ((!with || late) && !overslept && since > on_->disturbed_at + 1s && !on_->ending)
                    on_->broken.push_back("a calm client waited for an answer");
            }
        );
    }

    [[nodiscard]] bool connected() const { return socket_.connected(); }

    void close() { manager_.close(); }

private:
    static client_options options()
    {
        client_options options;
        options.transports = {engine::transport_kind::websocket};
        options.ack_timeout = 3s;
        options.handshake_timeout = 4s;
        return options;
    }

    swarm_world<Codec>* on_;
    basic_manager<Codec> manager_;
    basic_client_socket<Codec> socket_;
    duration disturbed_at_ = {};
};

template <class Codec>
class program
{
public:
    program(const plan& what, const run_options& options)
        : plan_{&what}, options_{options}, on_{what}
    {
        on_.world.trace().keep(options.trace_lines);
    }

    [[nodiscard]] outcome run()
    {
        for (auto& client : on_.clients)
            client.manager->open();
        for (const operation& one : plan_->operations) {
            on_.world.run();  // nothing else happens at the moment of an operation
            on_.world.note("plan", to_string(one.what));
            carry_out(one);
            calm_.asks();
            on_.world.run_for(one.then);
            count_waiting();
        }
        heal();
        check_peace();
        end();
        return report();
    }

private:
    using tap = client_tap<Codec>;

    void carry_out(const operation& one)
    {
        using enum operation_kind;
        auto* const client = find(one.client);
        if (one.what <= ask_server_to_end_me) {
            if (client)
                of_client(one, *client, client->taps[one.a % client->taps.size()]);
        } else if (one.what <= end_room) {
            if (on_.host.is_up() && !on_.present.empty())
                of_server(one);
        } else {
            of_world(one);
        }
        on_.world.run();
    }

    void of_client(const operation& one, typename swarm_world<Codec>::one_client& client, tap& by)
    {
        using enum operation_kind;
        if (one.what == talk)
            on_.talk(by);
        else if (one.what == keep)
            on_.keep(by);
        else if (one.what == say_volatile)
            on_.say_volatile(by);
        else if (one.what == leave)
            leaves(by);
        else if (one.what == come)
            comes(by);
        else if (one.what == come_again)
            comes_again(by);
        else if (one.what == close_or_open)
            client.manager->is_active() ? client.manager->close() : client.manager->open();
        else if (by.socket.connected() && !by.retries)
            by.socket.emit(one.what == ask_server_to_throw ? "throw" : "end me");
    }

    void leaves(tap& by)
    {
        if (!by.socket.connected())
            return;
        by.wanted = false;
        by.socket.disconnect();
    }

    void comes(tap& by)
    {
        by.wanted = true;
        by.socket.connect();
    }

    /// Not while it is about to be connected: who gives that up loses what a recovery has brought already.
    void comes_again(tap& by)
    {
        if (!by.socket.connected())
            return comes(by);
        by.wanted = true;
        on_.reach(milestone::came_again_in_one_turn);
        on_.world.home().post([&by] {
            by.socket.disconnect();
            by.socket.connect();
        });
    }

    void of_server(const operation& one)
    {
        using enum operation_kind;
        auto& [key, socket] = *std::next(
            on_.present.begin(), static_cast<std::ptrdiff_t>(one.a % on_.present.size())
        );
        const std::string nsp = key.first;
        const std::string room = rooms[one.b % rooms.size()];
        const std::string other = rooms[one.b / 7 % rooms.size()];
        if (one.what == greet_one)
            on_.greet(*socket);
        else if (one.what == tell_all)
            on_.tell(nsp, "", one.b % 2 == 0 ? other : "");
        else if (one.what == tell_room)
            on_.tell(nsp, room, one.b % 3 == 0 && other != room ? other : "");
        else if (one.what == ask_all)
            on_.ask_all(nsp);
        else if (one.what == join || one.what == leave_room)
            moves(*socket, room, one.what == join);
        else if (one.what == end_one)
            socket->socket.disconnect();
        else if (one.what == end_connection)
            one.b % 2 == 0 ? socket->socket.close_connection() : socket->socket.disconnect(true);
        else if (one.what == end_room)
            on_.host.server().of(nsp).in(room).disconnect_sockets();
    }

    void moves(server_tap<Codec>& one, const std::string& room, bool joins)
    {
        if (!one.socket.connected())
            return;
        if (joins) {
            one.rooms.insert(room);
            static_cast<void>(one.socket.join(room));
        } else {
            one.rooms.erase(room);
            one.socket.leave(room);
        }
    }

    void of_world(const operation& one)
    {
        using enum operation_kind;
        const link_fault how = all_link_faults[one.a % all_link_faults.size()];
        if (one.what == fail_all)
            on_.network.fail(chat, how);
        else if (one.what == fail_soon)
            fails_soon(one, how);
        else if (one.what == cut_or_heal)
            on_.network.is_cut(chat) ? heals() : on_.network.cut(chat);
        else if (one.what == black_hole)
            on_.network.cut_dials(chat, one.a % 2 == 0);
        else if (one.what == limit_descriptors)
            on_.network.limit_descriptors(chat, one.a % 2 == 0 ? 1 + one.b % 3 : unlimited);
        else if (one.what == crash)
            on_.crash_for(ms(one.a % 3'000));
        else if (one.what == shut_down)
            shuts_down(ms(one.a % 3'000));
        else if (one.what == freeze)
            freezes(ms(one.a % 3'000));
        else if (one.what == shift_wall_clock && !options_.ignore_wall_clock)
            on_.world.shift_wall_clock(ms(one.a % 7'200'000) - 1h);
    }

    void fails_soon(const operation& one, link_fault how)
    {
        const link_direction which = one.b % 2 == 0 ? link_direction::up : link_direction::down;
        on_.network.fail_at_byte(chat, which, on_.network.bytes(chat, which) + one.b % 500, how);
    }

    void heals()
    {
        if (!on_.present.empty())
            on_.reach(milestone::healed_with_clients);
        on_.network.heal(chat);
    }

    void shuts_down(duration absent)
    {
        if (!on_.host.is_up())
            return;
        on_.disturbed_at = on_.world.now();
        on_.host.server().close();
        on_.world.run_for(50ms);
        on_.crash_for(absent);
    }

    void freezes(duration span)
    {
        on_.frozen += span;
        on_.frozen_at = on_.world.now() + span;
        on_.world.freeze(span);
    }

    void count_waiting()
    {
        if (on_.network.waiting(chat) != 0)
            on_.reach(milestone::waited_for_descriptor);
    }

    /// The faults are over, and everybody comes back.
    void heal()
    {
        on_.world.note("plan", "the faults are over");
        on_.network.cut_dials(chat, false);
        if (on_.network.is_cut(chat))
            heals();
        on_.network.limit_descriptors(chat, unlimited);
        on_.world.run_until([this] { return on_.host.is_up(); });
        for (auto& client : on_.clients)
            client.manager->open();
    }

    void everybody_comes()
    {
        for (auto& client : on_.clients)
            for (tap& one : client.taps)
                comes(one);
    }

    /// What is said in peace arrives whole. A fault that was planned for a later byte may still come: then again.
    void check_peace()
    {
        std::uint64_t before = 0;
        do {
            before = on_.network.failures;
            come_back();
            for (auto& client : on_.clients)
                for (tap& one : client.taps) {
                    on_.talk(one);
                    one.last_life = one.epoch;
                    on_.keep(one);
                }
            on_.world.run_for(4s);
            on_.world.run_until([this] { return all_delivered(); }, 2min);
        } while (on_.network.failures != before);
        on_.check_rooms();
        for (auto& client : on_.clients)
            for (tap& one : client.taps)
                check(one);
        if (!calm_.connected())
            on_.broken.push_back("a calm client is not back");
    }

    void come_back()
    {
        // A connection may be dead already: then its heartbeat finds out.
        for (const duration passes : {duration::zero(), ping_interval + ping_timeout + 1s}) {
            on_.world.run_for(passes);
            // A DISCONNECT of the server that crosses a CONNECT ends what that asked for: then once more.
            if (!all_come() && !all_come())
                on_.broken.push_back("not connected again");
        }
    }

    bool all_come()
    {
        everybody_comes();  // whom the server has ended does not do so by itself
        return on_.world.run_until(
            [this] { return on_.all_connected(); },
            ping_interval + ping_timeout + 3 * reconnection_delay_max
        );
    }

    [[nodiscard]] bool all_delivered() const
    {
        for (const auto& client : on_.clients)
            for (const tap& one : client.taps)
                if (one.retries && !one.kept.is_complete())
                    return false;
        return true;
    }

    void check(tap& one)
    {
        if (one.socket.connected()) {
            on_.up.check_complete(one.epoch);
            on_.down.check_complete(one.socket.id());
        }
        if (one.retries || one.last_life == one.epoch)  // else it went with its connection
            one.kept.check_complete();
        if (one.kept.repeats() != 0)
            on_.reach(milestone::kept_event_repeated);
    }

    void end()
    {
        on_.ending = true;
        for (auto& client : on_.clients)
            client.manager->close();
        calm_.close();
        on_.world.run_for(1min);
        for (auto& client : on_.clients)
            for (tap& one : client.taps)
                if (one.life.is_connected())
                    on_.broken.push_back(one.name + " is connected after the end");
        on_.world.run_for(1min);
        on_.check_nothing_is_left();
        for (std::uint64_t i = on_.said.heard(); i < on_.said.sent(); ++i)
            on_.reach(milestone::volatile_dropped);
        on_.clients.clear();
        on_.world.run();
        if (on_.witness.use_count() != 1)
            on_.broken.push_back("handlers are left");
    }

    [[nodiscard]] outcome report()
    {
        return {
            .broken = on_.broken,
            .reached = on_.reached,
            .hash = on_.world.trace().hash(),
            .messages = on_.up.heard() + on_.down.heard() + on_.questions.answers(),
            .lasted = on_.world.now(),
            .trace = on_.world.trace().text(),
        };
    }

    [[nodiscard]] auto* find(std::size_t number)
    {
        for (auto& one : on_.clients)
            if (one.number == number)
                return &one;
        return static_cast<typename swarm_world<Codec>::one_client*>(nullptr);
    }

    [[nodiscard]] static duration ms(std::uint64_t count)
    {
        return std::chrono::milliseconds{static_cast<std::int64_t>(count)};
    }

    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    const plan* plan_;
    run_options options_;
    swarm_world<Codec> on_;
    calm_client<Codec> calm_{on_};
};

}  // namespace

outcome run(const plan& what, const run_options& options)
{
    return what.msgpack ? program<msgpack>{what, options}.run()
                        : program<json>{what, options}.run();
}

}  // namespace cosio::test
