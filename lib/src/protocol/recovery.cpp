// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/detail/mutant.hpp>
#include <cosio/protocol/recovery.hpp>

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

namespace cosio::protocol {
namespace {

constexpr int digits_base = 36;
constexpr std::size_t secret_size = 20;
constexpr std::size_t max_offset_size = 32;
constexpr char separator = '-';
constexpr std::size_t session_overhead = 256;  // a node of the list and of the map, a bucket
constexpr std::size_t room_overhead = 32;      // of a name that does not fit into its string

template <class Integer>
void append_digits(std::string& out, Integer value)
{
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, digits_base).ptr;
    out.append(digits, end);
}

/// What append_digits() writes and nothing else: each number has one text.
template <class Integer>
std::optional<Integer> read_digits(std::string_view text) noexcept
{
    Integer value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, digits_base);
    if (error != std::errc{} || stop != end || (text.size() > 1 && text.front() == '0') ||
        std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }))
        return std::nullopt;
    return value;
}

std::size_t cost_of(const recoverable_session& session)
{
    std::size_t total = session_overhead;
    for (const membership& one : session.rooms)
        total += sizeof one + one.room.size() + room_overhead;
    return total;
}

packet_log_limits limits_of(const recovery_config& config)
{
    return {
        .retention = config.max_disconnection_duration + config.unconfirmed,
        .max_bytes = config.max_log_bytes,
        .max_packets = config.max_log_packets,
    };
}

}  // namespace

recovery_tags::recovery_tags(random_source& random) noexcept
{
    random.fill(std::as_writable_bytes(std::span{&next_, 1}));
}

recovery_tag recovery_tags::next() noexcept
{
    const std::array<std::byte, 3> bits{
        static_cast<std::byte>(next_ >> 16),
        static_cast<std::byte>(next_ >> 8),
        static_cast<std::byte>(next_)
    };
    ++next_;
    recovery_tag tag;
    detail::encode_base64url(bits, tag.data());
    return tag;
}

private_id private_id::make(random_source& random, std::uint16_t shard) noexcept
{
    return {id20::make(random), shard};
}

std::optional<private_id> private_id::parse(std::string_view text) noexcept
{
    if (text.size() <= secret_size)
        return std::nullopt;
    const auto shard = read_digits<std::uint16_t>(text.substr(secret_size));
    if (!shard)
        return std::nullopt;
    return private_id{id20::from_text(text), *shard};
}

std::string private_id::str() const
{
    std::string text = secret.str();
    append_digits(text, shard);
    return text;
}

std::string_view to_string(recovery_refusal why) noexcept
{
    switch (why) {
    case recovery_refusal::unknown_session: return "unknown session";
    case recovery_refusal::expired: return "session expired";
    case recovery_refusal::unknown_offset: return "unknown offset";
    case recovery_refusal::too_old: return "offset too old";
    case recovery_refusal::too_much: return "too much was missed";
    }
    return "?";
}

recovery::recovery(const recovery_config& config)
    : config_{config}, log_{limits_of(config), config.room_hash}
{}

std::string recovery::text_of(const packet_offset& offset) const
{
    std::string text{config_.tag.data(), config_.tag.size()};
    append_digits(text, offset.shard);
    text.push_back(separator);
    append_digits(text, offset.number);
    return text;
}

std::optional<packet_offset> recovery::parse_offset(std::string_view text) const noexcept
{
    if (text.size() > max_offset_size ||
        !text.starts_with(std::string_view{config_.tag.data(), config_.tag.size()}))
        return std::nullopt;
    text.remove_prefix(config_.tag.size());
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos)
        return std::nullopt;
    const auto shard = read_digits<std::uint16_t>(text.substr(0, at));
    const auto number = read_digits<std::uint64_t>(text.substr(at + 1));
    if (!shard || !number || *number == 0)
        return std::nullopt;
    return packet_offset{*shard, *number};
}

void recovery::take(kept_list::iterator which, kept_list& into) noexcept
{
    sessions_.erase(which->session.pid.secret.view());
    session_bytes_ -= which->cost;
    into.splice(into.end(), by_age_, which);
}

/// What it drives out goes to `dropped`: the user's data may do anything when it is destroyed.
void recovery::store(kept what, kept_list& dropped)
{
    if (const auto old = sessions_.find(what.session.pid.secret.view()); old != sessions_.end())
        take(old->second, dropped);
    what.cost = cost_of(what.session);
    session_bytes_ += what.cost;
    by_age_.push_back(std::move(what));
    const auto added = std::prev(by_age_.end());
    sessions_.emplace(added->session.pid.secret.view(), added);
    while (by_age_.size() > config_.max_sessions || session_bytes_ > config_.max_log_bytes)
        take(by_age_.begin(), dropped);
}

void recovery::keep(recoverable_session session, time_point now)
{
    session.rooms.push_back({.room = session.sid.str()});
    std::ranges::sort(session.rooms, {}, &membership::room);
    kept_list dropped;
    store({.session = std::move(session), .gone = now, .cost = 0}, dropped);
}

void recovery::refer(const private_id& pid, std::uint16_t shard, time_point now)
{
    recoverable_session empty;
    empty.pid = pid;
    kept_list dropped;
    store({.session = std::move(empty), .gone = now, .cost = 0, .elsewhere = shard}, dropped);
}

