// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/protocol/connection.hpp>

#include <algorithm>

namespace cosio::protocol {

connection::connection(const connection_config& config, engine::role side, time_point now) noexcept
    : config_{&config}, side_{side}
{
    if (side == engine::role::server)
        join_by_ = now + config.connect_timeout;
}

std::optional<slot> connection::find(std::string_view nsp) const noexcept
{
    for (std::size_t i = 0; i < slots_.size(); ++i)
        if (slots_[i].status != progress::free && slots_[i].nsp == nsp)
            return static_cast<slot>(i);
    return std::nullopt;
}

slot connection::occupy(std::string_view nsp)
{
    std::size_t where = 0;
    while (where < slots_.size() && slots_[where].status != progress::free)
        ++where;
    if (where == slots_.size())
        slots_.emplace_back();
    slots_[where].nsp = nsp;
    slots_[where].status = progress::pending;
    return static_cast<slot>(where);
}

void connection::vacate(slot where, time_point now) noexcept
{
    if (slots_[where].status == progress::joined && --joined_count_ == 0 &&
        side_ == engine::role::server)
        join_by_ = now + config_->namespace_idle_timeout;
    slots_[where].status = progress::free;
    slots_[where].nsp = {};
    while (!slots_.empty() && slots_.back().status == progress::free)
        slots_.pop_back();
}

actions connection::handle_packet(const packet_header& header, time_point now)
{
    attachments_by_.reset();
    if (header.type == packet_type::connect)
        return handle_connect(header, now);
    const std::optional<slot> where = find(header.nsp);
    if (header.type == packet_type::connect_error) {
        if (side_ == engine::role::server)
            return {violation{errc::unexpected_packet}};
        if (where && slots_[*where].status == progress::unwanted)
            return give_up(*where, false, now);
        if (!where || slots_[*where].status != progress::pending)
            return {};
        vacate(*where, now);
        return {refused{*where}};
    }
    if (header.type == packet_type::disconnect) {
        if (where)
            return handle_disconnect(*where, now);
    } else if (where && slots_[*where].status == progress::joined) {
        if (header.type == packet_type::event)
            return {dispatch{*where}};
        if (header.id)
            return {resolve{*where, *header.id}};
        return {};
    }
    // A server may speak of a namespace that we are just leaving; a client must not (SIO-6).
    if (side_ == engine::role::server)
        return {violation{errc::not_connected}};
    if (where && header.type == packet_type::event && slots_[*where].status == progress::pending)
        return {early{*where}};
    return {};
}

actions connection::handle_implied_connect(time_point now)
{
    return handle_connect({.type = packet_type::connect, .nsp = "/"}, now);
}

actions connection::handle_connect(const packet_header& header, time_point now)
{
    const std::optional<slot> where = find(header.nsp);
    if (side_ == engine::role::client) {
        if (where && slots_[*where].status == progress::unwanted)
            return give_up(*where, true, now);
        if (!where || slots_[*where].status != progress::pending)
            return {};
        accept(*where);
        return {joined{*where}};
    }
    if (where &&
        !(COSIO_MUTANT(second_connect_while_pending) && slots_[*where].status == progress::pending))
        return {violation{errc::already_connected}};
    const auto in_use = std::ranges::count_if(slots_, [](const entry& one) {
        return one.status != progress::free;
    });
    if (static_cast<std::size_t>(in_use) + refusals_ >= config_->max_namespaces_per_client)
        return {violation{errc::too_many_namespaces}};
    return {join{occupy(header.nsp)}};
}

actions connection::handle_disconnect(slot where, time_point now)
{
    if (slots_[where].status == progress::unwanted)
        return give_up(where, false, now);
    const bool was_pending = slots_[where].status == progress::pending;
    vacate(where, now);
    if (side_ == engine::role::client)
        return {leave{where, close_reason::io_server_disconnect}};
    if (was_pending)
        return {cancel{where}};
    return {leave{where, close_reason::client_namespace_disconnect}};
}

actions connection::give_up(slot where, bool entered, time_point now) noexcept
{
    vacate(where, now);
    return {unwanted{entered}};
}

actions connection::handle_partial(const packet_header& header, time_point now)
{
    if (!attachments_by_)
        attachments_by_ = now + config_->attachment_timeout;
    const std::optional<slot> where = find(header.nsp);
    if ((!where || slots_[*where].status != progress::joined) && side_ == engine::role::server)
        return {violation{errc::not_connected}};
    return {};
}

actions connection::handle_deadline(time_point now)
{
    if (attachments_by_ && now >= *attachments_by_) {
        attachments_by_.reset();
        return {violation{errc::attachment_timeout}};
    }
    if (join_by_ && now >= *join_by_) {
        join_by_.reset();
        return {violation{was_joined_ ? errc::namespace_idle_timeout : errc::connect_timeout}};
    }
    return {};
}

void connection::accept(slot where) noexcept
{
    slots_[where].status = progress::joined;
    ++joined_count_;
    was_joined_ = true;
    join_by_.reset();
    refusals_ = 0;
}

void connection::reject(slot where, time_point now) noexcept
{
    vacate(where, now);
    ++refusals_;
}

std::optional<slot> connection::connect(std::string_view nsp)
{
    if (find(nsp))
        return std::nullopt;
    return occupy(nsp);
}

void connection::disconnect(slot where, time_point now) noexcept
{
    if (side_ == engine::role::client && slots_[where].status == progress::pending)
        slots_[where].status = progress::unwanted;
    else
        vacate(where, now);
}

std::optional<time_point> connection::deadline() const noexcept
{
    if (!join_by_)
        return attachments_by_;
    if (!attachments_by_)
        return join_by_;
    return std::min(*join_by_, *attachments_by_);
}

}  // namespace cosio::protocol

namespace {

using namespace cosio::protocol;

struct describe
{
    std::string operator()(const join& a) const { return fmt::format("join {}", a.where); }

    std::string operator()(const joined& a) const { return fmt::format("joined {}", a.where); }

    std::string operator()(const refused& a) const { return fmt::format("refused {}", a.where); }

    std::string operator()(const unwanted& a) const
    {
        return a.entered ? "unwanted, entered" : "unwanted";
    }

    std::string operator()(const dispatch& a) const { return fmt::format("dispatch {}", a.where); }

    std::string operator()(const early& a) const { return fmt::format("early {}", a.where); }

    std::string operator()(const resolve& a) const
    {
        return fmt::format("resolve {} #{}", a.where, a.id);
    }

    std::string operator()(const leave& a) const
    {
        return fmt::format("leave {} '{}'", a.where, to_string(a.reason));
    }

    std::string operator()(const cancel& a) const { return fmt::format("cancel {}", a.where); }

    std::string operator()(const violation& a) const
    {
        return fmt::format("violation '{}'", a.why.message());
    }
};

}  // namespace

fmt::format_context::iterator fmt::formatter<cosio::protocol::action>::format(
    const cosio::protocol::action& value, fmt::format_context& context
) const
{
    return fmt::formatter<std::string_view>::format(std::visit(describe{}, value), context);
}
