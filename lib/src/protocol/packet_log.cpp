// SPDX-License-Identifier: BSL-1.0
#include <cosio/protocol/packet_log.hpp>

#include <algorithm>
#include <utility>

namespace cosio::protocol {
namespace {

constexpr std::size_t frame_overhead = sizeof(frame) + frame::headroom;
constexpr std::size_t name_overhead = 96;  // a node of the map, its bucket, a link

std::size_t cost_of(const encoded_packet& packet)
{
    return packet.bytes() + (1 + packet.attachments.size()) * (frame_overhead + sizeof(frame_ref));
}

std::size_t cost_of(const std::vector<std::string>& names)
{
    std::size_t total = 0;
    for (const std::string& name : names)
        total += name.size() + name_overhead;
    return total;
}

/// The memberships of one room; a room that was left and joined again has several.
auto find_room(std::span<const membership> rooms, std::string_view name) noexcept
{
    return std::ranges::equal_range(rooms, name, {}, [](const membership& one) {
        return std::string_view{one.room};
    });
}

void sort_unique(std::vector<log_position>& positions)
{
    std::ranges::sort(positions);
    const auto tail = std::ranges::unique(positions);
    positions.erase(tail.begin(), tail.end());
}

}  // namespace

packet_log::sender& packet_log::sender_of(const packet_offset& offset)
{
    if (offset.shard >= senders_.size()) {
        senders_.resize(offset.shard + std::size_t{1});
        version_.resize(senders_.size());
    }
    return senders_[offset.shard];
}

bool packet_log::append(logged_packet what, audience who, reach how_far, time_point now)
{
    sender& from = sender_of(what.offset);
    if (what.offset.number <= from.last)
        return false;
    from.last = what.offset.number;
    from.places.push_back({what.offset.number, end()});
    if (how_far == reach::all_shards)
        version_[what.offset.shard] = what.offset.number;
    add(std::move(what), std::move(who), how_far, now);
    return true;
}

void packet_log::append_for(std::string_view id, logged_packet what, time_point now)
{
    add(std::move(what), {.rooms = {std::string{id}}}, reach::local, now);
}

void packet_log::add(logged_packet what, audience who, reach how_far, time_point now)
{
    const log_position here = end();
    entry& added = entries_.emplace_back();
    added.cost = sizeof(entry) + sizeof(place) + cost_of(what.packet) + cost_of(who.rooms) +
                 cost_of(who.except);
    added.what = std::move(what);
    added.at = now;
    added.how_far = how_far;
    if (who.rooms.empty())
        added.previous_for_all = std::exchange(for_all_.last, here);
    for (std::string& name : who.rooms) {
        const auto [room, is_new] = rooms_.try_emplace(std::move(name), chain{still});
        if (room->second.last == here)
            continue;  // named twice
        added.rooms.push_back({&*room, std::exchange(room->second.last, here)});
    }
    added.except = std::move(who.except);
    bytes_ += added.cost;

    trim(now);
    while (entries_.size() > limits_.max_packets || bytes_ > limits_.max_bytes) {
        lost_until_ = entries_.front().at + limits_.retention;
        drop_oldest();
    }
}

void packet_log::trim(time_point now) noexcept
{
    while (!entries_.empty() && entries_.front().at + limits_.retention <= now)
        drop_oldest();
    if (lost_until_ && *lost_until_ <= now)
        lost_until_.reset();
}

void packet_log::drop_oldest() noexcept
{
    const entry& oldest = entries_.front();
    for (const link& one : oldest.rooms)
        if (one.room->second.last == first_)
            rooms_.erase(rooms_.find(one.room->first));
    if (for_all_.last == first_)
        for_all_.last = still;
    if (oldest.what.offset.shard < senders_.size()) {
        auto& places = senders_[oldest.what.offset.shard].places;
        if (!places.empty() && places.front().position == first_)
            places.pop_front();
    }
    bytes_ -= oldest.cost;
    entries_.pop_front();
    ++first_;
}

std::optional<log_position> packet_log::find(const packet_offset& offset) const noexcept
{
    if (offset.shard >= senders_.size())
        return std::nullopt;
    const auto& places = senders_[offset.shard].places;
    const auto found = std::ranges::lower_bound(places, offset.number, {}, &place::number);
    if (found == places.end() || found->number != offset.number)
        return std::nullopt;
    return found->position;
}

bool packet_log::is_excluded(std::span<const membership> rooms, log_position at) const noexcept
{
    return std::ranges::any_of(entry_at(at).except, [&](const std::string& name) {
        return std::ranges::any_of(find_room(rooms, name), [at](const membership& one) {
            return one.since <= at && at < one.until;
        });
    });
}

std::vector<log_position> packet_log::addressed_to(
    std::span<const membership> rooms, log_position from
) const
{
    std::vector<log_position> found;
    from = std::max(from, first_);
    for (log_position at = for_all_.last; at != still && at >= from;
         at = entry_at(at).previous_for_all)
        found.push_back(at);
    for (const membership& one : rooms) {
        const auto room = rooms_.find(one.room);
        if (room == rooms_.end())
            continue;
        const log_position begin = std::max(from, one.since);
        for (log_position at = room->second.last; at != still && at >= begin;) {
            if (at < one.until)
                found.push_back(at);
            at = std::ranges::find(entry_at(at).rooms, &*room, &link::room)->previous;
        }
    }
    sort_unique(found);
    std::erase_if(found, [&](log_position at) { return is_excluded(rooms, at); });
    return found;
}

std::vector<log_position> packet_log::addressed_to(
    std::span<const membership> rooms, const log_version& version
) const
{
    std::vector<log_position> found = addressed_to(rooms, first_);
    std::erase_if(found, [&](log_position at) {
        const entry& one = entry_at(at);
        const packet_offset& offset = one.what.offset;
        return one.how_far == reach::local ||
               (offset.shard < version.size() && offset.number <= version[offset.shard]);
    });
    return found;
}

bool packet_log::covers(const log_version& version) const noexcept
{
    for (std::size_t shard = 0; shard < version.size(); ++shard)
        if (version[shard] > (shard < version_.size() ? version_[shard] : 0))
            return false;
    return true;
}

std::optional<time_point> packet_log::deadline() const noexcept
{
    if (entries_.empty())
        return std::nullopt;
    return entries_.front().at + limits_.retention + limits_.retention / 8;
}

}  // namespace cosio::protocol
