// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include "calm_client.hpp"
#include "swarm_world.hpp"

#include <cosio/json.hpp>
#include <cosio/msgpack.hpp>

namespace cosio::test {
namespace {

template <class Codec>
class program
{
public:
    program(const plan& what, const run_options& options)
        : plan_{&what}, options_{options}, on_{what}
    {
        on_.world.trace().keep(options.trace_lines);
        on_.book.compares = options.compares;
        on_.book.causes.standstill = passes_slowly(what);
    }

    [[nodiscard]] outcome run()
    {
        for (auto& client : on_.clients.all)
            client.manager->open();
        for (const operation& one : plan_->operations) {
            on_.world.run();  // nothing else happens at the moment of an operation
            on_.world.note("plan", to_string(one.what));
            note_cause(one.what);
            carry_out(one);
            calm_.asks();
            on_.world.run_for(one.then);
            look_around();
        }
        heal();
        check_peace();
        end();
        return report();
    }

private:
    using tap = client_tap<Codec>;
    using one_client = typename client_side<Codec>::one_client;

    /// Through such a proxy a PONG that waits for an upload may take longer than `ping_timeout`.
    [[nodiscard]] static bool passes_slowly(const plan& what)
    {
        const bool has_proxy = std::ranges::any_of(what.clients, &client_plan::through_proxy);
        const duration each_way = what.quality.latency + what.quality.jitter;
        return has_proxy && 16 * each_way + 3 * what.proxy.delay > ping_timeout;
    }

    void note_cause(operation_kind what)
    {
        using enum operation_kind;
        causes_of_ends& causes = on_.book.causes;
        switch (what) {
        case leave:
        case come_again:
        case throw_in_client:
        case close_or_open: causes.client_leaves = true; break;
        case flood:
        case ask_server_to_flood_me:
        case flood_all:
            causes.floods = true;
            // A link that holds little takes long to bring much, and a PING waits behind it.
            causes.standstill |= plan_->quality.latency + plan_->quality.jitter > duration::zero();
            break;
        case ask_server_to_end_me:
        case ask_server_to_throw:
        case end_one:
        case end_namespace:
        case end_room:
        case throw_in_connection: causes.server_ends_sockets = true; break;
        case claim: causes.server_ends_connections = true; break;
        case end_connection:
            causes.server_ends_sockets = causes.server_ends_connections = true;
            break;
        case fail_all:
        case fail_soon:
        case cut_or_heal:
        case black_hole:
        case limit_descriptors:
        case freeze: causes.faults = causes.standstill = true; break;
        case crash: causes.faults = true; break;
        case shut_down: causes.faults = causes.server_shut_down = true; break;
        case talk:
        case keep:
        case say_volatile:
        case come:
        case ask_server_to_ask:
        case greet_one:
        case greet_volatile:
        case tell_all:
        case tell_room:
        case tell_rooms:
        case tell_others:
        case ask_all:
        case join:
        case leave_room:
        case empty_room:
        case throw_in_middleware:
        case shift_wall_clock: break;
        }
    }

    void carry_out(const operation& one)
    {
        using enum operation_kind;
        one_client* const client = on_.clients.find(one.client);
        if (one.what <= ask_server_to_end_me) {
            if (client)
                of_client(one, *client, client->taps[one.a % client->taps.size()]);
        } else if (one.what <= end_room) {
            if (on_.host.is_up() && !on_.server.is_empty())
                of_server(one);
        } else {
            of_world(one);
        }
        check_queues();
        on_.world.run();
    }

