// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/client_outgoing.hpp>
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/socket_state.hpp>

#include <utility>

namespace cosio::detail {
namespace {

constexpr duration pause_without_memory = std::chrono::seconds{1};

}  // namespace

send_status client_outgoing::emit(
    std::string_view event, protocol::emission& what, const emit_flags& flags
)
{
    const socket_ptr keep{socket_};
    if (over_) {
        refuse(std::move(what.receiver), errc::closed);
        return send_status::closed;
    }
    const std::optional<std::uint64_t> id = what.id;
    const bool asks = what.receiver != nullptr;
    send_status status = send_status::queued;
    switch (rules_.emit(what, socket_->home().now())) {
    case protocol::emit_outcome::send:
        status = socket_->send(std::move(what.packet), flags);
        if (status == send_status::dropped && id)
            refuse(rules_.cancel(*id), errc::timeout);  // VOL-4: nobody was asked
        break;
    case protocol::emit_outcome::kept: break;
    case protocol::emit_outcome::dropped: status = send_status::dropped; break;
    case protocol::emit_outcome::refused:
        if (!asks)
            socket_->limits().fired->count(what.refused);
        status = socket_->refuse_emit(event, what.refused);
        break;
    }
    settle();
    return status;
}

void client_outgoing::refuse(std::unique_ptr<protocol::ack_receiver> receiver, error_code why)
{
    if (receiver)
        socket_->complete(std::move(receiver), why, nullptr);
}

void client_outgoing::on_connect()
{
    rules_.handle_connect();
    settle();
}

void client_outgoing::on_disconnect()
{
    rules_.handle_disconnect();
    tell_ended();
    rearm();
}

void client_outgoing::on_ack(std::uint64_t id, const decoded_packet& packet)
{
    const socket_ptr keep{socket_};
    if (auto receiver = rules_.handle_ack(id))
        socket_->complete(std::move(receiver), {}, &packet);
    settle();
}

void client_outgoing::on_end()
{
    over_ = true;
    socket_->home().time().disarm(*this);
    // Twice: who is told leaves room for the others, if it was too little for all.
    for (int tries = 0; tries != 2; ++tries) {
        guard(*socket_, "acknowledgement", [&] { rules_.clear(errc::disconnected); });
        tell_ended();
    }
}

void client_outgoing::on_deadline(time_point now)
{
    const socket_ptr keep{socket_};
    const bool told = guard(*socket_, "acknowledgement", [&] {
        rules_.handle_deadline(now);
        settle();
    });
    if (!told && !over_)
        socket_->home().time().arm(*this, now + pause_without_memory);
}

/// Sends what may be sent now, and tells those whose wait is over.
void client_outgoing::settle()
{
    const socket_ptr keep{socket_};
    while (link_takes_more()) {
        std::optional<protocol::encoded_packet> packet = rules_.next(socket_->home().now());
        if (!packet)
            break;
        static_cast<void>(socket_->send(std::move(*packet), {.is_event = true}));
    }
    tell_ended();
    rearm();
}

/// The whole buffer at once could be more than may wait to be written.
bool client_outgoing::link_takes_more() const
{
    multiplexer* const owner = socket_->owner();
    if (!owner)
        return false;
    const outbox& pending = owner->link().pending();
    if (pending.bytes() < config_->burst_bytes && pending.size() < config_->burst_packets)
        return true;
    owner->link().watch_drain();
    return false;
}

void client_outgoing::tell_ended()
{
    const socket_ptr keep{socket_};
    while (auto ended = rules_.take_ended()) {
        socket_->limits().fired->count(ended->why);
        socket_->complete(std::move(ended->receiver), ended->why, nullptr);
    }
}

void client_outgoing::rearm()
{
    const std::optional<time_point> next = rules_.deadline();
    if (over_ || !next)
        socket_->home().time().disarm(*this);
    else if (!armed() || *next < armed_for())
        socket_->home().time().arm(*this, *next);
}

}  // namespace cosio::detail
