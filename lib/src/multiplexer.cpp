// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/protocol/legacy.hpp>

#include <algorithm>
#include <utility>

namespace cosio::detail {

multiplexer::multiplexer(
    engine::peer& link, packet_decoder& decoder, const multiplexer_limits& limits, engine::role side
)
    : connection_{limits.connection, side, link.home().now()},
      link_{&link},
      decoder_{&decoder},
      limits_{&limits}
{}

multiplexer::~multiplexer() = default;

send_status multiplexer::send(
    const protocol::encoded_packet& packet, emit_flags flags, overflow_policy when_full
)
{
    if (flags.is_volatile && !link_->writable())
        return send_status::dropped;
    if (packet.head->key() && link_->replace_latest(packet.head, packet.attachments))
        return send_status::queued;
    const bool drops = when_full == overflow_policy::drop;
    if (drops && flags.is_event)
        return link_->send_or_drop(packet.head, packet.attachments);
    send_status status = link_->send(packet.head, drops);
    for (const frame_ref& attachment : packet.attachments)
        status = link_->send(attachment, drops);
    return status;
}

void multiplexer::send_control(
    protocol::packet_type type,
    std::string_view nsp,
    const boost::json::value* data,
    overflow_policy when_full
)
{
    const auto packet = codec().encode_control(type, nsp, data, limits_->packet);
    if (packet)
        static_cast<void>(send(*packet, {}, when_full));
    else if (type == protocol::packet_type::connect_error)
        // The user's data has no form on the wire; the refusal must arrive all the same.
        send_control(type, nsp, nullptr, when_full);
}

void multiplexer::place(protocol::slot where, socket_ptr socket)
{
    if (where >= sockets_.size())
        sockets_.resize(where + 1u);
    socket->attach(*this, where);
    sockets_[where] = std::move(socket);
}

socket_ptr multiplexer::take(protocol::slot where) noexcept
{
    return where < sockets_.size() ? std::exchange(sockets_[where], nullptr) : nullptr;
}

void multiplexer::on_message(frame_kind kind, bytes_view payload)
{
    const raw_message message{kind, payload};
    const raw_message* const whole = partial_ ? nullptr : &message;
    const auto decoded = decoder_->feed(partial_, kind, payload);
    const time_point now = link_->turn_began();
    if (!decoded)
        violate(decoded.error());
    else if (*decoded)
        perform(connection_.handle_packet(header_of(**decoded), now), *decoded, whole);
    else
        perform(connection_.handle_partial(partial_->header(), now), nullptr, nullptr);
}

protocol::packet_header multiplexer::header_of(const decoded_packet& packet) const
{
    protocol::packet_header header = packet.header();
    if (header.type == protocol::packet_type::connect && is_legacy())
        header.nsp = protocol::without_query(header.nsp);
    return header;
}

void multiplexer::perform(
    const protocol::actions& list, const decoded_packet* packet, const raw_message* whole
)
{
    for (const protocol::action& item : list) {
        if (const auto* event = std::get_if<protocol::dispatch>(&item)) {
            if (const socket_ptr socket = sockets_[event->where])
                socket->dispatch(*packet, whole);
        } else if (const auto* answer = std::get_if<protocol::resolve>(&item)) {
            if (const socket_ptr socket = sockets_[answer->where])
                socket->resolve(answer->id, *packet);
        } else if (const auto* asked = std::get_if<protocol::join>(&item)) {
            on_join(asked->where, packet);
        } else if (const auto* in = std::get_if<protocol::joined>(&item)) {
            on_joined(in->where, *packet);
        } else if (const auto* out = std::get_if<protocol::refused>(&item)) {
            on_refused(out->where, *packet);
        } else if (const auto* late = std::get_if<protocol::unwanted>(&item)) {
            on_unwanted(std::string{packet->header().nsp}, late->entered);
        } else if (const auto* soon = std::get_if<protocol::early>(&item)) {
            on_early(soon->where);
        } else if (const auto* left = std::get_if<protocol::leave>(&item)) {
            if (const socket_ptr socket = take(left->where))
                socket->end(left->reason);
        } else if (const auto* back = std::get_if<protocol::cancel>(&item)) {
            if (const socket_ptr socket = take(back->where))
                socket->end(close_reason::client_namespace_disconnect);
        } else if (const auto* broken = std::get_if<protocol::violation>(&item)) {
            violate(broken->why);
        }
    }
}

void multiplexer::on_join(protocol::slot, const decoded_packet*) {}

void multiplexer::on_joined(protocol::slot, const decoded_packet&) {}

void multiplexer::on_refused(protocol::slot, const decoded_packet&) {}

void multiplexer::on_unwanted(const std::string&, bool) {}

void multiplexer::violate(error_code why)
{
    limits_->fired->count(why);
    limits_->log(log_level::info, "connection closed: {}", why.message());
    link_->force_close(why);
}

void multiplexer::disconnect(socket_state& socket, close_reason reason)
{
    const protocol::slot where = socket.where();
    const socket_ptr taken = take(where);
    if (!taken)
        return;
    if (connection_.is_joined(where))
        send_control(
            protocol::packet_type::disconnect, connection_.name(where), nullptr, taken->overflow()
        );
    on_leaving(where);
    connection_.disconnect(where, link_->home().now());
    taken->end(reason);
    link_->deadline_changed();
}

void multiplexer::disconnect_all(close_reason reason)
{
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (const socket_ptr socket = sockets_[i])
            disconnect(*socket, reason);
    link_->force_close();
}

void multiplexer::on_upgrade()
{
    on_moved();
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (const socket_ptr socket = sockets_[i])
            socket->run_upgrade_handlers();
}

void multiplexer::on_drain()
{
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (const socket_ptr socket = sockets_[i])
            socket->run_drain_handlers();
}

void multiplexer::on_end(close_reason reason, error_code why)
{
    partial_.reset();
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (const socket_ptr socket = take(static_cast<protocol::slot>(i)))
            guard(*socket, "disconnect", [&] { socket->end(reason, why); });
    on_ended(reason, why);
}

void multiplexer::on_abandon() noexcept
{
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (const socket_ptr socket = take(static_cast<protocol::slot>(i)))
            socket->abandon();
}

std::optional<time_point> multiplexer::deadline() const noexcept
{
    std::optional<time_point> next = connection_.deadline();
    for (const socket_ptr& socket : sockets_)
        if (socket)
            if (const auto acks = socket->ack_deadline(); acks && (!next || *acks < *next))
                next = acks;
    return next;
}

void multiplexer::on_deadline(time_point now)
{
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (const socket_ptr socket = sockets_[i])
            socket->expire_acks(now);
    perform(connection_.handle_deadline(now), nullptr, nullptr);
}

bool multiplexer::awaits_answer() const noexcept
{
    return std::ranges::any_of(sockets_, [](const socket_ptr& one) {
        return one && one->awaits_answer();
    });
}

}  // namespace cosio::detail
