// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/protocol/acks.hpp>

#include <algorithm>

namespace cosio::protocol {

std::uint64_t acks::add(
    std::unique_ptr<ack_receiver>&& receiver, std::optional<time_point> deadline
)
{
    std::uint64_t id = 0;
    do {
        id = next_id_;
        next_id_ = (next_id_ + 1) % first_broadcast_ack;
    } while (!add_as(id, receiver, deadline));
    return id;
}

bool acks::add_as(
    std::uint64_t id, std::unique_ptr<ack_receiver>& receiver, std::optional<time_point> deadline
)
{
    // Room first: without it the receiver stays with whoever has it.
    if (entries_.size() == entries_.capacity())
        entries_.reserve(std::max<std::size_t>(4, 2 * entries_.size()));
    const auto at = std::ranges::lower_bound(entries_, id, {}, &entry::id);
    if (at != entries_.end() && at->id == id)
        return false;
    entries_.insert(at, {id, std::move(receiver), deadline});
    if (deadline && (!earliest_ || *deadline < *earliest_))
        earliest_ = deadline;
    return true;
}

std::unique_ptr<ack_receiver> acks::take(std::uint64_t id) noexcept
{
    const auto at = std::ranges::lower_bound(entries_, id, {}, &entry::id);
    if (at == entries_.end() || at->id != id)
        return nullptr;
    auto receiver = std::move(at->receiver);
    entries_.erase(at);
    if (entries_.empty())
        earliest_.reset();
    return receiver;
}

std::unique_ptr<ack_receiver> acks::take_expired(time_point now) noexcept
{
    if (!earliest_ || now < *earliest_)
        return nullptr;
    earliest_.reset();
    auto expired = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
        if (!at->deadline)
            continue;
        if (expired == entries_.end() && *at->deadline <= now)
            expired = at;
        else if (!earliest_ || *at->deadline < *earliest_)
            earliest_ = at->deadline;
    }
    if (expired == entries_.end())
        return nullptr;
    auto receiver = std::move(expired->receiver);
    if (COSIO_MUTANT(ack_kept_after_timeout))
        expired->deadline.reset();
    else
        entries_.erase(expired);
    return receiver;
}

std::unique_ptr<ack_receiver> acks::take_next() noexcept
{
    earliest_.reset();
    if (entries_.empty())
        return nullptr;
    auto receiver = std::move(entries_.front().receiver);
    entries_.erase(entries_.begin());
    return receiver;
}

}  // namespace cosio::protocol
