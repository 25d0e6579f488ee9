// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "client_side.hpp"
#include "ledger.hpp"

#include <deque>
#include <memory>
#include <string>

namespace cosio::test {

/// Clients that claim the session of another, whose pid and offset they have got hold of (I10): whoever comes first gets
/// it, and no one after it.
template <class Codec>
class claimants
{
public:
    explicit claimants(ledger& book) : book_{&book} {}

    /// What one claims.
    struct claim
    {
        std::string nsp;
        std::string pid;
        std::string offset;
        std::uint64_t last_number;  // that came with the offset
    };

    void come(simulated_network& network, claim what)
    {
        client_options options;
        options.transports = {engine::transport_kind::websocket};
        options.handshake_timeout = 4s;
        options.ack_timeout = 3s;
        options.reconnection = false;
        boost::json::object auth{{"name", claimant}, {claimant, "yes"}, {"pid", what.pid}};
        if (!what.offset.empty())
            auth["offset"] = what.offset;
        one_claimant& made = all_.emplace_back(
            fmt::format("claimant {}", all_.size()), book_->broken, what.last_number
        );
        made.manager = std::make_unique<basic_manager<Codec>>(
            book_->world->home(), network.connect_to("http://chat", options), options
        );
        made.socket = made.manager->socket(what.nsp, std::move(auth));
        hear(made, what.pid);
    }

    void close()
    {
        for (one_claimant& one : all_)
            one.manager->close();
    }

    /// After their end.
    void clear() { all_.clear(); }

    void check_all_gone()
    {
        for (const one_claimant& one : all_)
            if (one.life.is_connected())
                book_->breaks("a claimant is connected after the end");
    }

private:
    struct one_claimant
    {
        one_claimant(std::string called, complaints& to, std::uint64_t number)
            : name{std::move(called)}, life{name, to}, last_number{number}
        {}

        std::string name;
        life_oracle life;
        std::uint64_t last_number;
        std::unique_ptr<basic_manager<Codec>> manager;
        basic_client_socket<Codec> socket;
    };

    void hear(one_claimant& made, const std::string& pid)
    {
        made.socket.on_connect([this, &made, pid, kept = book_->witness] {
            made.life.connected();
            const std::string nsp{made.socket.nsp_name()};
            const bool is_owner = book_->wire.packets.pid_of(nsp, made.socket.id()) == pid;
            book_->note(made.name, is_owner ? "takes it" : "comes too late");
            book_->reach(is_owner ? milestone::claimed_first : milestone::claimed_in_vain);
            if (is_owner)
                book_->down.follows(made.socket.id(), made.last_number, made.name);
        });
        made.socket.on_disconnect([&made, kept = book_->witness](close_reason) {
            made.life.disconnected();
        });
        made.socket.on(
            "down",
            [this, &made, kept = book_->witness](std::uint64_t number, const arguments&) {
                made.life.hears();
                book_->down.heard(made.socket.id(), number, made.name);
            }
        );
        made.socket.on(
            "down with attachment",
            [this,
             &made,
             kept = book_->witness](std::uint64_t number, const binary&, const arguments&) {
                made.life.hears();
                book_->down.heard(made.socket.id(), number, made.name);
            }
        );
        made.socket.on(
            "ask",
            [&made, kept = book_->witness](
                std::uint64_t question, const std::string&, ack<std::uint64_t> to
            ) {
                made.life.hears();
                to(question);
            }
        );
    }

    ledger* book_;
    std::deque<one_claimant> all_;
};

}  // namespace cosio::test
