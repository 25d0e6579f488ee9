// SPDX-License-Identifier: BSL-1.0
#include <cosio/protocol/room_history.hpp>

#include <algorithm>

namespace cosio::protocol {

room_history::room_history(const recoverable_session& restored) : exact_since_{restored.exact_since}
{
    for (const membership& one : restored.rooms)
        if (one.since != 0 || one.until != still)
            changes_.push_back(one);
}

std::vector<membership>::iterator room_history::find_current(std::string_view room) noexcept
{
    return std::ranges::find_if(changes_, [room](const membership& one) {
        return one.until == still && one.room == room;
    });
}

/// What happened before the oldest packet of the log makes no difference.
void room_history::prune(log_position here, log_position first)
{
    std::erase_if(changes_, [first](const membership& one) {
        return one.until == still ? one.since <= first : one.until <= first;
    });
    if (changes_.size() < max_changes)
        return;
    changes_.clear();
    exact_since_ = here;
}

void room_history::joined(std::string_view room, log_position here, log_position first)
{
    if (here <= exact_since_)
        return;
    prune(here, first);
    if (here > exact_since_)
        changes_.push_back({.room = std::string{room}, .since = here});
}

void room_history::left(std::string_view room, log_position here, log_position first)
{
    prune(here, first);
    const auto current = find_current(room);
    if (current == changes_.end()) {
        if (here > exact_since_)
            changes_.push_back({.room = std::string{room}, .until = here});
    } else if (current->since == here) {
        changes_.erase(current);
    } else {
        current->until = here;
    }
}

std::vector<membership> room_history::memberships(std::vector<std::string> rooms) const
{
    std::vector<membership> all = changes_;
    std::vector<std::string_view> known;
    for (const membership& one : changes_)
        if (one.until == still)
            known.push_back(one.room);
    std::ranges::sort(known);
    for (std::string& room : rooms)
        if (!std::ranges::binary_search(known, std::string_view{room}))
            all.push_back({.room = std::move(room)});
    return all;
}

}  // namespace cosio::protocol
