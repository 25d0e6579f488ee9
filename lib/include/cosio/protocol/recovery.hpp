// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/close_reason.hpp>
#include <cosio/ids.hpp>
#include <cosio/protocol/packet_log.hpp>

#include <any>
#include <array>
#include <list>

namespace cosio::protocol {

/// Tells the offsets of one life of a namespace from those of every other, those of other runs of the server included:
/// a client may name an offset of one in the next.
using recovery_tag = std::array<char, 4>;

/// Gives a tag to each namespace: the first is random, and it takes 2^24 until one returns.
class recovery_tags
{
public:
    explicit recovery_tags(random_source& random) noexcept;

    [[nodiscard]] recovery_tag next() noexcept;

private:
    std::uint32_t next_;
};

/// The `pid` of a socket: a secret of its client that proves who it was, and which shard made it.
/// On the wire: the 20 characters of an id20, then the shard.
struct private_id
{
    id20 secret;
    std::uint16_t shard = 0;

    [[nodiscard]] static private_id make(random_source& random, std::uint16_t shard) noexcept;
    [[nodiscard]] static std::optional<private_id> parse(std::string_view text) noexcept;
    [[nodiscard]] std::string str() const;

    bool operator==(const private_id&) const noexcept = default;
};

/// What was sent again when a session was recovered: it may have been lost once more.
struct resent_packets
{
    log_position from;
    time_point at;
};

/// What a socket leaves behind and what its successor begins with.
struct recoverable_session
{
    private_id pid;
    socket_id sid;
    std::vector<membership> rooms;  ///< the room that bears its own id may be absent
    std::any data;
    log_position since = 0;        ///< nothing that the log took before was for this socket
    log_position exact_since = 0;  ///< what is known of left rooms reaches back to here
    std::uint64_t adopted = 0;     ///< how many entries from `since` on recovery::adopt() has made
    std::optional<resent_packets> resent = {};  ///< at the last recovery
};

/// Why a client gets a new session instead of its old one.
enum class recovery_refusal : std::uint8_t
{
    unknown_session,  ///< never kept, recovered before, or driven out by newer ones
    expired,
    unknown_offset,  ///< not one that this session can have been given
    too_old,         ///< what was sent after the offset is not known any more
    too_much,        ///< more was missed than may be sent at once
};

[[nodiscard]] std::string_view to_string(recovery_refusal why) noexcept;

/// All counts are for one namespace on one shard.
struct recovery_config
{
    duration max_disconnection_duration = std::chrono::minutes{2};
    /// For how long a packet may have been on its way to a peer that has not shown that it lives:
    /// ping_interval + upgrade_timeout + 3 * ping_timeout.
    duration unconfirmed = std::chrono::seconds{95};
    std::size_t max_log_bytes = 32 * 1024 * 1024;  ///< and as much again for the rooms of sessions
    std::size_t max_log_packets = 100'000;
    std::size_t max_sessions = 100'000;
    std::size_t max_missed_bytes =
        2 * 1024 * 1024;  ///< a part of what a session's send queue takes
    std::size_t max_missed_frames = 8 * 1024;
    std::uint16_t shard = 0;
    recovery_tag tag{'0', '0', '0', '0'};  ///< the same for all shards of a server
    detail::secret_hash room_hash = {};    ///< for names that clients may have chosen
};

/// True for an end after which the client may come back as the same socket (features.md 2.3, CSR-9).
[[nodiscard]] constexpr bool keeps_session(close_reason reason) noexcept
{
    switch (reason) {
    case close_reason::transport_close:
    case close_reason::transport_error:
    case close_reason::ping_timeout:
    case close_reason::forced_close:
    case close_reason::forced_server_close:
    case close_reason::server_shutting_down: return true;
    case close_reason::parse_error:
    case close_reason::client_namespace_disconnect:
    case close_reason::server_namespace_disconnect:
    case close_reason::io_server_disconnect:
    case close_reason::io_client_disconnect: return false;
    }
    return false;
}

/// Connection state recovery of one namespace on one shard: the recent packets and the sockets that
/// have gone. A machine: it is told the time, it never sends.
///
/// Several shards: a broadcast gets its offset from the shard that sends it and is appended by every
/// shard as it arrives there. So each log has an order of its own, and only the log of the shard where
/// a socket lived knows what its client has seen: that shard keeps the session and finds what was
/// missed; the shard where the client comes back adopt()s both.
class recovery
{
public:
    struct restored
    {
        recoverable_session session;
        std::vector<logged_packet> missed;  ///< in order; to be sent before the CONNECT (CSR-3)
        log_version version;                ///< of the log that `missed` was found in
        packet_offset offset;               ///< what the client named; default if nothing
        log_position end = 0;               ///< of this log, when `missed` was complete
    };

