// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/namespace_group.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <numeric>

namespace cosio::detail {
namespace {

/// A broadcast on its way to other shards: they share it.
struct broadcast_message
{
    protocol::encoded_packet packet;
    audience who;
    emit_flags flags;
    socket_ptr sender;
};

/// Asks one shard for its sockets, and completes where the caller lives.
auto fetch_part(namespace_state& part, const audience& who, const socket_ptr& sender)
{
    auto initiate = [](auto handler, namespace_state* at, audience whom, socket_ptr without) {
        at->home().post([handler = std::move(handler),
                         at,
                         whom = std::move(whom),
                         without = std::move(without)]() mutable {
            auto found = at->select_sockets(whom, without.get());
            const auto executor = asio::get_associated_executor(handler, at->home().executor());
            asio::post(
                executor,
                [handler = std::move(handler), found = std::move(found)]() mutable {
                    std::move(handler)(std::move(found));
                }
            );
        });
    };
    return asio::async_initiate<const asio::deferred_t, void(std::vector<socket_ptr>)>(
        std::move(initiate), asio::deferred, &part, who, sender
    );
}

}  // namespace

namespace_group::namespace_group(
    std::span<shard* const> shards, const multiplexer_limits& limits, std::string name
)
    : limits_{&limits}, name_{std::move(name)}
{
    for (shard* const home : shards)
        parts_.push_back(std::make_unique<namespace_state>(*home, limits, *this));
}

namespace_state& namespace_group::local() noexcept
{
    const auto here = std::ranges::find_if(parts_, [](const auto& part) {
        return part->home().is_current();
    });
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
    namespace_state* here = nullptr;
    std::shared_ptr<broadcast_message> message;
    for (const auto& part : parts_) {
        if (part->home().is_current()) {
            here = part.get();
            continue;
        }
        if (parts_.size() > 1 && part->size() == 0)
            continue;
        if (!message)
            message = std::make_shared<broadcast_message>(
                packet, who, flags, socket_ptr{const_cast<socket_state*>(sender)}
            );
        part->home().post([self = boost::intrusive_ptr{this}, message, to = part.get()] {
            to->deliver(message->packet, message->who, message->flags, message->sender.get());
        });
    }
    if (!here)
        return send_status::queued;
    here->deliver(packet, who, flags, sender);
    return send_status::sent;
}

task<std::vector<socket_ptr>> namespace_group::fetch(
    boost::intrusive_ptr<namespace_group> self, audience who, socket_ptr sender
)
{
    std::vector<socket_ptr> all;
    for (const auto& part : self->parts_) {
        auto operation = fetch_part(*part, who, sender);
        std::vector<socket_ptr> found = co_await std::move(operation);
        std::ranges::move(found, std::back_inserter(all));
    }
    co_return all;
}

}  // namespace cosio::detail
