// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ledger.hpp"

#include <cosio/server.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace cosio::test {

inline constexpr std::array room_names = {"red", "green", "blue"};

/// A socket of the server, from its connection to its end.
template <class Codec>
struct server_tap
{
    server_tap(basic_socket<Codec> of, complaints& to)
        : socket{std::move(of)},
          nsp{socket.nsp_name()},
          id{socket.id()},
          name{socket.shake().auth("name")},
          connection{socket.conn().id()},
          life{fmt::format("server's {} {}", nsp, id), to}
    {}

    basic_socket<Codec> socket;
    std::string nsp;
    std::string id;
    std::string name;        // of the client's socket
    std::string connection;  // the id of its session
    life_oracle life;
    std::set<std::string> rooms;
    bool is_lossy = false;  // events are dropped when too much waits
    bool throws_at_end = false;
};

/// The application of the server: what it says, what it hears, and who must be in which room.
template <class Codec>
class server_side
{
public:
    using tap_ptr = std::shared_ptr<server_tap<Codec>>;
    using socket_key = std::pair<std::string, std::string>;  // namespace and id
    using kept_listener = std::function<
        void(const std::string& name, const std::string& socket, std::uint64_t number)>;

    /// `to` is told of what clients keep until they are connected.
    server_side(ledger& book, bool recovers, bool is_sharded, kept_listener to)
        : book_{&book}, is_recovering_{recovers}, is_sharded_{is_sharded}, on_kept_{std::move(to)}
    {}

    /// For each life of the process.
    void prepare(basic_server<Codec>& io)
    {
        io_ = &io;
        for (const char* nsp : {"/", "/chat"})
            io.of(nsp).on_connection([this](basic_socket<Codec> socket) { serve(socket); });
        io.of("/chat").use([this](basic_socket<Codec> socket) -> task<verdict> {
            co_await asio::post(asio::use_awaitable_t<asio::io_context::executor_type>{});
            book_->admitted.emplace(socket.id());
            if (std::exchange(middleware_throws, false)) {
                book_->reach(milestone::middleware_threw);
                throw std::runtime_error{asked_to_throw};
            }
            co_return accept();
        });
        io.of("/calm").on("ask", [](std::uint64_t question, ack<std::uint64_t> to) {
            to(question);
        });
        io.of(name_pattern{"^/room-.+$"}).on_connection([this](basic_socket<Codec> socket) {
            serve(socket);
        });
    }

    // --- what it says ---

    void greet(server_tap<Codec>& one)
    {
        if (!one.socket.connected())
            return;
        const std::uint64_t number = say(one, {});
        if (!one.socket.connected())
            return;
        const std::uint64_t question = book_->questions.asks();
        const auto settle = [this, question](result<std::uint64_t> with) {
            book_->settle(question, with);
        };
        if (number % 4 == 0)
            one.socket.timeout(30ms).emit("ask", question, decoy, settle);
        else
            one.socket.emit("ask", question, decoy, settle);
    }

    void say_volatile(server_tap<Codec>& one)
    {
        if (one.socket.connected())
            one.socket.emit_volatile(volatile_event, book_->passing.sends());
    }

    /// More than may wait for it. In a turn of its own: elsewhere it is not known what becomes of an event.
    void flood(server_tap<Codec>& one, overflow_policy policy)
    {
        const std::uint64_t full_before = times_full();
        one.is_lossy = policy == overflow_policy::drop;
        one.socket.set_overflow(policy);
        for (int i = 0; i < 8 && one.socket.connected(); ++i)
            say(one, big_event());
        if (!one.socket.connected() && times_full() != full_before)
            book_->reach(milestone::queue_full_disconnected);
    }

    /// Whom an event goes to: those in one of the rooms, or all; without the members of another room, or of none.
    struct audience
    {
        std::vector<std::string> rooms = {};
        std::string except = {};
        tap_ptr sender = nullptr;  // does not hear it

