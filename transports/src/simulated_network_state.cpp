// SPDX-License-Identifier: BSL-1.0
#include "simulated_network_state.hpp"

#include "simulated_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cosio {

/// Null: refused.
std::unique_ptr<byte_stream> simulated_network::state::connect(std::string_view name, shard& from)
{
    host& at = of(name);
    if (!at.accept) {
        note(name, "refuses");
        return nullptr;
    }
    std::erase_if(at.links, [](const auto& one) { return one.expired(); });
    const std::span<shard* const> shards = at.shards.empty() ? world->shards() : at.shards;
    shard& far = *shards[at.connections % shards.size()];
    const std::string called = fmt::format("{}#{}", name, ++at.connections);
    const auto made = std::make_shared<simulated_link>(*world, from, far, called);
    at.links.push_back(made);
    note(called, "is dialed");
    auto near = std::make_unique<simulated_stream>(
        shared_from_this(), made, link_direction::up, std::string{name}
    );
    const bool has_descriptor = at.open < at.max_open;
    ++at.open;
    auto end = std::make_unique<simulated_stream>(
        shared_from_this(), made, link_direction::down, std::string{name}
    );
    if (has_descriptor)
        accept_later(std::string{name}, std::move(end), far);
    else
        at.waiting.emplace_back(std::move(end), &far);
    return near;
}

void simulated_network::state::accept_later(
    const std::string& name, std::unique_ptr<byte_stream> far, shard& on
)
{
    of(name).arriving.emplace_back(std::move(far), &on);
    on.post([weak = weak_from_this(), name, &on] {
        if (const auto self = weak.lock())
            self->accept(name, on);
    });
}

void simulated_network::state::accept(const std::string& name, shard& on)
{
    host& at = of(name);
    const auto next =
        std::ranges::find(at.arriving, &on, [](const auto& one) { return one.second; });
    std::unique_ptr<byte_stream> end = std::move(next->first);
    at.arriving.erase(next);
    if (at.accept && at.wrap)
        end = at.wrap(std::move(end));
    if (at.accept)
        at.accept(std::move(end), on);
}

/// One that held a descriptor is over, or there are more.
void simulated_network::state::accept_waiting(const std::string& name)
{
    host& at = of(name);
    while (!at.waiting.empty() && at.open - at.waiting.size() < at.max_open) {
        auto [end, on] = std::move(at.waiting.front());
        at.waiting.pop_front();
        accept_later(name, std::move(end), *on);
    }
}

void simulated_network::state::release(const std::string& name)
{
    --of(name).open;
    accept_waiting(name);
}

}  // namespace cosio
