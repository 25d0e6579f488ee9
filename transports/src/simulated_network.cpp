// SPDX-License-Identifier: BSL-1.0
#include "simulated_dialer.hpp"
#include "simulated_network_state.hpp"

#include <cosio/server_url.hpp>
#include <cosio/transports/http_connector.hpp>

#include <fmt/format.h>

#include <utility>

namespace cosio {

std::string_view to_string(link_fault what) noexcept
{
    switch (what) {
    case link_fault::reset: return "reset";
    case link_fault::close: return "close";
    case link_fault::stall: return "stall";
    case link_fault::deaf: return "deaf";
    }
    return "";
}

simulated_network::simulated_network(simulation& world)
    : state_{std::make_shared<state>(world, *this)}
{}

simulated_network::~simulated_network()
{
    state_->network = nullptr;
    state_->event = nullptr;
    for (auto& [name, at] : state_->hosts) {
        at.accept = nullptr;
        at.wrap = nullptr;
        std::exchange(at.waiting, {}).clear();
        std::exchange(at.arriving, {}).clear();
    }
}

void simulated_network::listen(std::string_view host, acceptor to, std::span<shard* const> on)
{
    state_->of(host).accept = std::move(to);
    state_->of(host).shards.assign(on.begin(), on.end());
}

void simulated_network::wrap(std::string_view host, wrapper by)
{
    state_->of(host).wrap = std::move(by);
}

void simulated_network::stop_listening(std::string_view host)
{
    state_->of(host).accept = nullptr;
    std::exchange(state_->of(host).waiting, {}).clear();
}

std::unique_ptr<stream_dialer> simulated_network::dialer(std::string_view host)
{
    return dialer(host, state_->world->home());
}

std::unique_ptr<stream_dialer> simulated_network::dialer(std::string_view host, shard& near)
{
    return std::make_unique<simulated_dialer>(state_, host, near);
}

std::unique_ptr<connector> simulated_network::connect_to(
    std::string_view url, const client_options& options
)
{
    return connect_to(url, options, state_->world->home());
}

std::unique_ptr<connector> simulated_network::connect_to(
    std::string_view url, const client_options& options, shard& near
)
{
    const server_url where = server_url::parse(url);
    return make_http_connector(near, where, dialer(where.host, near), options);
}

void simulated_network::fail_all(link_fault how)
{
    state_->note("network", to_string(how));
    for (auto& [name, at] : state_->hosts)
        state_->fail(at, how);
}

void simulated_network::fail(std::string_view host, link_fault how)
{
    state_->note(host, to_string(how));
    state_->fail(state_->of(host), how);
}

void simulated_network::fail_at_byte(
    std::string_view host, link_direction which, std::uint64_t byte, link_fault how
)
{
    state_->of(host).failure = {which, byte, how};
}

std::uint64_t simulated_network::bytes(std::string_view host, link_direction which) const
{
    return state_->of(host).bytes[static_cast<std::size_t>(which)];
}

void simulated_network::at_step(std::uint64_t step, std::function<void()> what)
{
    state_->event_step = step;
    state_->event = std::move(what);
}

void simulated_network::cut(std::string_view host)
{
    state_->note(host, "is cut off");
    state_->of(host).cut = true;
    for (const auto& one : state_->of(host).links)
        if (const auto open = one.lock())
            open->pause(true);
}

void simulated_network::heal(std::string_view host)
{
    state_->note(host, "is back");
    state_->of(host).cut = false;
    for (const auto& one : state_->of(host).links)
        if (const auto open = one.lock())
            open->pause(false);
}

bool simulated_network::is_cut(std::string_view host) const
{
    return state_->of(host).cut;
}

void simulated_network::cut_dials(std::string_view host, bool are_lost)
{
    state_->note(host, are_lost ? "hears no dials" : "hears dials");
    state_->of(host).loses_dials = are_lost;
}

void simulated_network::limit_descriptors(std::string_view host, std::size_t most)
{
    state_->note(host, fmt::format("has {} descriptors", most));
    state_->of(host).max_open = most;
    state_->accept_waiting(std::string{host});
}

std::size_t simulated_network::streams() const noexcept
{
    return state_->streams;
}

std::size_t simulated_network::unread() const
{
    std::size_t all = 0;
    for (const auto& [name, at] : state_->hosts)
        for (const auto& one : at.links)
            if (const auto open = one.lock())
                all += open->up.unread() + open->down.unread();
    return all;
}

std::size_t simulated_network::waiting(std::string_view host) const
{
    return state_->of(host).waiting.size();
}

}  // namespace cosio
