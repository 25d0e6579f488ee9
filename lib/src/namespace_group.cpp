// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ask_part.hpp>
#include <cosio/detail/namespace_group.hpp>

#include <algorithm>
#include <numeric>
#include <set>

namespace cosio::detail {
namespace {

socket_ptr keep(const socket_state* socket) noexcept
{
    return socket_ptr{const_cast<socket_state*>(socket)};
}

}  // namespace

/// A broadcast on its way to other shards: they share it.
struct namespace_group::broadcast_message
{
    void deliver_to(namespace_state& part) const
    {
        if (flags.recoverable && part.recovery && !part.recovery->log(packet, who))
            return;
        part.deliver(packet.packet, who, flags, sender.get());
    }

    protocol::logged_packet packet;  // without recovery its offset means nothing
    audience who;
    emit_flags flags;
    socket_ptr sender;
};

namespace_group::namespace_group(
    std::span<shard* const> shards, const multiplexer_limits& limits, std::string name
)
    : limits_{&limits}, name_{std::move(name)}
{
    for (shard* const home : shards)
        parts_.push_back(std::make_unique<namespace_state>(*home, limits, *this));
}

void namespace_group::recover(
    const server_options& options, const protocol::recovery_tag& tag, const codec_functions& codec
)
{
    recovers_ = true;
    for (std::size_t i = 0; i < parts_.size(); ++i)
        parts_[i]->recovery = std::make_unique<namespace_recovery>(
            *parts_[i], options, static_cast<std::uint16_t>(i), tag, codec
        );
}

namespace_state& namespace_group::local() noexcept
{
    const auto here =
        std::ranges::find_if(parts_, [](const auto& part) { return part->home().is_current(); });
    return here == parts_.end() ? *parts_.front() : **here;
}

std::size_t namespace_group::size() const noexcept
{
    return std::accumulate(
        parts_.begin(),
        parts_.end(),
        std::size_t{0},
        [](std::size_t sum, const auto& part) { return sum + part->size(); }
    );
}

bool namespace_group::entered() noexcept
{
    if (!on_empty_)
        return true;
    std::ptrdiff_t count = visitors_;
    while (count >= 0)
        if (visitors_.compare_exchange_weak(count, count + 1))
            return true;
    return false;
}

void namespace_group::left()
{
    if (!on_empty_)
        return;
    --visitors_;
    std::ptrdiff_t nobody = 0;
    if (!closed_ && visitors_.compare_exchange_strong(nobody, -1))
        on_empty_(*this);
}

void namespace_group::close() noexcept
{
    closed_ = true;
    for (const auto& part : parts_)
        part->close();
}

send_status namespace_group::broadcast(
    protocol::encoded_packet packet, audience who, emit_flags flags, const socket_state* sender
)
{
    if (closed_)
        return send_status::closed;
    const auto found =
        std::ranges::find_if(parts_, [](const auto& part) { return part->home().is_current(); });
    namespace_state* const here = found == parts_.end() ? nullptr : found->get();
    const bool logs = flags.recoverable && recovers_;
    if (here && !logs) {
        if (parts_.size() > 1)
            send_to_others(here, {{{}, packet}, who, flags, keep(sender)});
        here->deliver(packet, who, flags, sender);
        return send_status::sent;
    }
    if (here) {
        if (!here->recovery)
            return send_status::closed;
        if (sender)
            who.except.push_back(sender->id.str());
        auto logged = here->recovery->log(packet, who, protocol::reach::all_shards);
        send_to_others(here, {logged, who, flags, keep(sender)});
        here->deliver(logged.packet, who, flags, sender);
        return send_status::sent;
    }
    if (!logs) {
        send_to_others(nullptr, {{{}, std::move(packet)}, std::move(who), flags, keep(sender)});
        return send_status::queued;
    }
    // Only a shard can give it an offset.
    parts_.front()->home().post([self = boost::intrusive_ptr{this},
                                 packet = std::move(packet),
                                 who = std::move(who),
                                 flags,
                                 from = keep(sender)] {
        static_cast<void>(self->broadcast(packet, who, flags, from.get()));
    });
    return send_status::queued;
}

send_status namespace_group::ask(broadcast_question question)
{
    const bool gone = closed_;
    const auto shared = std::make_shared<const broadcast_question>(std::move(question));
    for (const auto& part : parts_) {
        if (gone)
            shared->asked(0);
        else if (part->home().is_current())
            shared->asked(part->ask(*shared));
        else
            part->home().post([self = boost::intrusive_ptr{this}, shared, to = part.get()] {
                shared->asked(to->ask(*shared));
            });
    }
    return gone ? send_status::closed : send_status::sent;
}

std::size_t namespace_group::other_parts() noexcept
{
    const auto others =
        std::ranges::count_if(parts_, [](const auto& part) { return !part->home().is_current(); });
    return static_cast<std::size_t>(others);
}

send_status namespace_group::server_side_emit(server_event message)
{
    if (closed_)
        return send_status::closed;
    const auto shared = std::make_shared<const server_event>(std::move(message));
    for (const auto& part : parts_) {
        if (part->home().is_current())
            continue;
        part->home().post([self = boost::intrusive_ptr{this}, shared, to = part.get()] {
            to->hear(*shared);
        });
    }
    return send_status::sent;
}

void namespace_group::send_to_others(const namespace_state* here, broadcast_message what)
{
    const auto message = std::make_shared<const broadcast_message>(std::move(what));
    for (const auto& part : parts_) {
        // What nobody there can hear matters to recovery alone.
        const bool matters =
            parts_.size() == 1 || part->size() != 0 || (recovers_ && message->flags.recoverable);
        if (part.get() == here || !matters)
            continue;
        part->home().post([self = boost::intrusive_ptr{this}, message, to = part.get()] {
            message->deliver_to(*to);
        });
    }
}

task<std::vector<socket_ptr>> namespace_group::fetch(
    boost::intrusive_ptr<namespace_group> self, audience who, socket_ptr sender
)
{
    std::vector<socket_ptr> all;
    for (const auto& part : self->parts_) {
        auto fetching =
            ask_part<std::vector<socket_ptr>>(*part, [who, sender](namespace_state& at) {
                return at.select_sockets(who, sender.get());
            });
        std::vector<socket_ptr> found = co_await std::move(fetching);
        std::ranges::move(found, std::back_inserter(all));
    }
    co_return all;
}

task<std::size_t> namespace_group::count(
    boost::intrusive_ptr<namespace_group> self, audience who, socket_ptr sender
)
{
    std::size_t sum = 0;
    for (const auto& part : self->parts_) {
        auto counting = ask_part<std::size_t>(*part, [who, sender](namespace_state& at) {
            return at.count(who, sender.get());
        });
        const std::size_t found = co_await std::move(counting);
        sum += found;
    }
    co_return sum;
}

task<std::vector<std::string>> namespace_group::all_rooms(boost::intrusive_ptr<namespace_group> self
)
{
    std::set<std::string> all;
    for (const auto& part : self->parts_) {
        auto asking = ask_part<std::vector<std::string>>(*part, [](namespace_state& at) {
            std::vector<std::string> names;
            at.rooms.for_each_room([&](std::string_view name) { names.emplace_back(name); });
            return names;
        });
        const std::vector<std::string> found = co_await std::move(asking);
        all.insert(found.begin(), found.end());
    }
    co_return std::vector<std::string>{all.begin(), all.end()};
}

}  // namespace cosio::detail