        [[nodiscard]] bool has(std::string_view id, const std::set<std::string>& of) const
        {
            const bool is_in =
                rooms.empty() || std::ranges::any_of(rooms, [&](const std::string& room) {
                    return of.contains(room);
                });
            return is_in && !of.contains(except) && !(sender && sender->id == id);
        }
    };

    void tell(const std::string& nsp, const audience& whom, const std::string& padding = {})
    {
        tell(io_->of(nsp), whom, padding);
    }

    void tell(
        const basic_namespace<Codec>& in, const audience& whom, const std::string& padding = {}
    )
    {
        const std::string& nsp = in.name();
        const std::uint64_t number = book_->down.next();
        book_->note(
            "server",
            fmt::format(
                "tells {} {} without {}: #{}", nsp, fmt::join(whom.rooms, " "), whom.except, number
            )
        );
        for (const auto& [key, one] : present_)
            if (key.first == nsp && whom.has(one->id, one->rooms))
                is_told(*one, whom, number);
            else if (key.first == nsp && one->rooms.contains(whom.except))
                book_->reach(milestone::room_left_out);
        for (const auto& [key, rooms] : away_)
            if (key.first == nsp && whom.has(key.second, rooms))
                book_->down.sends(key.second, number);
        broadcast_operator<Codec> to = whom.sender ? whom.sender->socket.broadcast() : in.all();
        for (const std::string& room : whom.rooms)
            to = to.in(room);
        if (!whom.except.empty())
            to = to.except(whom.except);
        if (number % 4 == 0)
            to.emit("down with attachment", number, attachment(), padding, decoy);
        else
            to.emit("down", number, padding, decoy);
    }

    void flood_all(const std::string& nsp)
    {
        for (int i = 0; i < 6; ++i)
            tell(nsp, {}, big_event());
    }

