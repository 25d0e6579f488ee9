// SPDX-License-Identifier: BSL-1.0
#include "message_link.hpp"

#include "wire/websocket.hpp"

#include <cosio/detail/utf8.hpp>

namespace cosio {
namespace {

// Who sends on while handlers keep the session from reading is cut, as there is no way to tell the peer to wait.
constexpr std::size_t max_waiting_payloads = 4;
constexpr std::size_t max_waiting_messages = 16 * 1024;

}  // namespace

void message_source::receive(frame_kind kind, std::string message) const
{
    if (state_)
        state::tell(state_, [kind, message = std::move(message)](message_transport& link) mutable {
            link.on_message(kind, std::move(message));
        });
}

void message_source::writable() const
{
    if (state_)
        state::tell(state_, [](message_transport& link) { link.on_writable(); });
}

void message_source::close() const
{
    if (state_)
        state::tell(state_, [](message_transport& link) { link.on_end(); });
}

message_transport::message_transport(
    shard& home, std::size_t max_payload_bytes, engine::revision protocol
)
    : source_{std::make_shared<message_source::state>(home)},
      told_{home.executor()},
      max_payload_bytes_{max_payload_bytes},
      protocol_{protocol}
{
    source_->link = this;
}

message_transport::~message_transport()
{
    say_goodbye();
    source_->link = nullptr;
}

bool message_transport::try_receive(engine::packet_view& packet)
{
    if (ended_ || arrived_.empty())
        return false;
    const frame_kind what = arrived_.front().kind;
    current_ = std::move(arrived_.front().message);
    arrived_.pop_front();
    arrived_bytes_ -= current_.size();
    const auto parsed = what == frame_kind::binary
                            ? engine::parse_binary_packet(as_bytes(current_), protocol_)
                            : engine::parse_packet(current_, base64_, protocol_);
    if (parsed) {
        packet = *parsed;
    } else {
        say_goodbye();
        end(parsed.error());
    }
    return parsed.has_value();
}

std::optional<error_code> message_transport::park(parked& who)
{
    if (ended_)
        return ended_;
    if (!arrived_.empty())
        return error_code{};
    return told_.park(who);
}

void message_transport::try_flush(outbox& pending)
{
    while (!pending.empty() && !said_goodbye_ && writable()) {
        const frame_ref next = pending[0];
        pending.pop(1);
        sink_->send(next->kind(), next->payload());
    }
}

void message_transport::notify_writable(boost::intrusive_ptr<link_listener> listener)
{
    listener_ = std::move(listener);
}

void message_transport::finish()
{
    say_goodbye();
    end(engine::errc::connection_closed);
}

void message_transport::close() noexcept
{
    say_goodbye();
    end(engine::errc::connection_closed);
}

void message_transport::on_message(frame_kind kind, std::string message)
{
    if (ended_)
        return;
    arrived_bytes_ += message.size();
    if (message.size() > max_payload_bytes_) {
        say_goodbye();
        end(wire::websocket_errc::message_too_large);
    } else if (kind == frame_kind::text && !detail::is_valid_utf8(message)) {
        say_goodbye();
        end(wire::websocket_errc::invalid_utf8);
    } else if (arrived_bytes_ > max_waiting_payloads * max_payload_bytes_ ||
               arrived_.size() >= max_waiting_messages) {
        say_goodbye();
        end(wire::websocket_errc::message_too_large);  // of all that waits
    } else {
        arrived_.push_back({kind, std::move(message)});
        told_.notify();
    }
}

void message_transport::on_writable()
{
    if (const auto listener = std::exchange(listener_, nullptr))
        listener->on_link_writable();
}

void message_transport::end(error_code why) noexcept
{
    if (ended_)
        return;
    ended_ = why;
    listener_ = nullptr;
    told_.notify();
}

void message_transport::say_goodbye() noexcept
{
    if (std::exchange(said_goodbye_, true) || !sink_)
        return;
    try {
        sink_->close();
    } catch (...) {  // it ends all the same
    }
}

}  // namespace cosio
