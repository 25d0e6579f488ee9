// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/outbox.hpp>
#include <cosio/protocol/outgoing.hpp>
#include <cosio/timer_queue.hpp>

#include <memory>
#include <string_view>

namespace cosio::detail {

class socket_state;
struct emit_flags;

/// What the sockets of one manager are told of its options.
struct client_outgoing_config
{
    protocol::outgoing_config rules;
    std::size_t burst_bytes = 0;    ///< when so much waits to be written, the buffer waits too
    std::size_t burst_packets = 0;  ///< the same
};

/// The driver of protocol::outgoing: how the events of a manager's socket leave, now or when it is connected.
/// Thread: the shard. Cost: one timer for all answers that a socket waits for.
class client_outgoing final : private timer_node
{
public:
    /// Lifetime: the socket owns it.
    client_outgoing(socket_state& socket, std::shared_ptr<const client_outgoing_config> config)
        : socket_{&socket}, config_{std::move(config)}, rules_{config_->rules}
    {}

    /// True if each event is sent until it is acknowledged.
    [[nodiscard]] bool retries() const noexcept { return config_->rules.retries.has_value(); }

    /// The id to encode an event with.
    [[nodiscard]] std::optional<std::uint64_t> id_for(bool wants_answer, bool is_volatile) noexcept
    {
        return rules_.id_for(wants_answer, is_volatile);
    }

    send_status emit(std::string_view event, protocol::emission& what, const emit_flags& flags);

    /// An event could not be encoded.
    void refuse(std::unique_ptr<protocol::ack_receiver> receiver, error_code why);

    void on_connect();
    void on_disconnect();
    void on_ack(std::uint64_t id, const decoded_packet& packet);

    void on_drain() { settle(); }

    void on_max_payload(std::uint64_t bytes, engine::transport_kind link)
    {
        rules_.handle_max_payload(bytes, link);
    }

    /// The socket is over: nothing will be sent any more.
    void on_end();

    [[nodiscard]] bool awaits_answer() const noexcept { return rules_.awaits_answer(); }

private:
    void on_deadline(time_point now) override;
    void settle();
    [[nodiscard]] bool link_takes_more() const;
    void tell_ended();
    void rearm();

    socket_state* socket_;
    std::shared_ptr<const client_outgoing_config> config_;
    protocol::outgoing rules_;
    bool over_ = false;
};

}  // namespace cosio::detail
