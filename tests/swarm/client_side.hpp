// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ledger.hpp"
#include "swarm_options.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/simulated_network.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cosio::test {

/// What of a client throws when it is asked to.
enum class thrower
{
    event,
    answer,
    connect,
    disconnect,
};

inline constexpr std::array all_throwers = {
    thrower::event, thrower::answer, thrower::connect, thrower::disconnect
};

/// A socket of a client, and what is said of it.
template <class Codec>
struct client_tap
{
    client_tap(
        basic_client_socket<Codec> of,
        std::string called,
        bool with_retries,
        bool recovers,
        complaints& to
    )
        : socket{std::move(of)},
          name{std::move(called)},
          retries{with_retries},
          life{name, to},
          kept{name, with_retries, recovers, to}
    {}

    basic_client_socket<Codec> socket;
    std::string name;
    bool retries;
    life_oracle life;
    delivery_oracle kept;
    std::string epoch;        // of this life
    std::string last_life;    // its epoch when it emitted last in peace
    std::string last_offset;  // that came with an event
    std::uint64_t last_number = 0;
    std::vector<std::uint64_t> asked;  // in peace
    bool wanted = true;                // the plan wants it to be connected
    std::optional<thrower> throws;     // when it is called next
};

/// The application of the clients.
template <class Codec>
class client_side
{
public:
    using tap = client_tap<Codec>;

    struct one_client
    {
        std::size_t number;
        std::unique_ptr<basic_manager<Codec>> manager;
        std::deque<tap> taps;
    };

    explicit client_side(ledger& book) : book_{&book} {}

    void add(simulated_network& network, const plan& in, const client_plan& of)
    {
        const client_options options = client_options_of(in, of, *book_);
        one_client& made = all.emplace_back();
        made.number = of.number;
        made.manager = std::make_unique<basic_manager<Codec>>(
            book_->world->home(),
            network.connect_to(of.through_proxy ? "http://proxy" : "http://chat", options),
            options
        );
        for (const std::string& nsp : of.namespaces) {
            const std::string name = fmt::format("{} {}", of.number, nsp);
            hear(made.taps.emplace_back(
                made.manager->socket(nsp, boost::json::object{{"name", name}}),
                name,
                of.retries,
                in.recovery,
                book_->broken
            ));
        }
    }

    // --- what it says ---

    /// Two events, one with an attachment, and a question; in a turn, for what is emitted after the end of a life would be
    /// kept for the next one.
    void talk(tap& by)
    {
        if (by.retries || !by.socket.connected())
            return;
        by.socket.emit("up", by.epoch, book_->up.sends(by.epoch));
        if (!by.socket.connected())
            return;
        by.socket.emit("up with attachment", by.epoch, book_->up.sends(by.epoch), attachment());
        if (!by.socket.connected())
            return;
        const std::uint64_t question = book_->questions.asks();
        by.asked.push_back(question);
        const auto settle = [this, &by, question](result<std::uint64_t> with) {
            book_->settle(question, with);
            throws_if(by, thrower::answer, milestone::client_answer_threw);
        };
        by.socket.timeout(patience).emit("ask", question, settle);
    }

    /// An event that wants an answer, connected or not.
    void keep(tap& by)
    {
        const std::uint64_t question = book_->questions.asks();
        by.asked.push_back(question);
        const auto settle = [this, question, retries = by.retries](result<std::uint64_t> with) {
            book_->settle(question, with);
            if (!with && retries && !book_->ending)
                book_->breaks("given up with tries left");
        };
        const std::uint64_t number = by.kept.emits();
        if (by.retries)  // each try has the time of the options
            by.socket.emit("kept", by.name, number, question, settle);
        else
            by.socket.timeout(patience).emit("kept", by.name, number, question, settle);
    }

    void say_volatile(tap& by)
    {
        if (!by.retries && by.socket.connected())
            by.socket.emit_volatile("volatile", by.epoch, book_->said.sends());
    }

    /// More than may wait, in one turn: what the connection does not take is kept for later.
    void flood(tap& by)
    {
        book_->world->home().post([this, &by] {
            for (int i = 0; i < 8 && by.socket.connected() && !by.retries; ++i)
                by.socket.emit(
                    "up", by.epoch, book_->up.sends(by.epoch), std::string(big_event_bytes, '.')
                );
        });
    }

    // --- what must hold ---

    [[nodiscard]] bool all_connected() const
    {
        return std::ranges::all_of(all, [](const one_client& one) {
            return std::ranges::all_of(one.taps, [](const tap& socket) {
                return socket.socket.connected() == socket.wanted;
            });
        });
    }

