// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/engine/payload.hpp>
#include <cosio/protocol/outgoing.hpp>

#include <algorithm>
#include <utility>

namespace cosio::protocol {
namespace {

/// Room first, then the receiver, if there is one: for want of memory it stays where it is.
template <class Queue, class Take>
bool end_next(Queue& ended, Take&& take, error_code why)
{
    ended.push_back({nullptr, why});
    std::unique_ptr<ack_receiver> receiver = take();
    if (!receiver) {
        ended.pop_back();
        return false;
    }
    ended[ended.size() - 1].receiver = std::move(receiver);
    return true;
}

}  // namespace

std::optional<std::uint64_t> outgoing::id_for(bool wants_answer, bool is_volatile) noexcept
{
    if (!wants_answer && (!config_->retries || is_volatile))
        return std::nullopt;
    return next_id_++;
}

emit_outcome outgoing::emit(emission& what, time_point now)
{
    if (what.is_volatile && !connected_) {
        end(std::move(what.receiver), cosio::errc::timeout);  // VOL-4: nobody was asked
        return emit_outcome::dropped;
    }
    if (connected_ && !fits(what.packet))
        return refuse(what, cosio::errc::message_too_large);
    // What is emitted while the buffer is being emptied stands behind it.
    const bool at_once = what.is_volatile || (!config_->retries && connected_ && queue_.empty());
    return at_once ? send(what, now) : keep(what, now);
}

emit_outcome outgoing::send(emission& what, time_point now)
{
    if (what.receiver) {
        if (acks_are_full())
            return refuse(what, cosio::errc::too_many_acks);
        const time_point deadline = now + what.timeout.value_or(config_->ack_timeout);
        static_cast<void>(sent_.add_as(*what.id, what.receiver, deadline));
    }
    return emit_outcome::send;
}

emit_outcome outgoing::keep(emission& what, time_point now)
{
    if (!connected_ && config_->offline == offline_policy::disabled)
        return refuse(what, cosio::errc::disconnected);
    if (what.receiver && acks_are_full())
        return refuse(what, cosio::errc::too_many_acks);
    if (!what.id && replace_kept(what.packet))
        return emit_outcome::kept;
    const std::size_t bytes = what.packet.bytes();
    if (!make_room(bytes))
        return refuse(what, cosio::errc::too_many_queued);
    const duration timeout = what.timeout.value_or(config_->ack_timeout);
    std::optional<time_point> deadline;
    if (what.receiver && !config_->retries) {
        deadline = now + timeout;
        note(deadline);
    }
    bytes_ += bytes;
    receivers_ += what.receiver ? 1 : 0;
    queue_.push_back(
        {.packet = std::move(what.packet),
         .receiver = std::move(what.receiver),
         .id = what.id,
         .deadline = deadline,
         .timeout = timeout,
         .bytes = bytes}
    );
    return emit_outcome::kept;
}

emit_outcome outgoing::refuse(emission& what, error_code why)
{
    what.refused = why;
    end(std::move(what.receiver), why);
    return emit_outcome::refused;
}

/// Of a ticker or a cursor the last word is enough, as while it waits for a slow link.
bool outgoing::replace_kept(encoded_packet& packet)
{
    const packet_key* const key = packet.head->key();
    if (!key)
        return false;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
        entry& one = queue_[i];
        const packet_key* const other = one.packet.head->key();
        if (one.id || !other || other->text != key->text)
            continue;
        const std::size_t bytes = packet.bytes();
        if (bytes > config_->max_buffered_bytes - (bytes_ - one.bytes))
            return false;
        bytes_ = bytes_ - one.bytes + bytes;
        one.bytes = bytes;
        one.packet = std::move(packet);
        return true;
    }
    return false;
}

bool outgoing::fits(const encoded_packet& packet) const noexcept
{
    const auto one_fits = [this](const frame_ref& one) {
        return engine::fits_payload(*one, link_, max_payload_);
    };
    return one_fits(packet.head) && std::ranges::all_of(packet.attachments, one_fits);
}

bool outgoing::make_room(std::size_t bytes)
{
    const auto fits = [&](std::size_t other_bytes, std::size_t others) {
        return bytes <= config_->max_buffered_bytes &&
               other_bytes <= config_->max_buffered_bytes - bytes &&
               others < config_->max_buffered_packets;
    };
    if (fits(bytes_, queue_.size()))
        return true;
    if (config_->offline != offline_policy::drop_oldest)
        return false;
    // What was sent may have arrived already: it stays.
    std::size_t staying = 0;
    std::size_t staying_bytes = 0;
    for (; staying < queue_.size() && queue_[staying].sends != 0; ++staying)
        staying_bytes += queue_[staying].bytes;
    if (!fits(staying_bytes, staying))
        return false;
    while (!fits(bytes_, queue_.size()))
        end_next(ended_, [&] { return take(staying).receiver; }, cosio::errc::too_many_queued);
    return true;
}

