// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/engine/action.hpp>
#include <cosio/engine/dialect.hpp>
#include <cosio/error.hpp>
#include <cosio/time.hpp>

#include <optional>

namespace cosio::engine {

struct session_config
{
    duration ping_interval = std::chrono::seconds{25};
    duration ping_timeout = std::chrono::seconds{20};
    duration upgrade_timeout = std::chrono::seconds{10};
    bool allow_upgrades = true;
    std::size_t max_send_queue_bytes = 4 * 1024 * 1024;
    std::size_t max_send_queue_packets = 16 * 1024;
};

/// The rules of one Engine.IO session: heartbeat, upgrade, close. Both roles; a server also has sessions of the
/// third revision, where the client pings and a PING must come in time (V3-6).
/// A machine: no IO, no clock, no allocation. Returned views point into the packet that was handled.
///
///              opening (client only)
///                 | OPEN
///                 v
///   link end,   open --- handle_candidate ---> probing --- probe ---> upgrading
///   timeout,      ^                                |                      |
///   CLOSE         +---- drop_candidate ------------+----------------------+
///     |           +<--- adopt_candidate ----------------------------------+
///     v
///   closed
class session
{
public:
    /// Server: open at once. Client: waits for OPEN.
    /// Lifetime: `config` outlives the session; a client's is replaced by set_heartbeat().
    session(const session_config& config, role side, transport_kind link, time_point now) noexcept;

    /// Says what the first link is, once it is known.
    void bind(transport_kind link) noexcept { link_ = link; }

    /// Server: the revision of the client, if it is not the fourth. Precondition: nothing was handled yet.
    void speak(revision protocol, time_point now) noexcept;

    [[nodiscard]] revision protocol() const noexcept { return protocol_; }

    [[nodiscard]] role side() const noexcept { return side_; }

    /// A packet from the current link.
    actions handle_packet(const packet_view& packet, time_point now) noexcept;

    /// The current link ended; `why` is success for a clean end.
    actions handle_link_end(error_code why) noexcept;

    /// A second link is there. Refused with drop_candidate unless this session can upgrade now (UP-7).
    actions handle_candidate(time_point now) noexcept;

    /// A packet from the candidate link.
    actions handle_probe(const packet_view& packet, time_point now) noexcept;

    /// The candidate link ended before it was adopted.
    actions handle_candidate_end(time_point now) noexcept;

    /// Client: what pause_link asked for is done.
    actions handle_link_paused(time_point now) noexcept;

    /// Early or repeated calls do nothing. A server that is called late by `asleep` or more may not have read yet what its
    /// client sent in time: the client has ping_timeout once more then, and not again before it has been heard (Z10).
    actions handle_deadline(time_point now) noexcept;

    static constexpr duration asleep = std::chrono::seconds{1};

    /// This much waits to be sent, and the link takes none of it now.
    actions handle_overflow(std::size_t bytes, std::size_t packets) noexcept;

    /// True if handle_overflow() would end the session.
    [[nodiscard]] bool overflows(std::size_t bytes, std::size_t packets) const noexcept
    {
        return bytes > config_->max_send_queue_bytes || packets > config_->max_send_queue_packets;
    }

    /// Ends the session from this side. Server: an upgrade that was probed may still be brought to its end,
    /// by handle_probe() or handle_candidate_end(): the goodbye goes over the link that the client uses next.
    actions close(close_reason reason) noexcept;

    /// As close(), on demand of the layer above: "forced close", or "forced server close" while the poll that
    /// would carry the goodbye is not there. `pending`: something waits to be sent or could be.
    actions force_close(bool pending) noexcept;

    /// Client: the intervals that the server announced, counted from `now`.
    void set_heartbeat(duration interval, duration timeout, time_point now) noexcept;

    /// When handle_deadline() must next be called. May change after any call above.
    [[nodiscard]] std::optional<time_point> deadline() const noexcept;

    [[nodiscard]] bool is_open() const noexcept { return state_ == state::open; }

    [[nodiscard]] bool is_closed() const noexcept { return state_ == state::closed; }

    /// Between a successful probe and its end: nothing may be written to the old link.
    [[nodiscard]] bool upgrading() const noexcept { return upgrade_ == upgrade::probed; }

    /// True if handle_candidate() would accept.
    [[nodiscard]] bool can_upgrade() const noexcept;

    [[nodiscard]] transport_kind link() const noexcept { return link_; }

    /// Time between the last PING and its PONG; zero until the first. Only of who pings.
    [[nodiscard]] duration round_trip_time() const noexcept { return round_trip_; }

private:
    enum class state : std::uint8_t
    {
        opening,
        open,
        closed,
    };

    enum class heartbeat : std::uint8_t
    {
        idle,  ///< waiting until a PING is due (server) or must have come (see expects_ping())
        awaiting_pong,
        held,  ///< a PING is due, but an upgrade is under way (UP-13)
    };

    enum class upgrade : std::uint8_t
    {
        none,
        probing,
        probed,
    };

    /// The other end pings.
    [[nodiscard]] bool expects_ping() const noexcept
    {
        return side_ == role::client || protocol_ == revision::v3;
    }

    /// True if the server was asleep when the client had to be heard, and this is not the second time.
    [[nodiscard]] bool excuses(time_point now) noexcept;

    /// A server's upgrade is probed: polls wait for release_at().
    [[nodiscard]] bool releases_polls() const noexcept
    {
        return upgrade_ == upgrade::probed && side_ == role::server;
    }

    [[nodiscard]] time_point release_at() const noexcept;
    void count_releases(time_point now) noexcept;

    actions handle_server_packet(const packet_view& packet, time_point now) noexcept;
    actions handle_client_packet(const packet_view& packet, time_point now) noexcept;
    actions end_upgrade(action outcome, time_point now) noexcept;
    actions shut(close_reason reason) noexcept;

    const session_config* config_;
    duration interval_;
    duration timeout_;
    time_point heartbeat_at_{};
    time_point upgrade_at_{};
    duration round_trip_{};
    role side_;
    transport_kind link_;
    state state_;
    heartbeat heartbeat_ = heartbeat::idle;
    upgrade upgrade_ = upgrade::none;
    revision protocol_ = revision::v4;
    std::uint8_t releases_ = 0;  // of polls, in this upgrade
    bool was_excused_ = false;   // see handle_deadline()
};

static_assert(sizeof(session) <= 64);

}  // namespace cosio::engine
