// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/protocol/packet.hpp>
#include <cosio/room_index.hpp>
#include <cosio/time.hpp>

#include <boost/container/small_vector.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace cosio::protocol {

/// A packet among all that the shards of one namespace have sent: who sent it, as its how manyth.
/// Numbers begin at 1; the default stands for none.
struct packet_offset
{
    std::uint16_t shard = 0;
    std::uint64_t number = 0;

    bool operator==(const packet_offset&) const = default;
};

/// How many packets a log had taken when something happened; each log has an order of its own.
using log_position = std::uint64_t;

inline constexpr log_position still = ~log_position{0};

/// A room that a socket is or was in. The packets of the log from `since` to before `until` concern it.
struct membership
{
    std::string room;
    log_position since = 0;
    log_position until = still;

    bool operator==(const membership&) const = default;
};

/// A packet as its receivers got it: its last argument is the text of `offset`.
struct logged_packet
{
    packet_offset offset;
    encoded_packet packet;
};

/// Whom the sender has given a packet to.
enum class reach : bool
{
    local,       ///< this shard alone: an event for one of its sockets
    all_shards,  ///< a broadcast
};

struct packet_log_limits
{
    duration retention;
    std::size_t max_bytes;
    std::size_t max_packets;
};

/// The last packet of each shard that was given to all shards.
using log_version = std::vector<std::uint64_t>;

/// The recent packets of a namespace in the order in which one shard has delivered them. Pure.
/// Frames are shared. What one socket has missed is found without a look at the packets of other rooms:
/// each packet knows the one before it in each of its rooms.
class packet_log
{
public:
    explicit packet_log(const packet_log_limits& limits, const detail::secret_hash& hash = {})
        : limits_{limits}, rooms_{0, hash}
    {}

    packet_log(const packet_log&) = delete;  // entries refer to rooms
    packet_log& operator=(const packet_log&) = delete;

    /// Takes what this shard is delivering. False if that offset, or a later one of its shard, came before.
    bool append(logged_packet what, audience who, reach how_far, time_point now);

    /// Takes a packet that another shard has delivered to the socket `id`, which is now here.
    void append_for(std::string_view id, logged_packet what, time_point now);

    /// Forgets what is older than the retention.
    void trim(time_point now) noexcept;

    /// Where the oldest packet is that is still known.
    [[nodiscard]] log_position first() const noexcept { return first_; }

    [[nodiscard]] log_position end() const noexcept { return first_ + entries_.size(); }

    /// Precondition: first() <= at < end().
    [[nodiscard]] const logged_packet& operator[](log_position at) const noexcept
    {
        return entries_[static_cast<std::size_t>(at - first_)].what;
    }

    /// Where that packet is, or nullopt: forgotten, given to other shards alone, or never sent.
    /// Cost: O(log n).
    [[nodiscard]] std::optional<log_position> find(const packet_offset& offset) const noexcept;

    /// True for an offset that this log has seen, even if it has forgotten the packet.
    [[nodiscard]] bool has_seen(const packet_offset& offset) const noexcept
    {
        return offset.number <= last_of(offset.shard);
    }

    /// The newest number of that shard; 0 if nothing has come from it.
    [[nodiscard]] std::uint64_t last_of(std::uint16_t shard) const noexcept
    {
        return shard < senders_.size() ? senders_[shard].last : 0;
    }

    /// True if a bound has driven out packets that are not older than the retention.
    [[nodiscard]] bool has_lost(time_point now) const noexcept
    {
        return lost_until_ && now < *lost_until_;
    }

    /// The packets from `from` on for somebody in `rooms` (sorted by name), in order.
    /// Cost: O(rooms + m log m) for m packets.
    [[nodiscard]] std::vector<log_position> addressed_to(
        std::span<const membership> rooms, log_position from
    ) const;

    /// The same for those that all shards got and that `version` lacks.
    [[nodiscard]] std::vector<log_position> addressed_to(
        std::span<const membership> rooms, const log_version& version
    ) const;

    [[nodiscard]] const log_version& version() const noexcept { return version_; }

    /// True if this log has seen all that `version` has.
    [[nodiscard]] bool covers(const log_version& version) const noexcept;

    /// When trim() is worth calling; later than the first end of a retention, so that a busy log, which
    /// trims itself, needs no timer.
    [[nodiscard]] std::optional<time_point> deadline() const noexcept;

    /// Payloads, names and an allowance for the log's own memory.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    struct chain
    {
        log_position last;
    };

    using room_chains =
        std::unordered_map<std::string, chain, detail::secret_hash, std::equal_to<>>;

    struct link
    {
        room_chains::value_type* room;
        log_position previous;  // may be forgotten already
    };

    struct entry
    {
        logged_packet what;
        boost::container::small_vector<link, 1> rooms;
        std::vector<std::string> except;
        log_position previous_for_all = still;  // of an entry without rooms
        time_point at;
        std::size_t cost = 0;
        reach how_far = reach::local;
    };

    struct place
    {
        std::uint64_t number;
        log_position position;
    };

    struct sender
    {
        std::uint64_t last = 0;
        std::deque<place> places;
    };

    [[nodiscard]] const entry& entry_at(log_position at) const noexcept
    {
        return entries_[static_cast<std::size_t>(at - first_)];
    }

    sender& sender_of(const packet_offset& offset);
    void add(logged_packet what, audience who, reach how_far, time_point now);
    void drop_oldest() noexcept;
    [[nodiscard]] bool is_excluded(std::span<const membership> rooms, log_position at)
        const noexcept;

    packet_log_limits limits_;
    std::deque<entry> entries_;
    log_position first_ = 0;
    room_chains rooms_;
    chain for_all_{still};
    std::vector<sender> senders_;  // by shard
    log_version version_;
    std::optional<time_point> lost_until_;
    std::size_t bytes_ = 0;
};

}  // namespace cosio::protocol
