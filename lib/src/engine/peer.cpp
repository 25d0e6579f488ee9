// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/engine/peer.hpp>

namespace cosio::engine {
namespace {

// Beyond this many frames a flush no longer waits for the end of the turn: one write takes no more anyway.
constexpr std::size_t early_flush_frames = 256;

bool fills_a_write(const outbox& pending) noexcept
{
    return pending.size() >= early_flush_frames && pending.size() % early_flush_frames == 0;
}

/// A client's process may have been stopped: an emit can come before the timer that should have fired (HB-4).
bool is_overdue(peer& of)
{
    if (of.rules().side() != role::client)
        return false;
    const std::optional<time_point> due = of.rules().deadline();
    return due && of.home().now() >= *due;
}

}  // namespace

peer::peer(shard& home, const peer_config& config, role side, session_id id, peer_owner* owner)
    : home_{&home},
      config_{&config},
      owner_{owner},
      session_{config.session, side, transport_kind::loopback, home.now()},
      resumed_{home.executor()},
      id_{std::move(id)}
{}

peer::~peer() = default;

void peer::set_handler(std::unique_ptr<peer_handler> handler) noexcept
{
    handler_ = std::move(handler);
}

void peer::speak(const dialect& spoken) noexcept
{
    session_.speak(spoken.protocol, home_->now());
    encodes_binary_ = !spoken.supports_binary;
}

void peer::start(std::unique_ptr<transport> link, frame_ref first)
{
    if (config_->count_traffic)
        traffic_ = std::make_unique<traffic>();
    link_ = link.get();
    session_.bind(link_->kind());
    if (first)
        queue(std::move(first));
    rearm();
    home_->flush_later(*this);
    peer_ptr self{this};
    // In a later turn: whoever opens the session may be in the middle of a packet of another one.
    home_->post([self = std::move(self), link = std::move(link)]() mutable {
        self->begin(std::move(link));
    });
}

void peer::begin(std::unique_ptr<transport> link)
{
    if (is_open() && session_.side() == role::server) {
        turn_began_ = home_->now();
        tell_handler([](peer_handler& handler) { handler.on_open({}); });
    }
    drive(std::move(link));
}

void peer::drive(std::unique_ptr<transport> link)
{
    const peer_ptr keep{this};
    try {
        serve(keep, std::move(link));
    } catch (const std::bad_alloc&) {  // the link is gone, with the frame that was to own it
        link_ = nullptr;
        guarded([this] { perform(session_.handle_link_end(errc::connection_closed)); });
        lose_link();
    }
}

void peer::lose_candidate(error_code why)
{
    guarded([&] { perform(session_.handle_candidate_end(home_->now()), why); });
}

void peer::offer(std::unique_ptr<transport> candidate, bool supports_binary)
{
    if (session_.can_upgrade()) {
        candidate_supports_binary_ = supports_binary;
        candidate_ = candidate.get();
        guarded([this] { perform(session_.handle_candidate(home_->now())); });
    } else {
        drop(*candidate);
    }
    peer_ptr self{this};
    home_->post([self = std::move(self), link = std::move(candidate)]() mutable {
        const transport* const offered = link.get();
        try {
            probe(self, std::move(link));
        } catch (const std::bad_alloc&) {  // as in drive()
            if (self->candidate_ != offered)
                return;
            self->candidate_ = nullptr;
            self->lose_candidate();
        }
    });
}

bool peer::rewrites(const frame& message) const noexcept
{
    return message.kind() == frame_kind::binary &&
           (encodes_binary_ || session_.protocol() == revision::v3);
}

frame_ref peer::as_spoken(frame_ref message) const
{
    if (!rewrites(*message))
        return message;
    return session_.protocol() == revision::v3 ? encode_legacy_binary(*message, !encodes_binary_)
                                               : encode_binary_as_text(*message);
}

void peer::queue(frame_ref frame)
{
    frame = as_spoken(std::move(frame));
    if (traffic_) {
        ++traffic_->packets_out;
        traffic_->bytes_out += frame->size();
    }
    outbox_.push(std::move(frame));
}

send_status peer::send(frame_ref message, bool has_reserve)
{
    if (is_overdue(*this))
        on_deadline(home_->now());
    if (!is_open())
        return send_status::closed;
    // A gap would not be noticed by anybody, and half a packet breaks the rules.
    guarded([&] { queue(std::move(message)); });
    if (!is_open())
        return send_status::closed;
    const auto overflows = [this, has_reserve] {
        const auto counted = [has_reserve](std::size_t n) { return has_reserve ? (n + 1) / 2 : n; };
        return session_.overflows(counted(outbox_.bytes()), counted(outbox_.size()));
    };
    // What the link would take at once is not held against the peer.
    if (fills_a_write(outbox_) || overflows())
        flush();
    if (overflows()) {
        perform(session_.handle_overflow(outbox_.bytes(), outbox_.size()), errc::send_queue_full);
        return send_status::closed;
    }
    return leave_later();
}

send_status peer::leave_later()
{
    home_->flush_later(*this);
    return waiting_writable_ || session_.upgrading() ? send_status::queued : send_status::sent;
}

send_status peer::send_or_drop(const frame_ref& head, std::span<const frame_ref> rest)
{
    if (is_overdue(*this))
        on_deadline(home_->now());
    if (!is_open())
        return send_status::closed;
    const auto overflows = [this] { return session_.overflows(outbox_.bytes(), outbox_.size()); };
    const std::size_t bytes_before = outbox_.bytes();
    const std::size_t frames = 1 + rest.size();
    guarded([&] {
        queue(head);
        for (const frame_ref& one : rest)
            queue(one);
    });
    if (!is_open())
        return send_status::closed;
    const std::size_t bytes = outbox_.bytes() - bytes_before;
    // A link that did not take the last write would not take this one.
    if ((fills_a_write(outbox_) || overflows()) && !waiting_writable_)
        flush();
    if (overflows() && outbox_.take_back(frames)) {
        config_->fired->count(limit::max_send_queue);
        if (traffic_) {
            traffic_->packets_out -= frames;
            traffic_->bytes_out -= bytes;
        }
        return send_status::dropped;
    }
    return leave_later();
}

bool peer::replace_latest(const frame_ref& head, std::span<const frame_ref> rest)
{
    const session_config& limits = config_->session;
    std::vector<frame_ref> rewritten;
    if (!rest.empty() && rewrites(*rest.front())) {
        for (const frame_ref& one : rest)
            rewritten.push_back(as_spoken(one));
        rest = rewritten;
    }
    return is_open() && outbox_.replace_latest(
                            head, rest, limits.max_send_queue_bytes, limits.max_send_queue_packets
                        );
}

bool peer::writable() const noexcept
{
    return is_open() && outbox_.empty() && !session_.upgrading() && link_ && link_->writable();
}

void peer::close(close_reason reason)
{
    perform(session_.close(reason));
}

void peer::force_close(error_code why)
{
    perform(session_.force_close(writable() || !outbox_.empty()), why);
}

void peer::detach() noexcept
{
    static_cast<void>(session_.close(close_reason::server_shutting_down));
    owner_ = nullptr;
    home_->time().disarm(*this);
    flushable::unlink();
    resumed_.notify();
    tell_candidate();
    if (auto handler = std::exchange(handler_, nullptr)) {
        handler->on_abandon();
        home_->post([ended = std::move(handler)] {});
    }
    if (transport* const dropped = std::exchange(candidate_, nullptr))
        dropped->close();
    if (link_)
        link_->close();
}

void peer::deadline_changed()
{
    rearm();
    resume_reading();
}

void peer::handler_ended() noexcept
{
    --running_handlers_;
    resume_reading();
}

void peer::events_released(std::size_t weight) noexcept
{
    held_events_ = static_cast<std::uint16_t>(held_events_ - weight);
    resume_reading();
}

void peer::resume_reading() noexcept
{
    // A handler may outlive the session, and then `config_` too.
    if (!reading_pauses_ || session_.is_closed() || paused())
        return;
    reading_pauses_ = false;
    resumed_.notify();
}

bool peer::paused() const noexcept
{
    if (running_handlers_ + held_events_ < config_->max_running_handlers)
        return false;
    if (running_handlers_ >= config_->max_running_handlers || !handler_)
        return true;
    return held_events_ >= config_->max_held_events || !handler_->awaits_answer();
}

void peer::set_heartbeat(duration interval, duration timeout)
{
    session_.set_heartbeat(interval, timeout, home_->now());
    rearm();
}

/// What serve() waits for: something to read, or that reading may go on.
class peer::arrival
{
public:
    arrival(peer& of, transport& link) noexcept : of_{&of}, link_{&link} {}

