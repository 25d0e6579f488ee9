// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ledger.hpp"

#include <cosio/manager.hpp>
#include <cosio/transports/simulated_network.hpp>

namespace cosio::test {

/// A client that nothing is done to: it hears of the faults of others by the clock only (I20, I22).
template <class Codec>
class calm_client
{
public:
    calm_client(ledger& book, simulated_network& network)
        : book_{&book},
          manager_{book.world->home(), network.connect_to("http://calm", options()), options()},
          socket_{manager_.socket("/calm")}
    {
        socket_.on_connect([this] { disturbed_at_ = book_->disturbed_at; });
        socket_.on_disconnect([this](close_reason reason) {
            // What a server said before its end may still be under way.
            const bool at_last = now() - book_->disturbed_at < 1s;
            if (disturbed_at_ == book_->disturbed_at && !at_last && !overslept() && !book_->ending)
                book_->breaks(fmt::format("a calm client was disturbed: {}", to_string(reason)));
        });
    }

    void asks()
    {
        if (!socket_.connected() || disturbed_at_ != book_->disturbed_at)
            return;
        const duration since = now();
        socket_.emit(
            "ask",
            std::uint64_t{1},
            [this, since, frozen = book_->frozen](result<std::uint64_t> with) {
                const bool late = now() - since - (book_->frozen - frozen) > 1s;
                const bool is_excused = (!with && overslept()) || book_->ending;
                if ((!with || late) && !is_excused && since > book_->disturbed_at + 1s)
                    book_->breaks("a calm client waited for an answer");
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

    [[nodiscard]] duration now() const { return book_->world->now(); }

    [[nodiscard]] bool overslept() const
    {
        return now() - book_->frozen_at < ping_interval + ping_timeout;
    }

    ledger* book_;
    basic_manager<Codec> manager_;
    basic_client_socket<Codec> socket_;
    duration disturbed_at_ = {};
};

}  // namespace cosio::test
