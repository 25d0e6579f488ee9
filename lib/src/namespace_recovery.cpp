// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ask_part.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/detail/namespace_group.hpp>
#include <cosio/detail/namespace_recovery.hpp>
#include <cosio/detail/recovery_setup.hpp>

namespace cosio::detail {
namespace {

using restore_result = protocol::recovery::restore_result;

/// Lets everything run that was posted to this shard before.
auto next_turn(shard& home)
{
    return asio::post(home.executor(), asio::deferred);
}

protocol::recovery_config with_secret(protocol::recovery_config config, shard& home)
{
    config.room_hash = secret_hash{home.random()};
    return config;
}

}  // namespace

std::optional<recovery_claim> recovery_claim::parse(const boost::json::value& auth)
{
    const boost::json::object* const all = auth.if_object();
    const boost::json::value* const pid = all ? all->if_contains("pid") : nullptr;
    if (!pid || !pid->is_string())
        return std::nullopt;
    const auto known = protocol::private_id::parse(std::string_view{pid->get_string()});
    if (!known)
        return std::nullopt;
    recovery_claim claim{.pid = *known, .offset = std::nullopt};
    const boost::json::value* const offset = all->if_contains("offset");
    if (!offset || offset->is_null())
        return claim;
    if (!offset->is_string())
        return std::nullopt;
    claim.offset = std::string{std::string_view{offset->get_string()}};
    return claim;
}

namespace_recovery::namespace_recovery(
    namespace_state& part,
    const server_options& options,
    std::uint16_t number,
    const protocol::recovery_tag& tag,
    const codec_functions& codec
)
    : part_{&part},
      codec_{&codec},
      rules_{with_secret(make_recovery_config(options, number, tag), part.home())},
      number_{number},
      skips_middlewares_{options.recovery->skip_middlewares}
{}

protocol::logged_packet namespace_recovery::log(
    const protocol::encoded_packet& packet, audience who, protocol::reach how_far
)
{
    protocol::packet_offset offset = rules_.next_offset();
    if (COSIO_MUTANT(offsets_by_the_clock)) {
        // The time of day, and a count for what is sent in the same millisecond, as yeast has it.
        constexpr std::uint64_t counts = 1U << 20U;
        const auto ms = static_cast<std::uint64_t>(part_->home().time().wall_clock_ms());
        offset.number = ms * counts + offset.number % counts;
    }
    protocol::logged_packet logged{
        offset, codec_->append_text(packet, part_->name(), rules_.text_of(offset))
    };
    if (!packet.head->may_compress())
        logged.packet.head.forbid_compression();
    static_cast<void>(rules_.append(
        COSIO_MUTANT(replay_without_offset) ? protocol::logged_packet{offset, packet} : logged,
        std::move(who),
        how_far,
        part_->home().now()
    ));
    rearm();
    return logged;
}

bool namespace_recovery::log(const protocol::logged_packet& from_elsewhere, audience who)
{
    const bool is_new = rules_.append(
        from_elsewhere, std::move(who), protocol::reach::all_shards, part_->home().now()
    );
    rearm();
    return is_new;
}

void namespace_recovery::begin(socket_state& socket)
{
    const protocol::log_position here = rules_.log().end();
    socket.recovery.reset(new recovery_state{
        .pid = protocol::private_id::make(part_->home().random(), number_),
        .since = here,
        .adopted = 0,
        .history = protocol::room_history{here}
    });
}

bool namespace_recovery::is_here(const recovery_claim& claim) const noexcept
{
    return claim.pid.shard == number_ && rules_.locate(claim.pid).value_or(number_) == number_;
}

void namespace_recovery::revive_here(socket_state& socket, const recovery_claim& claim)
{
    restore_result answer = rules_.restore(claim.pid, claim.offset, part_->home().now());
    if (answer)
        adopt(socket, std::move(*answer));
    else
        refuse(socket, answer.error());
}

task<> namespace_recovery::revive(boost::intrusive_ptr<socket_state> socket, recovery_claim claim)
{
    namespace_state& here = *socket->nsp();
    const auto parts = here.all().parts();
    const auto unknown = protocol::recovery_refusal::unknown_session;
    std::optional<std::uint16_t> keeper;
    if (claim.pid.shard < parts.size()) {
        auto locating = ask_part<std::optional<std::uint16_t>>(
            *parts[claim.pid.shard],
            [pid = claim.pid](namespace_state& part) -> std::optional<std::uint16_t> {
                return part.recovery ? part.recovery->rules_.locate(pid) : std::nullopt;
            }
        );
        keeper = co_await std::move(locating);
    }
    if (!keeper || *keeper >= parts.size()) {
        if (here.recovery)
            here.recovery->refuse(*socket, unknown);
        co_return;
    }
    auto restoring = ask_part<restore_result>(
        *parts[*keeper],
        [claim = std::move(claim), unknown](namespace_state& part) -> restore_result {
            if (!part.recovery)
                return unknown;
            return part.recovery->rules_.restore(claim.pid, claim.offset, part.home().now());
        }
    );
    restore_result answer = co_await std::move(restoring);
    if (!here.recovery)
        co_return;
    if (!answer) {
        here.recovery->refuse(*socket, answer.error());
        co_return;
    }
    protocol::recovery::restored back = std::move(*answer);
    if (*keeper != here.recovery->number_) {
        // A broadcast that the other shard had already is on its way to this one.
        while (here.recovery && !here.recovery->rules_.covers(back.version)) {
            auto turn = next_turn(here.home());
            co_await std::move(turn);
        }
        if (!here.recovery)
            co_return;
        here.recovery->rules_.adopt(back, here.home().now());
    }
    here.recovery->adopt(*socket, std::move(back));
    if (!socket->owner())
        here.recovery->keep_restored(*socket);
}

void namespace_recovery::adopt(socket_state& socket, protocol::recovery::restored what)
{
    const protocol::recoverable_session& session = what.session;
    socket.id = session.sid;
    socket.data = session.data;
    socket.recovery.reset(new recovery_state{
        .pid = session.pid,
        .since = session.since,
        .adopted = session.adopted,
        .history = protocol::room_history{session},
        .resent = session.resent,
        .recovered = true
    });
    socket.recovery->restored = std::make_unique<protocol::recovery::restored>(std::move(what));
}

void namespace_recovery::refuse(socket_state& socket, protocol::recovery_refusal why)
{
    part_->limits().log(
        log_level::info, "{}: a session is not recovered: {}", part_->name(), to_string(why)
    );
    begin(socket);
}

std::vector<protocol::encoded_packet> namespace_recovery::take_missed(socket_state& socket)
{
    std::vector<protocol::encoded_packet> packets;
    protocol::recovery::restored& back = *socket.recovery->restored;
    rules_.catch_up(back);
    packets.reserve(back.missed.size());
    for (const protocol::logged_packet& one : back.missed)
        packets.push_back(one.packet);
    return packets;
}

void namespace_recovery::rejoin(
    socket_state& socket, const std::vector<protocol::membership>& rooms
)
{
    for (const protocol::membership& one : rooms)
        if (one.until == protocol::still && one.room != socket.id.view())
            part_->rooms.join(socket.index, one.room);
}

void namespace_recovery::joined(socket_state& socket, std::string_view room)
{
    if (socket.recovery)
        socket.recovery->history.joined(room, rules_.log().end(), rules_.log().first());
}

void namespace_recovery::left(socket_state& socket, std::string_view room)
{
    if (socket.recovery)
        socket.recovery->history.left(room, rules_.log().end(), rules_.log().first());
}

std::vector<protocol::membership> namespace_recovery::rooms_of(const socket_state& socket) const
{
    std::vector<std::string> names;
    part_->rooms.for_each_room_of(socket.index, [&](std::string_view name) {
        names.emplace_back(name);
    });
    return socket.recovery->history.memberships(std::move(names));
}

void namespace_recovery::keep(socket_state& socket, std::vector<protocol::membership> rooms)
{
    const recovery_state& known = *socket.recovery;
    protocol::recoverable_session session{
        .pid = known.pid,
        .sid = socket.id,
        .rooms = std::move(rooms),
        .data = socket.data,
        .since = known.since,
        .exact_since = known.history.exact_since(),
        .adopted = known.adopted,
        .resent = known.resent
    };
    store(std::move(session));
}

void namespace_recovery::keep_restored(socket_state& socket)
{
    const auto back = std::move(socket.recovery->restored);
    store(std::move(back->session));
}

void namespace_recovery::store(protocol::recoverable_session session)
{
    const protocol::private_id pid = session.pid;
    rules_.keep(std::move(session), part_->home().now());
    rearm();
    if (pid.shard == number_ || pid.shard >= part_->all().parts().size())
        return;
    namespace_state& origin = *part_->all().parts()[pid.shard];
    origin.home().post([keep = boost::intrusive_ptr{&origin}, pid, number = number_] {
        if (keep->recovery)
            keep->recovery->rules_.refer(pid, number, keep->home().now());
    });
}

void namespace_recovery::rearm()
{
    if (const auto next = rules_.deadline(); next && !armed())
        part_->home().time().arm(*this, *next);
}

void namespace_recovery::on_deadline(time_point now)
{
    rules_.handle_timeout(now);
    rearm();
}

}  // namespace cosio::detail
