// SPDX-License-Identifier: BSL-1.0
// Which events of a socket start their handlers, and which wait for those before them.
#include <cosio/detail/decode_frames.hpp>
#include <cosio/detail/multiplexer.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/detail/namespace_state.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/detail/socket_state.hpp>

namespace cosio::detail {

void socket_state::dispatch(const decoded_packet& packet, const raw_message* whole)
{
    if (!inbox() && (running_ == 0 || running_ < handlers_at_once()))
        start(packet);
    else
        hold(packet, whole);
}

std::size_t socket_state::handlers_at_once() const noexcept
{
    if (own_handlers_at_once_ != 0)
        return own_handlers_at_once_;
    if (nsp_ && nsp_->handlers_at_once != 0)
        return nsp_->handlers_at_once;
    return limits_->handlers_at_once;
}

void socket_state::set_handlers_at_once(std::uint16_t count)
{
    own_handlers_at_once_ = count;
    empty_inbox();
}

void socket_state::start(const decoded_packet& packet)
{
    const socket_ptr self{this};
    if (client_ && client_->point.pid())
        note_offset(packet);
    if (!interceptors_ || intercept(packet))
        run_handlers(packet);
}

/// A client of a server that recovers: the last text of an event is where it goes on after a loss.
void socket_state::note_offset(const decoded_packet& packet)
{
    arguments all{.values = boost::json::array(recycled_storage())};
    if (!owner_ || owner_->codec().read_arguments(packet, all))
        return;
    std::optional<std::string_view> last;
    if (!all.values.empty() && all.values.back().is_string())
        last = all.values.back().get_string();
    client_->point.handle_event(last, packet.header().id.has_value());
}

void socket_state::hold(const decoded_packet& packet, const raw_message* whole)
{
    result<protocol::encoded_packet> kept = errc::not_encodable;
    if (whole) {
        kept = keep_message(*whole);
    } else {
        arguments all{.values = boost::json::array(recycled_storage())};
        if (const error_code ec = owner_->codec().read_arguments(packet, all))
            kept = ec;
        else
            kept = encode_again(packet.event(), all, packet.header().id);
    }
    if (!kept) {
        const error_code why = kept.error();
        limits_->report(
            {.nsp = nsp_name(),
             .socket = id.view(),
             .event = packet.event(),
             .why = why,
             .message = why.message()}
        );
        return;
    }
    std::unique_ptr<event_inbox>& waits = what_waits().inbox;
    if (!waits)
        waits = std::make_unique<event_inbox>();
    owner_->link().events_held(waits->push(std::move(*kept)));
}

void socket_state::handler_ended()
{
    --running_;
    empty_inbox();
}

/// In a later turn: whoever has ended may be in the middle of a packet.
void socket_state::empty_inbox()
{
    if (inbox() && !std::exchange(inbox()->is_being_emptied, true))
        home_->post([self = socket_ptr{this}] {
            if (!guard(*self, "event", [&] { self->start_held(); }))
                self->close_connection();
        });
}

void socket_state::start_held()
{
    while (inbox() && (running_ == 0 || running_ < handlers_at_once())) {
        const protocol::encoded_packet event = inbox()->pop();
        const engine::peer_ptr link{&owner_->link()};
        // What it sets going counts from here on; the event itself until then.
        if (const decoded_packet* const packet = decode_frames(owner_->decoder(), event))
            start(*packet);
        link->events_released(event_inbox::weight_of(event));
        if (inbox() && inbox()->empty())
            backlog_->inbox.reset();
    }
    if (inbox())
        inbox()->is_being_emptied = false;
}

void socket_state::drop_held() noexcept
{
    if (!inbox())
        return;
    if (!inbox()->empty())
        limits_->log(
            log_level::info,
            "{} {}: {} events came too late to be handled",
            nsp_name(),
            id.view(),
            inbox()->size()
        );
    owner_->link().events_released(inbox()->weight());
    backlog_->inbox.reset();
}

void socket_state::run_handlers(const decoded_packet& packet)
{
    const socket_ptr self{this};
    event_handlers handlers;
    if (events_)
        events_->collect(packet.event(), handlers);
    if (nsp_)
        nsp_->events.collect(packet.event(), handlers);
    for (const event_handler_ptr& handler : handlers) {
        if (!connected_ && !COSIO_MUTANT(event_after_disconnect))
            return;
        error_code mismatch;
        const bool returned =
            guard(*this, packet.event(), [&] { mismatch = handler->invoke(self, packet); });
        if (!returned)
            disconnect(false);
        else if (mismatch)
            limits_->report(
                {.nsp = nsp_name(),
                 .socket = id.view(),
                 .event = packet.event(),
                 .why = mismatch,
                 .message = mismatch.message()}
            );
    }
}

}  // namespace cosio::detail