    [[nodiscard]] bool all_delivered() const
    {
        return std::ranges::all_of(all, [](const one_client& one) {
            return std::ranges::all_of(one.taps, [](const tap& socket) {
                return !socket.retries || socket.kept.is_complete();
            });
        });
    }

    [[nodiscard]] bool all_answered() const
    {
        return std::ranges::all_of(all, [this](const one_client& one) {
            return std::ranges::all_of(one.taps, [this](const tap& socket) {
                return std::ranges::all_of(socket.asked, [this](std::uint64_t question) {
                    return book_->questions.has_ended(question);
                });
            });
        });
    }

    [[nodiscard]] bool has_one_in_backoff() const
    {
        return std::ranges::any_of(all, [](const one_client& one) {
            return one.manager->is_active() && !one.manager->is_open();
        });
    }

    void check_queues()
    {
        for (const one_client& one : all)
            for (const tap& socket : one.taps)
                book_->check_queue(socket.name, socket.socket.conn().pending_bytes());
    }

    [[nodiscard]] one_client* find(std::size_t number)
    {
        const auto found = std::ranges::find(all, number, &one_client::number);
        return found != all.end() ? &*found : nullptr;
    }

    /// A server has heard what one of them keeps until it is connected.
    void kept_was_heard(const std::string& name, const std::string& socket, std::uint64_t number)
    {
        for (one_client& client : all)
            for (tap& one : client.taps)
                if (one.name == name)
                    one.kept.heard(socket, number);
    }

    std::deque<one_client> all;
    duration patience = 3s;  // with an answer

private:
    void throws_if(tap& made, thrower what, milestone reached)
    {
        if (made.throws != what)
            return;
        made.throws.reset();
        book_->reach(reached);
        throw std::runtime_error{asked_to_throw};
    }

    void hears_down(tap& made, std::uint64_t number, const arguments& rest)
    {
        made.life.hears();
        book_->note(made.name, fmt::format("hears #{}", number));
        book_->hears(made.name, "down", number);
        book_->down.heard(made.socket.id(), number);
        book_->reach(milestone::event_down);
        made.last_number = number;
        if (const boost::json::string* const last = rest.values.back().if_string())
            made.last_offset = *last;
        throws_if(made, thrower::event, milestone::client_handler_threw);
    }

    void hear(tap& made)
    {
        made.socket.on_connect([this, &made, kept = book_->witness] {
            made.life.connected();
            book_->note(
                made.name,
                fmt::format("is {}{}", made.socket.id(), made.socket.recovered() ? " again" : "")
            );
            book_->wire.secrets.shows(made.socket.id());
            made.epoch = fmt::format("{} life {}", made.name, made.life.lives());
            if (made.socket.recovered())
                book_->reach(milestone::recovered);
            talk(made);
            throws_if(made, thrower::connect, milestone::client_connect_threw);
        });
        made.socket.on_connect_error(
            [this,
             &made,
             kept = book_->witness](const std::string& why, const boost::json::value&) {
                book_->wire.secrets.shows(why);
                made.life.refused();
            }
        );
        made.socket.on_disconnect([this, &made, kept = book_->witness](close_reason reason) {
            made.life.disconnected();
            book_->note(made.name, to_string(reason));
            book_->check_reason(made.name, reason);
            if (reason == close_reason::io_server_disconnect)
                made.wanted = false;  // it does not come back by itself
            throws_if(made, thrower::disconnect, milestone::client_disconnect_threw);
        });
        made.socket.on(
            "down",
            [this, &made, kept = book_->witness](std::uint64_t number, const arguments& rest) {
                hears_down(made, number, rest);
            }
        );
        made.socket.on(
            "down with attachment",
            [this, &made, kept = book_->witness](
                std::uint64_t number, const binary& what, const arguments& rest
            ) {
                if (what.size() != attachment_bytes)
                    book_->breaks("an attachment has changed");
                book_->reach(milestone::attachment_down);
                hears_down(made, number, rest);
            }
        );
        made.socket.on(volatile_event, [this, &made, kept = book_->witness](std::uint64_t number) {
            made.life.hears();
            book_->passing.heard(made.socket.id(), number);
        });
        made.socket.on(
            "ask",
            [this, &made, kept = book_->witness](
                std::uint64_t question, const std::string&, ack<std::uint64_t> to
            ) {
                made.life.hears();
                book_->asked(question);
                to(question);
            }
        );
    }

    ledger* book_;
};

}  // namespace cosio::test