    [[nodiscard]] std::optional<error_code> park(parked& who)
    {
        if (!of_->drives(*link_) || !of_->paused())
            return link_->park(who);
        of_->config_->fired->count(
            of_->held_events_ >= of_->config_->max_held_events ? limit::max_held_events
                                                               : limit::max_running_handlers
        );
        of_->reading_pauses_ = true;
        return of_->resumed_.park(who);
    }

private:
    peer* of_;
    transport* link_;
};

// One place to wait, and no packet in the frame: there is one of these for each idle connection.
detail::driver peer::serve(peer_ptr self, std::unique_ptr<transport> link)
{
    arrival next{*self, *link};
    self->guarded([&] {
        self->turn_began_ = self->home_->now();
        self->take_packets(*link);
    });
    // A session that is over still says goodbye on its link; one that has moved has left it.
    while (self->link_ == link.get()) {
        const error_code ec = co_await wait_for{next};
        self->guarded([&] { self->take_turn(*link, ec); });
    }
}

void peer::take_turn(transport& link, error_code ec)
{
    turn_began_ = home_->now();
    if (ec)
        link_ended(link, ec);
    take_packets(link);
    look_if_held(link);
}

void peer::take_packets(transport& link)
{
    packet_view packet;
    while (drives(link)) {
        if (paused()) {
            link.retain();
            return;
        }
        if (!link.try_receive(packet))
            break;
        if (traffic_) {
            ++traffic_->packets_in;
            traffic_->bytes_in += packet.data.size();
        }
        perform(session_.handle_packet(packet, turn_began_));
    }
    while (link_ == &link && session_.is_closed() && link.try_receive(packet)) {
    }
    if (link_ == &link && candidate_)
        tell_candidate();
}

void peer::link_ended(transport& link, error_code why)
{
    if (drives(link)) {
        config_->fired->count(why);
        link_ = nullptr;
        perform(session_.handle_link_end(why), why);
    } else if (link_ == &link) {
        lose_link();
    }
}

/// Where the candidate's coroutine waits until the old link has nothing under way. Part of its frame: most
/// peers never have a candidate.
struct peer::idle_wait
{
    explicit idle_wait(peer& candidates) noexcept
        : of{&candidates}, told{candidates.home_->executor()}
    {
        of->link_idle_ = &told;
    }

