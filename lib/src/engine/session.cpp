// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/engine/session.hpp>

namespace cosio::engine {
namespace {

close_reason reason_for(error_code why) noexcept
{
    if (why == errc::parse_error)
        return close_reason::parse_error;
    if (!why || why == errc::connection_closed || why == errc::connection_reset)
        return close_reason::transport_close;
    return close_reason::transport_error;
}

bool is_probe(const packet_view& packet, packet_type type) noexcept
{
    return packet.type == type && packet.kind == frame_kind::text && packet.text() == "probe";
}

/// So often a server releases polls during an upgrade that takes all of upgrade_timeout: a client that does not hear the
/// answer of its probe goes on polling, and who answers it at once is asked again at once.
constexpr int releases_per_upgrade = 100;

duration time_between_releases(const session_config& config) noexcept
{
    return std::max(config.upgrade_timeout / releases_per_upgrade, duration{1});
}

}  // namespace

session::session(
    const session_config& config, role side, transport_kind link, time_point now
) noexcept
    : config_{&config},
      interval_{config.ping_interval},
      timeout_{config.ping_timeout},
      heartbeat_at_{now + interval_ + (side == role::client ? timeout_ : duration::zero())},
      side_{side},
      link_{link},
      state_{side == role::server ? state::open : state::opening}
{}

void session::speak(revision protocol, time_point now) noexcept
{
    protocol_ = protocol;
    if (protocol == revision::v3)
        heartbeat_at_ = now + interval_ + timeout_;
}

actions session::handle_packet(const packet_view& packet, time_point now) noexcept
{
    if (state_ == state::closed)
        return {};
    return side_ == role::server ? handle_server_packet(packet, now)
                                 : handle_client_packet(packet, now);
}

actions session::handle_server_packet(const packet_view& packet, time_point now) noexcept
{
    switch (packet.type) {
    case packet_type::message: return {deliver{packet.kind, packet.data}};
    case packet_type::pong:
        if (expects_ping())
            return shut(close_reason::transport_error);
        // Only an awaited PONG counts: a flood of others must not move the heartbeat (A41).
        if (heartbeat_ == heartbeat::awaiting_pong || COSIO_MUTANT(heartbeat_per_pong)) {
            heartbeat_ = heartbeat::idle;
            was_excused_ = false;
            round_trip_ = now - (heartbeat_at_ - timeout_);
            heartbeat_at_ = now + interval_;
        }
        return {};
    case packet_type::ping:
        if (!expects_ping())
            return shut(close_reason::transport_error);
        was_excused_ = false;
        heartbeat_at_ = now + interval_ + timeout_;
        return {transmit{packet_type::pong}};
    case packet_type::close: {
        // A client that says goodbye over polling still holds a GET; it is answered first (POLL-14).
        const bool answer_poll = link_ == transport_kind::polling;
        actions ended = shut(close_reason::transport_close);
        if (!answer_poll)
            return ended;
        return {transmit{packet_type::noop}, *ended.begin()};
    }
    case packet_type::open:
    case packet_type::upgrade:
    case packet_type::noop: return {};
    }
    return {};
}

actions session::handle_client_packet(const packet_view& packet, time_point now) noexcept
{
    if (state_ == state::opening) {
        if (packet.type != packet_type::open)
            return shut(close_reason::parse_error);
        state_ = state::open;
        heartbeat_at_ = now + interval_ + timeout_;
        return {opened{packet.text()}};
    }
    switch (packet.type) {
    case packet_type::message: return {deliver{packet.kind, packet.data}};
    case packet_type::ping:
        heartbeat_at_ = now + interval_ + timeout_;
        return {transmit{packet_type::pong}};
    case packet_type::close: return shut(close_reason::transport_close);
    case packet_type::open:
    case packet_type::pong:
    case packet_type::upgrade:
    case packet_type::noop: return {};
    }
    return {};
}

actions session::handle_link_end(error_code why) noexcept
{
    if (state_ == state::closed)
        return {};
    return shut(reason_for(why));
}

bool session::can_upgrade() const noexcept
{
    return state_ == state::open && link_ == transport_kind::polling && upgrade_ == upgrade::none &&
           config_->allow_upgrades;
}

actions session::handle_candidate(time_point now) noexcept
{
    if (!can_upgrade())
        return {drop_candidate{}};
    upgrade_ = upgrade::probing;
    upgrade_at_ =
        COSIO_MUTANT(upgrade_never_times_out) ? time_point::max() : now + config_->upgrade_timeout;
    if (side_ == role::client)
        return {send_probe{}};
    return {};
}

actions session::handle_probe(const packet_view& packet, time_point now) noexcept
{
    if (upgrade_ == upgrade::none)
        return {};
    if (side_ == role::client) {
        if (upgrade_ == upgrade::probing && is_probe(packet, packet_type::pong)) {
            upgrade_ = upgrade::probed;
            return {pause_link{}};
        }
        return end_upgrade(drop_candidate{}, now);
    }
    if (upgrade_ == upgrade::probing && is_probe(packet, packet_type::ping)) {
        upgrade_ = upgrade::probed;
        count_releases(now);
        return {answer_probe{}};
    }
    if (upgrade_ == upgrade::probed && packet.type == packet_type::upgrade &&
        packet.kind == frame_kind::text && packet.data.empty())
        return end_upgrade(adopt_candidate{}, now);
    return end_upgrade(drop_candidate{}, now);
}

actions session::handle_candidate_end(time_point now) noexcept
{
    if (upgrade_ == upgrade::none)
        return {};
    return end_upgrade(drop_candidate{}, now);
}

actions session::handle_link_paused(time_point now) noexcept
{
    if (state_ != state::open || upgrade_ != upgrade::probed || side_ != role::client)
        return {};
    return end_upgrade(adopt_candidate{}, now);
}

actions session::end_upgrade(action outcome, time_point now) noexcept
{
    upgrade_ = upgrade::none;
    if (std::holds_alternative<adopt_candidate>(outcome))
        link_ = transport_kind::websocket;
    if (heartbeat_ != heartbeat::held || state_ == state::closed)
        return {outcome};
    heartbeat_ = heartbeat::awaiting_pong;
    heartbeat_at_ = now + timeout_;
    return {outcome, transmit{packet_type::ping}};
}

actions session::handle_deadline(time_point now) noexcept
{
    if (state_ == state::closed)
        return {};
    if (upgrade_ != upgrade::none && now >= upgrade_at_)
        return end_upgrade(drop_candidate{}, now);
    if (releases_polls() && now >= release_at()) {
        count_releases(now);
        return {release_poll{}};
    }
    if (heartbeat_ == heartbeat::held || now < heartbeat_at_)
        return {};
    if (expects_ping() || heartbeat_ == heartbeat::awaiting_pong) {
        // A PONG that arrives exactly at the deadline is in time (E09).
        if (now == heartbeat_at_ || excuses(now))
            return {};
        return shut(close_reason::ping_timeout);
    }
    if (upgrading()) {
        heartbeat_ = heartbeat::held;
        return {};
    }
    heartbeat_ = heartbeat::awaiting_pong;
    heartbeat_at_ = now + timeout_;
    return {transmit{packet_type::ping}};
}

time_point session::release_at() const noexcept
{
    return upgrade_at_ - config_->upgrade_timeout +
           (releases_ + 1) * time_between_releases(*config_);
}

/// Those up to `now`, with what was missed: one release serves for all.
void session::count_releases(time_point now) noexcept
{
    const duration whole = config_->upgrade_timeout;
    const duration left = std::clamp(upgrade_at_ - now, duration::zero(), whole);
    const auto passed = (whole - left) / time_between_releases(*config_);
    releases_ = static_cast<std::uint8_t>(std::min<std::int64_t>(passed, releases_per_upgrade));
}

bool session::excuses(time_point now) noexcept
{
    if (side_ == role::client || was_excused_ || now - heartbeat_at_ < asleep)
        return false;
    was_excused_ = true;
    heartbeat_at_ = now + timeout_;
    return true;
}

actions session::close(close_reason reason) noexcept
{
    if (state_ == state::closed)
        return {};
    // A client that was probed may have stopped to poll: it hears the goodbye on the link that it uses next.
    const upgrade under_way =
        side_ == role::server && upgrade_ == upgrade::probed ? upgrade::probed : upgrade::none;
    const actions ended = shut(reason);
    upgrade_ = under_way;
    return ended;
}

actions session::force_close(bool pending) noexcept
{
    return close(
        pending || link_ != transport_kind::polling ? close_reason::forced_close
                                                    : close_reason::forced_server_close
    );
}

actions session::handle_overflow(std::size_t bytes, std::size_t packets) noexcept
{
    if (state_ == state::closed || !overflows(bytes, packets))
        return {};
    const actions ended = shut(close_reason::transport_error);
    return {discard_output{}, *ended.begin()};
}

void session::set_heartbeat(duration interval, duration timeout, time_point now) noexcept
{
    interval_ = interval;
    timeout_ = timeout;
    heartbeat_at_ = now + interval_ + timeout_;
}

std::optional<time_point> session::deadline() const noexcept
{
    if (state_ == state::closed)
        return std::nullopt;
    const bool expires = expects_ping() || heartbeat_ == heartbeat::awaiting_pong;
    time_point next = expires ? heartbeat_at_ + duration{1} : heartbeat_at_;
    if (heartbeat_ == heartbeat::held)
        next = upgrade_at_;
    if (upgrade_ != upgrade::none)
        next = std::min(next, upgrade_at_);
    if (releases_polls())
        next = std::min(next, release_at());
    return next;
}

actions session::shut(close_reason reason) noexcept
{
    state_ = state::closed;
    upgrade_ = upgrade::none;
    return {shut_down{reason}};
}

}  // namespace cosio::engine