std::optional<std::uint16_t> recovery::locate(const private_id& pid) const noexcept
{
    const auto found = sessions_.find(pid.secret.view());
    if (found == sessions_.end() || found->second->session.pid != pid)
        return std::nullopt;
    return found->second->elsewhere.value_or(config_.shard);
}

recovery::restore_result recovery::restore(
    const private_id& pid, std::optional<std::string_view> offset, time_point now
)
{
    const auto found = sessions_.find(pid.secret.view());
    if (found == sessions_.end() || found->second->session.pid != pid || found->second->elsewhere)
        return recovery_refusal::unknown_session;
    kept_list taken;
    take(found->second, taken);
    kept& last = taken.front();
    if (last.gone + config_.max_disconnection_duration < now)
        return recovery_refusal::expired;

    std::optional<packet_offset> named;
    if (offset) {
        named = parse_offset(*offset);
        if (!named)
            return recovery_refusal::unknown_offset;
    }
    const auto from = resume(last, named, now);
    if (!from)
        return from.error();

    restored out;
    const std::vector<log_position> missed = log_.addressed_to(last.session.rooms, *from);
    std::size_t bytes = 0;
    std::size_t frames = 0;
    for (const log_position at : missed) {
        bytes += log_[at].packet.bytes();
        frames += 1 + log_[at].packet.attachments.size();
    }
    if (bytes > config_.max_missed_bytes || frames > config_.max_missed_frames)
        return recovery_refusal::too_much;
    out.missed.reserve(missed.size());
    for (const log_position at : missed)
        out.missed.push_back(log_[at]);
    if (COSIO_MUTANT(session_kept_after_recovery))
        keep(last.session, now);
    out.session = std::move(last.session);
    if (!missed.empty())
        out.session.resent = {*from, now};
    out.version = log_.version();
    out.offset = named.value_or(packet_offset{});
    out.end = log_.end();
    return out;
}

/// Where the first packet is that the client has not got.
boost::system::result<log_position, recovery_refusal> recovery::resume(
    const kept& last, const std::optional<packet_offset>& offset, time_point now
) const
{
    const recoverable_session& session = last.session;
    log_position from = session.since;
    const auto at = offset ? log_.find(*offset) : std::nullopt;
    if (session.adopted != 0) {
        if (const auto seen = find_adopted(session, offset.value_or(packet_offset{})))
            from = *seen + 1;
        else if (at && *at >= session.since + session.adopted)
            from = *at + 1;
        else if (session.since >= log_.first())
            return recovery_refusal::unknown_offset;
    } else if (at) {
        // A stock client that has got nothing in this session still names the end of its last one.
        from = std::max(from, *at + 1);
    } else if (offset && !log_.has_seen(*offset)) {
        return recovery_refusal::unknown_offset;
    }
    if (from < log_.first()) {
        // What went out of the log by age was sent so long before the socket's end that its client has
        // shown that it lived after it. What a bound drove out may have been missed.
        if (log_.has_lost(now) || may_have_lost_again(last))
            return recovery_refusal::too_old;
        from = log_.first();
    }
    if (from < session.exact_since)
        return recovery_refusal::too_old;
    return from;
}

/// What was sent again has been in the log for longer than the others that were on their way at the end.
bool recovery::may_have_lost_again(const kept& last) const noexcept
{
    const auto& resent = last.session.resent;
    return resent && resent->from < log_.first() && last.gone < resent->at + config_.unconfirmed;
}

std::optional<log_position> recovery::find_adopted(
    const recoverable_session& session, const packet_offset& offset
) const noexcept
{
    const log_position end = session.since + session.adopted;
    for (log_position at = std::max(session.since, log_.first()); at < end; ++at)
        if (log_[at].offset == offset)
            return at;
    return std::nullopt;
}

void recovery::adopt(restored& what, time_point now)
{
    recoverable_session& session = what.session;
    std::erase_if(session.rooms, [](const membership& one) { return one.until != still; });
    for (membership& one : session.rooms)
        one.since = 0;
    for (const log_position at : log_.addressed_to(session.rooms, what.version))
        what.missed.push_back(log_[at]);

    session.since = log_.end();
    session.exact_since = session.since;
    session.adopted = 1 + what.missed.size();
    session.resent.reset();  // it is logged anew
    log_.append_for(session.sid.view(), {.offset = what.offset, .packet = {}}, now);
    for (const logged_packet& one : what.missed)
        log_.append_for(session.sid.view(), one, now);
    what.end = log_.end();
}

void recovery::catch_up(restored& what) const
{
    for (const log_position at : log_.addressed_to(what.session.rooms, what.end))
        what.missed.push_back(log_[at]);
    what.end = log_.end();
}

std::optional<time_point> recovery::deadline() const noexcept
{
    std::optional<time_point> next = log_.deadline();
    if (!by_age_.empty()) {
        const duration patience = config_.max_disconnection_duration;
        const time_point oldest = by_age_.front().gone + patience + patience / 8 + duration{1};
        next = next ? std::min(*next, oldest) : oldest;
    }
    return next;
}

void recovery::handle_timeout(time_point now)
{
    log_.trim(now);
    kept_list dropped;
    while (!by_age_.empty() && by_age_.front().gone + config_.max_disconnection_duration < now)
        take(by_age_.begin(), dropped);
}

}  // namespace cosio::protocol