    using restore_result = boost::system::result<restored, recovery_refusal>;

    explicit recovery(const recovery_config& config);

    /// What the next packet that this shard appends must bear as its last argument.
    [[nodiscard]] packet_offset next_offset() const noexcept
    {
        return {config_.shard, log_.last_of(config_.shard) + 1};
    }

    [[nodiscard]] std::string text_of(const packet_offset& offset) const;

    /// For each event without acknowledgement that is not volatile (CSR-2), when it is delivered here;
    /// the sender of a broadcast that leaves itself out is in `who.except`. No sockets need be there.
    /// False: that packet has been here before, or came after a later one of the same shard.
    bool append(logged_packet what, audience who, reach how_far, time_point now)
    {
        return log_.append(std::move(what), std::move(who), how_far, now);
    }

    /// Keeps a socket that has gone; keeps_session() said yes. Drives out the oldest if there are too many.
    void keep(recoverable_session session, time_point now);

    /// Another shard keeps the session whose pid names this one.
    void refer(const private_id& pid, std::uint16_t shard, time_point now);

    /// The shard that keeps that session: this one, or what refer() told. Ask the one that the pid names.
    [[nodiscard]] std::optional<std::uint16_t> locate(const private_id& pid) const noexcept;

    /// Gives the session back, once: it is forgotten whatever the answer is (CSR-8). The pid stays the
    /// same; a stock client takes another one for a new session. Without an offset, which stock clients
    /// do not send before their first event, all since the beginning was missed (CSR-5).
    [[nodiscard]] restore_result restore(
        const private_id& pid, std::optional<std::string_view> offset, time_point now
    );

    /// Makes a session that another shard has restored one of this shard. Precondition: covers() its
    /// version. Adds to `missed` what came here first, and logs all of it for this socket, so that its
    /// client can come back in the middle of it.
    void adopt(restored& what, time_point now);

    /// Adds to `missed` what has come since restore() or adopt(); to be called when it is sent, in the turn
    /// in which the socket joins its rooms.
    void catch_up(restored& what) const;

    /// False while a broadcast is on its way to this shard that the other one had already.
    [[nodiscard]] bool covers(const log_version& version) const noexcept
    {
        return log_.covers(version);
    }

    [[nodiscard]] const packet_log& log() const noexcept { return log_; }

    [[nodiscard]] std::size_t session_count() const noexcept { return sessions_.size(); }

    /// When memory can be freed. Coarse: restore() itself is exact about time.
    [[nodiscard]] std::optional<time_point> deadline() const noexcept;

    /// Early or repeated calls do nothing.
    void handle_timeout(time_point now);

private:
    struct kept
    {
        recoverable_session session;
        time_point gone;
        std::size_t cost;
        std::optional<std::uint16_t> elsewhere = std::nullopt;
    };

    using kept_list = std::list<kept>;

    void store(kept what, kept_list& dropped);
    void take(kept_list::iterator which, kept_list& into) noexcept;
    [[nodiscard]] boost::system::result<log_position, recovery_refusal> resume(
        const kept& last, const std::optional<packet_offset>& offset, time_point now
    ) const;
    [[nodiscard]] bool may_have_lost_again(const kept& last) const noexcept;
    [[nodiscard]] std::optional<log_position> find_adopted(
        const recoverable_session& session, const packet_offset& offset
    ) const noexcept;
    [[nodiscard]] std::optional<packet_offset> parse_offset(std::string_view text) const noexcept;

    recovery_config config_;
    packet_log log_;
    kept_list by_age_;
    std::unordered_map<std::string_view, kept_list::iterator> sessions_;  // keys live in the list
    std::size_t session_bytes_ = 0;
};

}  // namespace cosio::protocol
