// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/socket_state.hpp>

namespace cosio::detail {

socket_state::socket_state(
    shard& home, const multiplexer_limits& limits, std::string_view nsp_name, namespace_state* nsp
)
    : home_{&home},
      limits_{&limits},
      nsp_{nsp},
      client_{nsp ? nullptr : std::make_unique<client_part>(nsp_name)},
      drops_{limits.overflow == overflow_policy::drop}
{}

socket_state::~socket_state() = default;

const std::string& socket_state::nsp_name() const noexcept
{
    return nsp_ ? nsp_->name() : client_->nsp;
}

void socket_state::attach(multiplexer& owner, protocol::slot where) noexcept
{
    owner_ = &owner;
    where_ = where;
}

void socket_state::add_handler(std::string_view event, event_handler_ptr handler)
{
    if (over_)
        return;
    if (!events_)
        events_ = std::make_unique<event_table>();
    events_->add(event, std::move(handler));
}

void socket_state::remove_handlers(std::string_view event) noexcept
{
    if (events_)
        events_->remove(event);
}

void socket_state::interrupt_streams()
{
    if (events_)
        events_->interrupt(errc::disconnected);
}

template <class Handler>
void socket_state::add_lifecycle(std::vector<Handler> lifecycle_handlers::* to, Handler handler)
{
    if (over_)
        return;
    if (!lifecycle_)
        lifecycle_ = std::make_unique<lifecycle_handlers>();
    ((*lifecycle_).*to).push_back(std::move(handler));
}

void socket_state::add_disconnecting(std::function<void(close_reason, error_code)> handler)
{
    add_lifecycle(&lifecycle_handlers::disconnecting, std::move(handler));
}

void socket_state::add_disconnect(std::function<void(close_reason, error_code)> handler)
{
    add_lifecycle(&lifecycle_handlers::disconnect, std::move(handler));
}

void socket_state::add_upgrade(std::function<void(std::string_view)> handler)
{
    add_lifecycle(&lifecycle_handlers::upgrade, std::move(handler));
}

void socket_state::add_drain(std::function<void()> handler)
{
    add_lifecycle(&lifecycle_handlers::drain, std::move(handler));
    if (owner_)
        owner_->link().watch_drain();
}

void socket_state::when_drained(std::function<void(error_code)> told)
{
    if (over_ || !owner_) {
        told(errc::closed);
    } else if (owner_->link().pending().empty()) {
        told({});
    } else {
        add_lifecycle(&lifecycle_handlers::drained, std::move(told));
        owner_->link().watch_drain();
    }
}

void socket_state::run_upgrade_handlers()
{
    const socket_ptr keep{this};
    if (!lifecycle_)
        return;
    const auto handlers = lifecycle_->upgrade;
    for (const auto& handler : handlers)
        if (!guard(*this, "upgrade", [&] { handler(transport_name()); }))
            disconnect(false);
}

void socket_state::run_drain_handlers()
{
    const socket_ptr keep{this};
    if (keeps_emits())
        client_->out->on_drain();
    if (!lifecycle_)
        return;
    const auto waiting = std::exchange(lifecycle_->drained, {});
    const auto handlers = lifecycle_->drain;
    for (const auto& told : waiting)
        told({});
    for (const auto& handler : handlers)
        if (!guard(*this, "drain", [&] { handler(); }))
            disconnect(false);
}

void socket_state::add_connect(std::function<void()> handler)
{
    add_lifecycle(&lifecycle_handlers::connect, std::move(handler));
}

void socket_state::add_connect_error(
    std::function<void(const std::string&, const boost::json::value&)> handler
)
{
    add_lifecycle(&lifecycle_handlers::connect_error, std::move(handler));
}

send_status socket_state::send(protocol::encoded_packet packet, emit_flags flags)
{
    if (!connected_)
        return send_status::closed;
    if (home_->is_current()) {
        if (!owner_)
            return send_status::closed;
        if (has_outgoing_listeners())
            tell_outgoing(packet, 0);
        if (!owner_)
            return send_status::closed;
        if (flags.recoverable && nsp_ && nsp_->recovery) {
            audience itself{.rooms = {id.str()}};
            packet = nsp_->recovery->log(packet, std::move(itself), protocol::reach::local).packet;
        }
        return owner_->send(packet, flags, overflow());
    }
    socket_ptr self{this};
    home_->post([self, packet = std::move(packet), flags]() mutable {
        static_cast<void>(self->send(std::move(packet), flags));
    });
    return send_status::queued;
}

send_status socket_state::refuse_emit(std::string_view event, error_code why) const
{
    limits_->log(
        log_level::warning, "{} {}: emit \"{}\": {}", nsp_name(), id.view(), event, why.message()
    );
    return send_status::rejected;
}

result<std::uint64_t> socket_state::await_ack(
    std::unique_ptr<protocol::ack_receiver>&& receiver, std::optional<duration> timeout
)
{
    error_code why;
    if (!may_await(receiver, why))
        return why;
    const time_point deadline = home_->now() + timeout.value_or(limits_->ack_timeout);
    const std::uint64_t ack_id = backlog_->acks.add(std::move(receiver), deadline);
    owner_->deadline_changed();
    return ack_id;
}

/// One more answer may be waited for; else the receiver is told why not.
bool socket_state::may_await(std::unique_ptr<protocol::ack_receiver>& receiver, error_code& why)
{
    if (!connected_ || !owner_)
        why = errc::closed;
    else if (backlog_ && backlog_->acks.size() >= limits_->max_pending_acks)
        why = errc::too_many_acks;
    if (why) {
        limits_->fired->count(why);
        complete(std::move(receiver), why, nullptr);
        return false;
    }
    static_cast<void>(what_waits());
    return true;
}

socket_state::backlog& socket_state::what_waits()
{
    if (!backlog_)
        backlog_ = std::make_unique<backlog>();
    return *backlog_;
}

void socket_state::ask(
    const protocol::encoded_packet& packet,
    std::uint64_t ack_id,
    std::unique_ptr<protocol::ack_receiver> receiver,
    std::optional<duration> timeout,
    emit_flags flags
)
{
    const socket_ptr keep{this};
    error_code why;
    if (!may_await(receiver, why))
        return;
    const time_point deadline = home_->now() + timeout.value_or(limits_->ack_timeout);
    if (!backlog_->acks.add_as(ack_id, receiver, deadline)) {
        complete(std::move(receiver), errc::too_many_acks, nullptr);
        return;
    }
    owner_->deadline_changed();
    if (has_outgoing_listeners())
        tell_outgoing(packet, 0);
    if (owner_ && owner_->send(packet, flags, overflow()) == send_status::dropped)
        cancel_ack(ack_id, errc::timeout);
}

void socket_state::cancel_ack(std::uint64_t ack_id, error_code why)
{
    if (auto receiver = forget_ack(ack_id))
        complete(std::move(receiver), why, nullptr);
}

std::unique_ptr<protocol::ack_receiver> socket_state::forget_ack(std::uint64_t ack_id) noexcept
{
    return backlog_ ? backlog_->acks.take(ack_id) : nullptr;
}

std::string_view socket_state::transport_name() const noexcept
{
    return owner_ ? engine::to_string(owner_->link().rules().link()) : std::string_view{};
}

void socket_state::complete(
    std::unique_ptr<protocol::ack_receiver> receiver, error_code why, const decoded_packet* reply
)
{
    const socket_ptr keep{this};
    if (!guard(*this, "acknowledgement", [&] { receiver->complete(why, reply); }))
        disconnect(false);
}

void socket_state::resolve(std::uint64_t ack_id, const decoded_packet& packet)
{
    if (keeps_emits()) {
        client_->out->on_ack(ack_id, packet);
        return;
    }
    if (!backlog_)
        return;
    if (auto receiver = backlog_->acks.take(ack_id))
        complete(std::move(receiver), {}, &packet);
}

void socket_state::expire_acks(time_point now)
{
    const socket_ptr keep{this};
    while (auto receiver = backlog_ ? backlog_->acks.take_expired(now) : nullptr) {
        limits_->fired->count(limit::ack_timeout);
        complete(std::move(receiver), errc::timeout, nullptr);
    }
}

void socket_state::run_connect_handlers()
{
    const socket_ptr keep{this};
    if (!lifecycle_)
        return;
    const auto handlers = lifecycle_->connect;
    for (const auto& handler : handlers)
        guard(*this, "connect", [&] { handler(); });
}

void socket_state::run_connect_error_handlers(
    const std::string& message, const boost::json::value& details
)
{
    const socket_ptr keep{this};
    if (!lifecycle_)
        return;
    const auto handlers = lifecycle_->connect_error;
    for (const auto& handler : handlers)
        guard(*this, "connect_error", [&] { handler(message, details); });
}

void socket_state::disconnect(bool close_connection)
{
    if (client_ ? client_->over.load() : !connected_ && !owner_)
        return;
    if (!home_->is_current()) {
        socket_ptr self{this};
        home_->post([self, close_connection] { self->disconnect(close_connection); });
        return;
    }
    if (client_)
        client_->active = false;
    if (!owner_) {
        interrupt_streams();
        return;
    }
    const close_reason reason =
        nsp_ ? close_reason::server_namespace_disconnect : close_reason::io_client_disconnect;
    multiplexer& owner = *owner_;
    if (close_connection)
        owner.disconnect_all(reason);
    else
        owner.disconnect(*this, reason);
}

void socket_state::close_connection()
{
    if (!connected_)
        return;
    if (!home_->is_current()) {
        socket_ptr self{this};
        home_->post([self] { self->close_connection(); });
        return;
    }
    if (owner_)
        owner_->link().close(close_reason::forced_close);
}

/// What of end() a socket sees that may be connected again: its handlers stay.
void socket_state::pause(close_reason reason, error_code why)
{
    const bool was_connected = connected_;
    drop_held();
    owner_ = nullptr;
    if (reason == close_reason::io_server_disconnect)
        client_->active = false;
    if (lifecycle_)
        for (const auto& told : std::exchange(lifecycle_->drained, {}))
            told(errc::closed);
    // Copies: a handler may add one.
    const auto disconnecting = lifecycle_ ? lifecycle_->disconnecting : disconnect_handlers{};
    if (was_connected)
        for (const auto& handler : disconnecting)
            guard(*this, "disconnecting", [&] { handler(reason, why); });
    leave();
    const auto disconnected = lifecycle_ ? lifecycle_->disconnect : disconnect_handlers{};
    if (was_connected)
        for (const auto& handler : disconnected)
            guard(*this, "disconnect", [&] { handler(reason, why); });
    if (is_deaf())
        interrupt_streams();
}

void socket_state::end(close_reason reason, error_code why)
{
    const socket_ptr keep{this};
    if (keeps_emits()) {
        pause(reason, why);
        return;
    }
    const bool was_connected = connected_;
    drop_held();
    set_over();
    owner_ = nullptr;
    // The handlers often own a handle of this very socket: they must go, whatever happens here.
    const auto events = std::move(events_);
    const auto intercepting = std::move(interceptors_);
    const auto lifecycle = std::move(lifecycle_);
    if (lifecycle)
        for (const auto& told : lifecycle->drained)
            told(errc::closed);
    if (was_connected && lifecycle)
        for (const auto& handler : lifecycle->disconnecting)
            guard(*this, "disconnecting", [&] { handler(reason, why); });
    // What cannot be kept for a recovery must not keep the socket from leaving.
    std::vector<protocol::membership> rooms;
    bool keeps = recovery && nsp_->recovery && protocol::keeps_session(reason);
    if (keeps && was_connected && nsp_->contains(*this))
        keeps = guard(*this, "recovery", [&] { rooms = nsp_->recovery->rooms_of(*this); });
    leave();
    if (was_connected && lifecycle)
        for (const auto& handler : lifecycle->disconnect)
            guard(*this, "disconnect", [&] { handler(reason, why); });
    if (keeps && nsp_->recovery)
        guard(*this, "recovery", [&] {
            if (recovery->restored)
                nsp_->recovery->keep_restored(*this);
            else if (was_connected)
                nsp_->recovery->keep(*this, std::move(rooms));
        });
    if (nsp_)
        nsp_->all().left();
}

void socket_state::abandon() noexcept
{
    const socket_ptr keep{this};
    drop_held();
    if (keeps_emits())
        client_->out->on_end();
    set_over();
    owner_ = nullptr;
    const auto events = std::move(events_);
    const auto intercepting = std::move(interceptors_);
    const auto lifecycle = std::move(lifecycle_);
    if (lifecycle)
        for (const auto& told : lifecycle->drained)
            told(errc::closed);
    leave();
    if (nsp_)
        nsp_->all().left();
}

void socket_state::set_over() noexcept
{
    over_ = true;
    if (!client_)
        return;
    client_->active = false;
    client_->over = true;
}

void socket_state::leave()
{
    connected_ = false;
    if (keeps_emits())
        client_->out->on_disconnect();
    if (nsp_)
        nsp_->remove(*this);
    if (const auto left = std::move(backlog_))
        while (auto receiver =
                   COSIO_MUTANT(acks_not_failed_on_disconnect) ? nullptr : left->acks.take_next())
            guard(*this, "acknowledgement", [&] {
                receiver->complete(errc::disconnected, nullptr);
            });
}

}  // namespace cosio::detail
