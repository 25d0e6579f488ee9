// SPDX-License-Identifier: BSL-1.0
// How a session moves to another link (features.md 3.4): what a peer does with a candidate.
#include "peer_calls.hpp"

#include <cosio/detail/mutant.hpp>

namespace cosio::engine {

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

void peer::lose_candidate(error_code why)
{
    guarded([&] { perform(session_.handle_candidate_end(home_->now()), why); });
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
    encodes_binary_ = !candidate_supports_binary_;
    recode_pending();
    tell_handler([](peer_handler& handler) { handler.on_upgrade(); });
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

}  // namespace cosio::engine
