// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/protocol/reconnect.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cosio::protocol {
namespace {

/// 0 to 1, 1 excluded.
double random_share(random_source& random) noexcept
{
    std::array<std::byte, 8> bytes;
    random.fill(bytes);
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data(), bytes.size());
    constexpr double resolution = 1.0 / static_cast<double>(std::uint64_t{1} << 53);
    return static_cast<double>(bits >> 11) * resolution;
}

duration part_of(duration whole, double share) noexcept
{
    return duration{static_cast<duration::rep>(static_cast<double>(whole.count()) * share)};
}

/// What an end before the OPEN packet is called.
error_code error_of(close_reason reason) noexcept
{
    if (reason == close_reason::ping_timeout)
        return cosio::errc::timeout;
    if (reason == close_reason::parse_error)
        return engine::errc::parse_error;
    return engine::errc::connection_closed;
}

/// `first` doubled so often, at most `cap`.
duration doubled(duration first, std::uint64_t times, duration cap) noexcept
{
    if (first >= cap || first <= duration::zero())
        return std::clamp(first, duration::zero(), cap);
    if (times >= 62 || first.count() > cap.count() >> times)
        return cap;
    return duration{first.count() << times};
}

}  // namespace

duration reconnect_delay(
    const reconnect_config& config, std::uint64_t attempts, random_source& random
) noexcept
{
    const duration usual = doubled(config.delay, attempts, config.max_delay);
    const duration spread = part_of(usual, config.randomization_factor);
    const duration shortest = usual - spread;
    const duration longest = std::min(usual + spread, config.max_delay);
    return std::min(shortest + part_of(longest - shortest, random_share(random)), longest);
}

reconnect_actions reconnect::open(time_point now)
{
    if (is_active() && !COSIO_MUTANT(second_open_dials_again))
        return {};
    reconnect_actions todo;
    start_dialing(todo, now);
    return todo;
}

reconnect_actions reconnect::close()
{
    const state before = state_;
    rest(state::disconnected);
    if (before == state::connecting)
        return {hang_up{link_}};
    if (before == state::open)
        return {hang_up{link_}, disconnected{close_reason::io_client_disconnect}};
    return {};
}

reconnect_actions reconnect::handle_open(link_number link, time_point now)
{
    if (!is_current(link) || state_ == state::open)
        return {};
    state_ = state::open;
    deadline_.reset();
    opened_at_ = now;
    retry_after_ = duration::zero();
    if (!std::exchange(reconnecting_, false))
        return {connected{}};
    return {connected{}, reconnected{attempts_}};
}

reconnect_actions reconnect::handle_failure(link_number link, error_code why, time_point now)
{
    if (!is_current(link) || state_ == state::open)
        return {};
    reconnect_actions todo;
    fail(todo, why, now);
    return todo;
}

reconnect_actions reconnect::handle_close(link_number link, close_reason reason, time_point now)
{
    if (state_ == state::connecting)
        return handle_failure(link, error_of(reason), now);
    if (!is_current(link))
        return {};
    reconnect_actions todo{disconnected{reason}};
    if (now - opened_at_ >= config_->stable_after || COSIO_MUTANT(backoff_reset_on_open))
        attempts_ = 0;
    if (reconnects_after(reason) && config_->reconnection)
        come_back(todo, now);
    else
        rest(state::disconnected);
    return todo;
}

void reconnect::handle_retry_after(duration wait) noexcept
{
    retry_after_ = std::clamp(wait, duration::zero(), config_->max_retry_after);
}

reconnect_actions reconnect::handle_deadline(time_point now)
{
    if (!deadline_ || now < *deadline_)
        return {};
    reconnect_actions todo;
    if (state_ == state::connecting) {
        todo.push_back(hang_up{link_});
        fail(todo, cosio::errc::timeout, now);
        return todo;
    }
    ++attempts_;
    reconnecting_ = true;
    todo.push_back(reconnect_attempt{attempts_});
    start_dialing(todo, now);
    return todo;
}

void reconnect::start_dialing(reconnect_actions& todo, time_point now)
{
    state_ = state::connecting;
    deadline_ = now + config_->connect_timeout;
    todo.push_back(dial{++link_});
}

void reconnect::fail(reconnect_actions& todo, error_code why, time_point now)
{
    todo.push_back(connect_failed{why});
    if (std::exchange(reconnecting_, false))
        todo.push_back(reconnect_error{why});
    if (config_->reconnection)
        come_back(todo, now);
    else
        rest(state::disconnected);
}

void reconnect::come_back(reconnect_actions& todo, time_point now)
{
    if (config_->attempts && attempts_ >= *config_->attempts) {
        todo.push_back(reconnect_failed{});
        rest(state::failed);
        return;
    }
    state_ = state::waiting;
    const duration delay = reconnect_delay(*config_, attempts_, *random_);
    deadline_ = now + delay + std::exchange(retry_after_, duration::zero());
}

void reconnect::rest(state as) noexcept
{
    state_ = as;
    deadline_.reset();
    attempts_ = 0;
    retry_after_ = duration::zero();
    reconnecting_ = false;
}

std::string_view to_string(reconnect::state value) noexcept
{
    switch (value) {
    case reconnect::state::disconnected: return "disconnected";
    case reconnect::state::connecting: return "connecting";
    case reconnect::state::open: return "open";
    case reconnect::state::waiting: return "waiting";
    case reconnect::state::failed: return "failed";
    }
    return "";
}

}  // namespace cosio::protocol

namespace {

using namespace cosio::protocol;

struct describe_reconnect
{
    std::string operator()(const dial& a) const { return fmt::format("dial #{}", a.link); }

    std::string operator()(const hang_up& a) const { return fmt::format("hang_up #{}", a.link); }

    std::string operator()(const connected&) const { return "connected"; }

    std::string operator()(const connect_failed& a) const
    {
        return fmt::format("connect_failed '{}'", a.why.message());
    }

    std::string operator()(const disconnected& a) const
    {
        return fmt::format("disconnected '{}'", to_string(a.reason));
    }

    std::string operator()(const reconnect_attempt& a) const
    {
        return fmt::format("reconnect_attempt {}", a.number);
    }

    std::string operator()(const reconnect_error& a) const
    {
        return fmt::format("reconnect_error '{}'", a.why.message());
    }

    std::string operator()(const reconnect_failed&) const { return "reconnect_failed"; }

    std::string operator()(const reconnected& a) const
    {
        return fmt::format("reconnected {}", a.number);
    }
};

}  // namespace

fmt::format_context::iterator fmt::formatter<cosio::protocol::reconnect_action>::format(
    const cosio::protocol::reconnect_action& value, fmt::format_context& context
) const
{
    return fmt::formatter<std::string_view>::format(
        std::visit(describe_reconnect{}, value), context
    );
}