bool outgoing::acks_are_full() const noexcept
{
    return sent_.size() + receivers_ >= config_->max_pending_acks;
}

bool outgoing::has_used_all_tries(const entry& one) const noexcept
{
    return one.sends > config_->retries.value_or(0);
}

std::size_t outgoing::window() const noexcept
{
    return config_->retries ? std::min(config_->retry_window, queue_.size()) : 0;
}

void outgoing::handle_disconnect()
{
    connected_ = false;
    while (sent_.size() != 0)
        end_next(ended_, [&] { return sent_.take_next(); }, cosio::errc::disconnected);
    for (std::size_t i = 0; i < window();) {
        entry& one = queue_[i];
        if (!one.under_way) {
            ++i;
        } else if (has_used_all_tries(one)) {
            end_next(ended_, [&] { return take(i).receiver; }, cosio::errc::disconnected);
        } else {
            one.under_way = false;
            one.deadline.reset();
            ++i;
        }
    }
}

std::unique_ptr<ack_receiver> outgoing::handle_ack(std::uint64_t id)
{
    for (std::size_t i = 0; i < window(); ++i)
        if (queue_[i].id == id && queue_[i].sends != 0)  // an answer to an earlier try will do
            return take(i).receiver;
    return sent_.take(id);
}

void outgoing::handle_deadline(time_point now)
{
    while (sent_.deadline() && now >= *sent_.deadline())
        end_next(ended_, [&] { return sent_.take_expired(now); }, cosio::errc::timeout);
    if (!earliest_ || now < *earliest_)
        return;
    const auto due = std::exchange(earliest_, std::nullopt);
    try {
        for (std::size_t i = 0; i < queue_.size();) {
            entry& one = queue_[i];
            if (!one.deadline || now < *one.deadline) {
                note(one.deadline);
                ++i;
            } else if (!config_->retries || has_used_all_tries(one)) {
                end_next(ended_, [&] { return take(i).receiver; }, cosio::errc::timeout);
            } else {
                one.under_way = false;
                one.deadline.reset();
                ++i;
            }
        }
    } catch (...) {  // who could not be told yet is told later
        earliest_ = due;
        throw;
    }
}

std::unique_ptr<ack_receiver> outgoing::cancel(std::uint64_t id)
{
    for (std::size_t i = 0; i < queue_.size(); ++i)
        if (queue_[i].id == id)
            return take(i).receiver;
    return sent_.take(id);
}

void outgoing::clear(error_code why)
{
    while (sent_.size() != 0)
        end_next(ended_, [&] { return sent_.take_next(); }, why);
    while (!queue_.empty())
        end_next(ended_, [&] { return take(0).receiver; }, why);
}

std::optional<encoded_packet> outgoing::next(time_point now)
{
    if (!connected_ && !(COSIO_MUTANT(retries_before_connect) && config_->retries))
        return std::nullopt;
    return config_->retries ? next_try(now) : next_of_buffer();
}

std::optional<encoded_packet> outgoing::next_of_buffer()
{
    while (!queue_.empty()) {
        entry& one = queue_[0];
        if (!fits(one.packet)) {
            end_next(ended_, [&] { return take(0).receiver; }, cosio::errc::message_too_large);
            continue;
        }
        if (one.receiver && sent_.add_as(*one.id, one.receiver, one.deadline))
            --receivers_;
        return take(0).packet;
    }
    return std::nullopt;
}

std::optional<encoded_packet> outgoing::next_try(time_point now)
{
    for (std::size_t i = 0; i < window();) {
        entry& one = queue_[i];
        if (one.under_way) {
            ++i;
        } else if (!fits(one.packet)) {
            end_next(ended_, [&] { return take(i).receiver; }, cosio::errc::message_too_large);
        } else {
            one.under_way = true;
            ++one.sends;
            one.deadline = now + one.timeout;
            note(one.deadline);
            return one.packet;
        }
    }
    return std::nullopt;
}

std::optional<outgoing::ended> outgoing::take_ended()
{
    if (ended_.empty())
        return std::nullopt;
    return ended_.pop_front();
}

std::optional<time_point> outgoing::deadline() const noexcept
{
    const std::optional<time_point> of_sent = sent_.deadline();
    if (!of_sent || !earliest_)
        return of_sent ? of_sent : earliest_;
    return std::min(*of_sent, *earliest_);
}

outgoing::entry outgoing::take(std::size_t index)
{
    entry taken = queue_.erase(index);
    bytes_ -= taken.bytes;
    receivers_ -= taken.receiver ? 1 : 0;
    if (queue_.empty())
        earliest_.reset();
    return taken;
}

void outgoing::end(std::unique_ptr<ack_receiver> receiver, error_code why)
{
    if (receiver)
        ended_.push_back({std::move(receiver), why});
}

void outgoing::note(std::optional<time_point> deadline) noexcept
{
    if (deadline && (!earliest_ || *deadline < *earliest_))
        earliest_ = deadline;
}

}  // namespace cosio::protocol