    idle_wait(const idle_wait&) = delete;
    idle_wait& operator=(const idle_wait&) = delete;

    ~idle_wait()
    {
        if (of->link_idle_ == &told)
            of->link_idle_ = nullptr;
    }

    peer* of;
    detail::wakeup told;
};

void peer::tell_candidate() noexcept
{
    if (link_idle_)
        link_idle_->notify();
}

detail::driver peer::probe(peer_ptr self, std::unique_ptr<transport> link)
{
    packet_view packet;
    {
        idle_wait idle{*self};
        while (self->candidate_ == link.get()) {
            // What is under way on the old link comes before the switch, the next packet here (UP-8).
            if (self->session_.upgrading() && self->link_ && self->link_->receiving() &&
                !COSIO_MUTANT(post_dropped_at_upgrade)) {
                link->retain();
                co_await idle.told.wait();
                continue;
            }
            bool received = false;
            self->guarded([&] {
                received = link->try_receive(packet);
                if (received)
                    self->perform(
                        self->session_.handle_probe(packet, self->home_->now()), errc::probe_error
                    );
            });
            if (received || self->candidate_ != link.get())
                continue;
            const error_code ec = co_await link->readable();
            if (ec && self->candidate_ == link.get())
                self->lose_candidate(ec);
        }
    }
    if (self->link_ == link.get()) {
        self->drive(std::move(link));
        co_return;
    }
    for (error_code ended; !ended; ended = co_await link->readable())
        while (link->try_receive(packet)) {
        }
}

/// `why`: what led to them, if they end the session or an upgrade.
void peer::perform(const actions& list, error_code why)
{
    const peer_ptr keep{this};
    for (const action& item : list)
        if (const auto* const end = std::get_if<shut_down>(&item))
            perform(*end, why);
        else if (const auto* const dropped = std::get_if<drop_candidate>(&item))
            perform(*dropped, why);
        else
            std::visit(
                [this]<class What>([[maybe_unused]] const What& what) {
                    if constexpr (!std::is_same_v<What, shut_down> &&
                                  !std::is_same_v<What, drop_candidate>)
                        perform(what);
                },
                item
            );
    rearm();
}

void peer::perform(const transmit& what)
{
    // CLOSE needs no queue: links have their own way to say it.
    queue(encode_packet(what.type));
    home_->flush_later(*this);
}

/// What is thrown by the layer above, or for want of memory, ends this session and no other.
template <class Step>
void peer::guarded(Step&& step) noexcept
{
    try {
        step();
    } catch (...) {
        const peer_ptr keep{this};
        if (owner_)
            owner_->on_handler_threw(*this, std::current_exception());
        try {
            close(close_reason::forced_close);
        } catch (...) {  // its timers find it closed
        }
    }
}

template <class Call>
void peer::tell_handler(Call&& call)
{
    if (handler_)
        guarded([&] { call(*handler_); });
}

void peer::announce(const http_request& request)
{
    tell_handler([&](peer_handler& handler) { handler.on_started(request); });
}

void peer::perform(const deliver& what)
{
    tell_handler([&](peer_handler& handler) { handler.on_message(what.kind, what.payload); });
}

void peer::perform(const opened& what)
{
    tell_handler([&](peer_handler& handler) { handler.on_open(what.json); });
}

void peer::send_on_candidate(packet_type type, std::string_view data)
{
    outbox one;
    one.push(encode_packet(type, data));
    candidate_->try_flush(one);
}

void peer::perform(const send_probe&)
{
    send_on_candidate(packet_type::ping, "probe");
}

void peer::perform(const answer_probe&)
{
    send_on_candidate(packet_type::pong, "probe");
    if (link_)
        link_->hold();
}

void peer::perform(const release_poll&)
{
    if (link_)
        link_->hold();
}

void peer::perform(const pause_link&)
{
    if (!link_)
        return;
    link_->hold();
    look_if_held(*link_);
}

void peer::look_if_held(transport& link)
{
    if (session_.side() == role::client && drives(link) && session_.upgrading() && link.held())
        perform(session_.handle_link_paused(home_->now()));
}

void peer::perform(const adopt_candidate&)
{
    if (session_.side() == role::client)
        send_on_candidate(packet_type::upgrade, {});
    transport* const old = std::exchange(link_, std::exchange(candidate_, nullptr));
    if (old)
        old->close();
    waiting_writable_ = false;
    if (COSIO_MUTANT(drain_untold_after_upgrade))
        tells_drain_ = false;
    finishing_ = session_.is_closed();
    resumed_.notify();  // the old link's coroutine may be paused: the new one's takes its place
    tell_handler([](peer_handler& handler) { handler.on_upgrade(); });
    encodes_binary_ = !candidate_supports_binary_;
    recode_pending();
    home_->flush_later(*this);
}

/// Long-polling of the fourth revision has base64 for whatever is binary; what waited for it may have to be text now.
void peer::recode_pending()
{
    if (!encodes_binary_ || session_.protocol() == revision::v3)
        return;
    for (std::size_t i = 0; i < outbox_.size(); ++i)
        if (outbox_[i]->kind() == frame_kind::binary)
            outbox_.replace(i, as_spoken(outbox_[i]));
}

void peer::drop(transport& dropped) noexcept
{
    dropped.finish();
    dropped.close();
}

void peer::lose_link() noexcept
{
    link_ = nullptr;
    if (candidate_)
        lose_candidate();
    home_->time().disarm(*this);
    if (peer_owner* const owner = std::exchange(owner_, nullptr))
        owner->on_peer_gone(*this);
}

void peer::perform(const drop_candidate&, error_code why)
{
    if (transport* const dropped = std::exchange(candidate_, nullptr))
        drop(*dropped);
    tell_candidate();
    if (link_)
        link_->resume();
    home_->flush_later(*this);
    // A deadline has no other word for it.
    const error_code told = why ? why : error_code{cosio::errc::timeout};
    tell_handler([told](peer_handler& handler) { handler.on_upgrade_error(told); });
}

void peer::perform(const discard_output&)
{
    config_->fired->count(limit::max_send_queue);
    outbox_.clear();
}

void peer::perform(const shut_down& what, error_code why)
{
    if (what.reason == close_reason::ping_timeout)
        config_->fired->count(limit::ping_timeout);
    if (COSIO_MUTANT(output_lost_at_close_while_upgrading) && candidate_)
        outbox_.clear();
    if (!session_.upgrading())
        if (transport* const dropped = std::exchange(candidate_, nullptr))
            drop(*dropped);
    if (link_)
        link_->resume();
    resumed_.notify();
    tell_candidate();
    if (link_) {
        finishing_ = true;
        home_->flush_later(*this);
        home_->time().arm(*this, home_->now() + config_->close_timeout);
    } else {
        lose_link();
    }
    if (auto handler = std::exchange(handler_, nullptr)) {
        try {
            handler->on_end(what.reason, why);
        } catch (...) {
            if (owner_)
                owner_->on_handler_threw(*this, std::current_exception());
        }
        // This may run inside a call of that very handler: it is destroyed in a later turn.
        home_->post([ended = std::move(handler)] {});
    }
}

void peer::flush()
{
    guarded([this] { write_out(); });
}

void peer::write_out()
{
    if (!link_ || (session_.upgrading() && is_open()))
        return;
    const bool waited = !outbox_.empty();
    if (waited)
        link_->try_flush(outbox_);
    if (!link_)
        return;
    if (!outbox_.empty()) {
        if (!std::exchange(waiting_writable_, true))
            link_->notify_writable(this);
    } else if (std::exchange(finishing_, false)) {
        link_->finish();
    } else if (waited && tells_drain_) {
        // In a later turn: this may be inside an emit of whoever is told.
        home_->post([self = peer_ptr{this}] {
            if (self->outbox_.empty())
                self->tell_handler([](peer_handler& handler) { handler.on_drain(); });
        });
    }
}

void peer::on_link_writable()
{
    waiting_writable_ = false;
    flush();
}

void peer::on_deadline(time_point now)
{
    const peer_ptr keep{this};
    if (session_.is_closed()) {
        if (link_) {
            config_->fired->count(limit::close_timeout);
            link_->close();
        }
        if (candidate_)
            lose_candidate();
        return;
    }
    const bool probing = candidate_ != nullptr;
    guarded([&] { perform(session_.handle_deadline(now)); });
    if (probing && !candidate_ && is_open())
        config_->fired->count(limit::upgrade_timeout);
    tell_handler([now](peer_handler& handler) { handler.on_deadline(now); });
    rearm();
}

void peer::rearm()
{
    if (session_.is_closed())
        return;
    std::optional<time_point> next = session_.deadline();
    if (handler_)
        if (const auto above = handler_->deadline(); above && (!next || *above < *next))
            next = above;
    // Lazy: a deadline that moved away is found out when the earlier one fires.
    if (next && (!armed() || *next < armed_for()))
        home_->time().arm(*this, *next);
}

}  // namespace cosio::engine