    void of_client(const operation& one, one_client& client, tap& by)
    {
        using enum operation_kind;
        if (one.what == talk)
            on_.world.home().post([this, &by] { on_.clients.talk(by); });
        else if (one.what == keep)
            on_.clients.keep(by);
        else if (one.what == say_volatile)
            on_.clients.say_volatile(by);
        else if (one.what == flood)
            on_.clients.flood(by);
        else if (one.what == claim)
            claims(one, by);
        else if (one.what == leave)
            leaves(by);
        else if (one.what == come)
            comes(by);
        else if (one.what == come_again)
            comes_again(by);
        else if (one.what == close_or_open)
            client.manager->is_active() ? client.manager->close() : client.manager->open();
        else if (by.socket.connected() && !by.retries && one.what == ask_server_to_flood_me)
            by.socket.emit("flood me", one.b % 2 == 0);
        else if (one.what == throw_in_client &&
                 !by.retries)  // what it sends again would be given up
            by.throws = all_throwers[one.b % all_throwers.size()];
        else if (by.socket.connected() && !by.retries && one.what == ask_server_to_ask)
            by.socket.emit("ask me");
        else if (by.socket.connected() && !by.retries && one.what == ask_server_to_throw)
            by.socket.emit("throw", one.b % 3);
        else if (by.socket.connected() && !by.retries)
            by.socket.emit("end me");
    }