    void ask_all(const std::string& nsp)
    {
        const std::uint64_t question = book_->questions.asks();
        std::size_t members = 0;
        bool are_lossy = false;
        for (const auto& [key, one] : present_)
            if (key.first == nsp) {
                ++members;
                are_lossy |= one->is_lossy;
            }
        io_->of(nsp).all().timeout(2s).emit(
            "ask",
            question,
            decoy,
            [this, question, members, are_lossy](const broadcast_replies<std::uint64_t>& all) {
                check_replies(question, are_lossy ? all.asked : members, all);
            }
        );
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

    /// All leave a room, and one joins it in the same turn, before or after.
    void empties(server_tap<Codec>& one, const std::string& room, bool joins_first)
    {
        if (!one.socket.connected())
            return;
        if (joins_first)
            moves(one, room, true);
        for (const auto& [key, member] : present_)
            if (key.first == one.nsp)
                member->rooms.erase(room);
        io_->of(one.nsp).in(room).sockets_leave(room);
        if (!joins_first)
            moves(one, room, true);
        book_->reach(milestone::joined_with_leave_all);
    }

    /// Its sockets end, and with them perhaps itself, while something is said there.
    void ends_namespace(const std::string& nsp, bool is_dynamic)
    {
        const basic_namespace<Codec> in = io_->of(nsp);
        const std::map<socket_key, tap_ptr> all = present_;
        tell(in, {});
        for (const auto& [key, one] : all)
            if (key.first == nsp)
                one->socket.disconnect();
        tell(in, {});
        if (is_dynamic)
            book_->reach(milestone::broadcast_with_end_of_namespace);
    }

    // --- who is there ---

    [[nodiscard]] bool is_empty() const noexcept { return present_.empty(); }

    /// In an order that ids do not change. Precondition: there is one.
    [[nodiscard]] tap_ptr choose(std::uint64_t number) const
    {
        std::vector<tap_ptr> all;
        for (const auto& [key, one] : present_)
            all.push_back(one);
        std::ranges::sort(all, {}, [](const tap_ptr& one) {
            return std::tie(one->nsp, one->name, one->id);
        });
        return all[number % all.size()];
    }

    [[nodiscard]] tap_ptr find(const std::string& nsp, std::string_view id) const
    {
        const auto found = present_.find({nsp, std::string{id}});
        return found != present_.end() ? found->second : nullptr;
    }

    [[nodiscard]] bool has_pending() const
    {
        return std::ranges::any_of(present_, [](const auto& one) {
            return one.second->socket.conn().pending_packets() != 0;
        });
    }

    void greet_all()
    {
        const std::map<socket_key, tap_ptr> all = present_;
        for (const auto& [key, one] : all)
            greet(*one);
    }

    /// The process was killed.
    void crashes()
    {
        if (!present_.empty())
            book_->reach(milestone::crashed_with_clients);
        for (const auto& [key, one] : present_)
            one->life.ends_unheard();
        present_.clear();
        away_.clear();
    }

    // --- what must hold ---

    void check_queues()
    {
        for (const auto& [key, one] : present_)
            book_->check_queue(key.second, one->socket.conn().pending_bytes());
    }

    /// I16: the rooms are those of the model.
    void check_rooms()
    {
        for (const auto& [key, one] : present_) {
            std::set<std::string> rooms;
            for (std::string& name : one->socket.rooms())
                rooms.insert(std::move(name));
            std::set<std::string> wanted = one->rooms;
            wanted.insert(one->id);
            if (rooms != wanted)
                book_->breaks(fmt::format(
                    "{} {} is in {} and not in {}",
                    key.first,
                    key.second,
                    fmt::join(rooms, " "),
                    fmt::join(wanted, " ")
                ));
        }
        check_members();
        for (const char* nsp : {"/", "/chat"}) {
            const auto members = std::ranges::count(present_, nsp, [](const auto& one) {
                return std::string_view{one.first.first};
            });
            if (const std::size_t seen = io_->of(nsp).socket_count();
                seen != static_cast<std::size_t>(members))
                book_->breaks(fmt::format("{} has {} sockets and not {}", nsp, seen, members));
        }
    }

    bool connection_throws = false;  // the next handler of one
    bool middleware_throws = false;  // the next one

private:
    /// What a shard says of its rooms is what its sockets say of theirs.
    void check_members() const
    {
        if (is_sharded_)
            return;
        std::map<socket_key, std::size_t> members;  // of namespace and room
        for (const auto& [key, one] : present_)
            for (const char* const room : room_names)
                members[{one->nsp, room}] += one->rooms.count(room);
        for (const auto& [key, count] : members)
            if (const std::size_t seen = io_->of(key.first).room_size(key.second); seen != count)
                book_->breaks(fmt::format(
                    "{} has {} members in {} and not {}", key.first, seen, key.second, count
                ));
    }

    void is_told(const server_tap<Codec>& one, const audience& whom, std::uint64_t number)
    {
        book_->down.sends(one.id, number, one.is_lossy);
        const auto times = std::ranges::count_if(whom.rooms, [&](const std::string& room) {
            return one.rooms.contains(room);
        });
        if (times > 1)
            book_->reach(milestone::heard_once_of_two_rooms);
    }

    [[nodiscard]] static std::string big_event() { return std::string(big_event_bytes, '.'); }

    [[nodiscard]] std::uint64_t times_full() const
    {
        return io_->limits_reached()[limit::max_send_queue];
    }

    std::uint64_t say(server_tap<Codec>& one, const std::string& padding)
    {
        const std::uint64_t number = book_->down.next();
        book_->note("server", fmt::format("says #{} to {} {}", number, one.nsp, one.id));
        const send_status sent =
            number % 4 == 0
                ? one.socket.emit("down with attachment", number, attachment(), padding, decoy)
                : one.socket.emit("down", number, padding, decoy);
        const bool was_dropped = sent == send_status::dropped;
        book_->down.sends(one.id, number, was_dropped || one.is_lossy);
        if (was_dropped)
            book_->reach(milestone::queue_full_dropped);
        return number;
    }

    void serve(const basic_socket<Codec>& socket)
    {
        const auto tap = std::make_shared<server_tap<Codec>>(socket, book_->broken);
        const socket_key key{tap->nsp, tap->id};
        tap->life.connected();
        book_->note(
            "server",
            fmt::format("{} {} is here{}", tap->nsp, tap->id, socket.recovered() ? " again" : "")
        );
        secret_oracle& secrets = book_->wire.secrets;
        secrets.shows(tap->id);
        secrets.shows(socket.shake().url());
        if (tap->name != claimant)  // who brings it knows it
            secrets.shows(boost::json::serialize(socket.shake().auth()));
        if (tap->name == claimant && socket.recovered()) {
            // What it shows to have got is done with; the owner, who may come later, has not got it.
            tap->is_lossy = true;
            book_->down.forgives(tap->id);
        }
        const auto before = away_.extract(key);
        if (socket.recovered() && before.empty())
            book_->breaks(fmt::format("{} {} is recovered twice", tap->nsp, tap->id));
        if (socket.recovered() && !before.empty())
            tap->rooms = before.mapped();
        else if (!ids_.insert(tap->nsp + tap->id).second)
            book_->breaks(fmt::format("{} {} is no new id", tap->nsp, tap->id));
        if (tap->nsp == "/chat" && !socket.recovered() && book_->admitted.erase(tap->id) == 0)
            book_->breaks(fmt::format("{} was not asked about {}", tap->nsp, tap->id));
        if (!present_.emplace(key, tap).second)
            book_->breaks(fmt::format("{} {} is there twice", tap->nsp, tap->id));
        book_->reach(
            socket.transport_name() == "polling" ? milestone::connected_by_polling
                                                 : milestone::connected_by_websocket
        );
        hear(tap);
        greet(*tap);
        if (std::exchange(connection_throws, false)) {
            book_->reach(milestone::connection_handler_threw);
            throw std::runtime_error{asked_to_throw};
        }
    }

    void hear(const tap_ptr& tap)
    {
        const basic_socket<Codec>& socket = tap->socket;
        socket.on("up", [this, tap](const std::string& epoch, std::uint64_t number, arguments) {
            heard_up(*tap, epoch, number);
            book_->reach(milestone::event_up);
        });
        socket.on(
            "up with attachment",
            [this, tap](const std::string& epoch, std::uint64_t number, const binary& what) {
                heard_up(*tap, epoch, number);
                if (what.size() != attachment_bytes)
                    book_->breaks("an attachment has changed");
                book_->reach(milestone::attachment_up);
            }
        );
        socket.on("volatile", [this, tap](const std::string& epoch, std::uint64_t number) {
            tap->life.hears();
            book_->said.heard(epoch, number);
            book_->reach(milestone::volatile_heard);
        });
        socket.on("ask", [this, tap](std::uint64_t question, ack<std::uint64_t> to) {
            tap->life.hears();
            book_->asked(question);
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
                if (name != tap->name)
                    book_->breaks(fmt::format("{} hears what {} has kept", tap->name, name));
                book_->hears("server of " + name, "kept", number);
                on_kept_(name, tap->id, number);
                to(question);
            }
        );
        socket.conn().on_upgrade([this, kept = book_->witness](std::string_view) {
            book_->reach(milestone::upgraded);
        });
        socket.on("throw", [this, tap](int where) {
            tap->life.hears();
            if (where == 0)
                throw std::runtime_error{asked_to_throw};
            if (where == 1)
                return ask_and_throw(*tap);
            tap->throws_at_end = true;
            tap->socket.disconnect();
        });
        socket.on("ask me", [this, tap]() -> task<void> {
            tap->life.hears();
            const std::uint64_t question = book_->questions.asks();
            const std::string event = "ask";
            const std::string last{decoy};
            const result<std::uint64_t> answer =
                co_await tap->socket.template emit_with_ack<std::uint64_t>(
                    2s, event, question, last
                );
            book_->settle(question, answer);
            book_->reach(milestone::asked_by_coroutine);
        });
        socket.on("flood me", [this, tap](bool drops) {
            tap->life.hears();
            flood(*tap, drops ? overflow_policy::drop : overflow_policy::disconnect);
        });
        socket.on("end me", [this, tap] {
            tap->life.hears();
            book_->reach(milestone::ended_by_own_handler);
            tap->socket.disconnect();
        });
        socket.on_disconnect([this, tap](close_reason reason) {
            left(tap, reason);
            if (!tap->throws_at_end)
                return;
            book_->reach(milestone::disconnect_handler_threw);
            throw std::runtime_error{asked_to_throw};
        });
    }

    /// Asks, and throws when the answer comes, or does not.
    void ask_and_throw(server_tap<Codec>& one)
    {
        const std::uint64_t question = book_->questions.asks();
        one.socket.emit("ask", question, decoy, [this, question](result<std::uint64_t> with) {
            book_->settle(question, with);
            book_->reach(milestone::callback_threw);
            throw std::runtime_error{asked_to_throw};
        });
    }

    void heard_up(server_tap<Codec>& tap, const std::string& epoch, std::uint64_t number)
    {
        tap.life.hears();
        book_->up.heard(epoch, number);
        book_->hears("server of " + tap.name, "up", number);
        if (!epoch.starts_with(tap.name + " life "))
            book_->breaks(fmt::format("{} was heard by the socket of {}", epoch, tap.name));
        if (hearer_of_.try_emplace(epoch, tap.id).first->second != tap.id)
            book_->breaks(fmt::format("{} was heard by two sockets", epoch));
        greet(tap);
    }

    void left(const tap_ptr& tap, close_reason reason)
    {
        tap->life.disconnected();
        book_->note(
            "server", fmt::format("{} {} is gone: {}", tap->nsp, tap->id, to_string(reason))
        );
        const socket_key key{tap->nsp, tap->id};
        present_.erase(key);
        book_->check_reason(fmt::format("{} {}", tap->nsp, tap->id), reason);
        using enum milestone;
        switch (reason) {
        case close_reason::ping_timeout:
            book_->reach(ended_by_ping_timeout);
            if (book_->wire.is_upgrading(tap->connection))
                book_->reach(ping_timeout_during_upgrade);
            break;
        case close_reason::transport_close: book_->reach(ended_by_transport_close); break;
        case close_reason::transport_error: book_->reach(ended_by_transport_error); break;
        case close_reason::server_shutting_down: book_->reach(ended_by_shutdown); break;
        case close_reason::server_namespace_disconnect: book_->reach(ended_by_server); break;
        case close_reason::forced_close:
        case close_reason::forced_server_close: book_->reach(ended_with_connection); break;
        case close_reason::client_namespace_disconnect: break;
        case close_reason::parse_error:
        case close_reason::io_server_disconnect:
        case close_reason::io_client_disconnect:
            book_->breaks(fmt::format("{} {} ended by {}", tap->nsp, tap->id, to_string(reason)));
        }
        const bool may_come_back = reason != close_reason::server_namespace_disconnect &&
                                   reason != close_reason::client_namespace_disconnect;
        if (is_recovering_ && may_come_back)
            away_[key] = tap->rooms;
    }

    void check_replies(
        std::uint64_t question, std::size_t members, const broadcast_replies<std::uint64_t>& all
    )
    {
        book_->questions.failed(question);  // it has an end, whatever answers there are
        book_->reach(
            all.why ? milestone::broadcast_answers_some : milestone::broadcast_answers_all
        );
        if (all.asked != members)
            book_->breaks(fmt::format("{} were asked and not {}", all.asked, members));
        if (all.values.size() > all.asked || (!all.why && all.values.size() != all.asked))
            book_->breaks(fmt::format("{} answers of {}", all.values.size(), all.asked));
        for (const std::uint64_t one : all.values)
            if (one != question)
                book_->breaks(fmt::format("answer {} to question {}", one, question));
    }

    ledger* book_;
    bool is_recovering_;
    bool is_sharded_;
    kept_listener on_kept_;
    basic_server<Codec>* io_ = nullptr;
    std::map<socket_key, tap_ptr> present_;
    std::map<socket_key, std::set<std::string>> away_;  // who may be recovered, and their rooms
    std::set<std::string> ids_;                         // that sockets ever had
    std::map<std::string, std::string> hearer_of_;      // of the epochs of clients
};

}  // namespace cosio::test