    /// Its connection ends, and another one claims its session, before or after it has come back.
    void claims(const operation& one, tap& from)
    {
        const std::string nsp{from.socket.nsp_name()};
        const auto pid = on_.book.wire.packets.pid_of(nsp, from.socket.id());
        const auto owner = on_.server.find(nsp, from.socket.id());
        if (!pid || !owner || !from.socket.connected())
            return;
        owner->socket.close_connection();
        on_.world.run_for(ms(one.b % 1'500));
        const bool lies = one.a % 4 == 0;
        on_.others.come(
            on_.network,
            {.nsp = nsp,
             .pid = *pid,
             .offset = lies ? std::string{decoy} : from.last_offset,
             .last_number = from.last_offset.empty() ? 0 : from.last_number}
        );
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

    void comes_again(tap& by)
    {
        by.wanted = true;
        on_.book.reach(
            by.socket.connected() ? milestone::came_again_in_one_turn
                                  : milestone::came_again_before_it_was_there
        );
        on_.world.home().post([&by] {
            by.socket.disconnect();
            by.socket.connect();
        });
    }

    void of_server(const operation& one)
    {
        using enum operation_kind;
        const auto to = on_.server.choose(one.a);
        const std::string& nsp = to->nsp;
        const std::string room = room_names[one.b % room_names.size()];
        const std::string other = room_names[one.b / 7 % room_names.size()];
        if (one.what == greet_one)
            on_.server.greet(*to);
        else if (one.what == greet_volatile)
            on_.server.say_volatile(*to);
        else if (one.what == flood_all)
            on_.server.flood_all(nsp);
        else if (one.what == tell_all)
            on_.server.tell(nsp, {.except = one.b % 2 == 0 ? other : ""});
        else if (one.what == tell_room)
            on_.server.tell(
                nsp, {.rooms = {room}, .except = one.b % 3 == 0 && other != room ? other : ""}
            );
        else if (one.what == tell_rooms)
            on_.server.tell(nsp, {.rooms = {room, other}});
        else if (one.what == tell_others)
            on_.server.tell(nsp, {.rooms = {room}, .sender = to});
        else if (one.what == ask_all)
            on_.server.ask_all(nsp);
        else if (one.what == join || one.what == leave_room)
            on_.server.moves(*to, room, one.what == join);
        else if (one.what == empty_room)
            on_.world.home().post([this, to, room, joins_first = one.b % 2 == 0] {
                on_.server.empties(*to, room, joins_first);
            });
        else if (one.what == end_namespace)
            on_.world.home().post([this, nsp] {
                on_.server.ends_namespace(nsp, plan_->cleanup_of_namespaces && is_dynamic(nsp));
            });
        else if (one.what == end_one)
            to->socket.disconnect();
        else if (one.what == end_connection)
            one.b % 2 == 0 ? to->socket.close_connection() : to->socket.disconnect(true);
        else if (one.what == end_room)
            on_.host.server().of(nsp).in(room).disconnect_sockets();
    }

    [[nodiscard]] static bool is_dynamic(std::string_view nsp) { return nsp.starts_with("/room-"); }

    void of_world(const operation& one)
    {
        using enum operation_kind;
        const bool is_of_proxy = one.a / 7 % 4 == 0;
        const std::string_view host = is_of_proxy ? "proxy" : chat;
        // The proxy has no patience that would end: it waits for ever on a link that stands still.
        const link_fault how = all_link_faults[one.a % (is_of_proxy ? 2 : all_link_faults.size())];
        if (one.what == fail_all)
            on_.network.fail(host, how);
        else if (one.what == fail_soon)
            fails_soon(one, host, how);
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
        else if (one.what == throw_in_connection)
            on_.server.connection_throws = true;
        else if (one.what == throw_in_middleware)
            on_.server.middleware_throws = true;
        else if (one.what == shift_wall_clock && !options_.ignore_wall_clock)
            shifts_wall_clock(ms(one.a % 7'200'000) - 1h);
    }

    void fails_soon(const operation& one, std::string_view host, link_fault how)
    {
        const link_direction which = one.b % 2 == 0 ? link_direction::up : link_direction::down;
        // Often right behind what was written: in the header of a frame, or in its mask.
        const std::uint64_t behind = one.b / 2 % 3 == 0 ? one.b / 6 % 8 : one.b % 500;
        on_.network.fail_at_byte(host, which, on_.network.bytes(host, which) + behind, how);
    }

    void shifts_wall_clock(duration by)
    {
        if (on_.clients.has_one_in_backoff())
            on_.book.reach(milestone::clock_set_in_backoff);
        on_.world.shift_wall_clock(by);
    }

    void heals()
    {
        if (!on_.server.is_empty())
            on_.book.reach(milestone::healed_with_clients);
        on_.network.heal(chat);
    }

    void shuts_down(duration absent)
    {
        if (!on_.host.is_up())
            return;
        on_.book.disturbed_at = on_.world.now();
        on_.server.greet_all();
        if (on_.server.has_pending())
            on_.book.reach(milestone::shut_down_with_queue);
        on_.host.server().close();
        on_.world.run_for(50ms);
        on_.crash_for(absent);
    }

    void freezes(duration span)
    {
        on_.book.frozen += span;
        on_.book.frozen_at = on_.world.now() + span;
        on_.world.freeze(span);
    }

    void check_queues()
    {
        if (!plan_->small_queues)
            return;
        on_.server.check_queues();
        on_.clients.check_queues();
    }

    void look_around()
    {
        check_queues();
        if (on_.network.waiting(chat) != 0)
            on_.book.reach(milestone::waited_for_descriptor);
    }

    /// The faults are over, and everybody comes back.
    void heal()
    {
        on_.world.note("plan", "the faults are over");
        on_.server.connection_throws = false;
        on_.server.middleware_throws = false;
        for (auto& client : on_.clients.all)
            for (tap& one : client.taps)
                one.throws.reset();
        on_.others.close();
        on_.network.cut_dials(chat, false);
        if (on_.network.is_cut(chat))
            heals();
        on_.network.limit_descriptors(chat, unlimited);
        on_.world.run_until([this] { return on_.host.is_up(); });
        for (auto& client : on_.clients.all)
            client.manager->open();
    }

    void everybody_comes()
    {
        for (auto& client : on_.clients.all)
            for (tap& one : client.taps)
                comes(one);
    }

    /// What is said in peace arrives whole. A fault that was planned for a later byte may still come: then again.
    void check_peace()
    {
        std::uint64_t before = 0;
        on_.clients.patience = 30s;  // a proxy takes seconds to pass a question on, and its answer
        do {
            before = on_.network.failures;
            come_back();
            for (auto& client : on_.clients.all)
                for (tap& one : client.taps) {
                    one.asked.clear();
                    on_.clients.talk(one);
                    one.last_life = one.epoch;
                    on_.clients.keep(one);
                }
            on_.world.run_for(4s);
            on_.world.run_until(
                [this] { return on_.clients.all_delivered() && on_.clients.all_answered(); }, 2min
            );
        } while (on_.network.failures != before);
        on_.server.check_rooms();
        on_.book.wire.check_answered();
        if (const std::size_t bytes = on_.network.unread(); bytes != 0)
            on_.book.breaks(fmt::format("{} bytes have arrived and are not read", bytes));
        for (auto& client : on_.clients.all)
            for (tap& one : client.taps)
                check(one);
        if (!calm_.connected())
            on_.book.breaks("a calm client is not back");
    }

    void come_back()
    {
        // A connection may be dead already: then its heartbeat finds out.
        for (const duration passes : {duration::zero(), ping_interval + ping_timeout + 1s}) {
            on_.world.run_for(passes);
            // A DISCONNECT of the server that crosses a CONNECT ends what that asked for: then once more.
            if (!all_come() && !all_come())
                on_.book.breaks("not connected again");
        }
    }

    bool all_come()
    {
        everybody_comes();  // whom the server has ended does not do so by itself
        return on_.world.run_until(
            [this] { return on_.clients.all_connected(); },
            ping_interval + ping_timeout + 3 * reconnection_delay_max
        );
    }

    void check(tap& one)
    {
        if (one.socket.connected()) {
            on_.book.up.check_complete(one.epoch);
            on_.book.down.check_complete(one.socket.id());
        }
        const bool is_undisturbed = one.last_life == one.epoch;  // else it went with its connection
        if (one.retries || is_undisturbed)
            one.kept.check_complete();
        for (const std::uint64_t question : one.asked)
            if (is_undisturbed && one.socket.connected() &&
                !on_.book.questions.is_answered(question))
                on_.book.breaks(fmt::format("{} has no answer to {}", one.name, question));
        if (one.kept.repeats() != 0)
            on_.book.reach(milestone::kept_event_repeated);
    }

    void end()
    {
        on_.book.ending = true;
        for (auto& client : on_.clients.all)
            client.manager->close();
        calm_.close();
        on_.world.run_for(1min);
        for (auto& client : on_.clients.all)
            for (tap& one : client.taps)
                if (one.life.is_connected())
                    on_.book.breaks(one.name + " is connected after the end");
        on_.others.check_all_gone();
        on_.world.run_for(1min);
        on_.check_nothing_is_left();
        for (std::uint64_t i = on_.book.said.heard(); i < on_.book.said.sent(); ++i)
            on_.book.reach(milestone::volatile_dropped);
        on_.clients.all.clear();
        on_.others.clear();
        on_.book.wire.secrets.check();
        on_.world.run();
        if (on_.book.witness.use_count() != 1)
            on_.book.breaks("handlers are left");
    }

    [[nodiscard]] outcome report()
    {
        return {
            .broken = on_.book.broken,
            .reached = on_.book.reached,
            .hash = on_.world.trace().hash(),
            .messages = on_.book.up.heard() + on_.book.down.heard() + on_.book.questions.answers(),
            .lasted = on_.world.now(),
            .trace = on_.world.trace().text(),
            .heard = on_.book.heard,
        };
    }

    [[nodiscard]] static duration ms(std::uint64_t count)
    {
        return std::chrono::milliseconds{static_cast<std::int64_t>(count)};
    }

    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    const plan* plan_;
    run_options options_;
    swarm_world<Codec> on_;
    calm_client<Codec> calm_{on_.book, on_.network};
};

}  // namespace

outcome run(const plan& what, const run_options& options)
{
    return what.msgpack ? program<msgpack>{what, options}.run()
                        : program<json>{what, options}.run();
}

}  // namespace cosio::test
