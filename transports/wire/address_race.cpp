// SPDX-License-Identifier: BSL-1.0
#include "address_race.hpp"

#include <algorithm>

namespace cosio::wire {

std::vector<std::size_t> alternate_families(const std::vector<bool>& is_v6, std::size_t most)
{
    const std::size_t count = std::min(is_v6.size(), most);
    std::vector<std::size_t> order;
    if (count == 0)
        return order;
    order.reserve(count);
    const auto next_of = [&](bool family, std::size_t from) {
        while (from < is_v6.size() && is_v6[from] != family)
            ++from;
        return from;
    };
    bool family = is_v6.front();
    std::size_t next = 0;
    std::size_t next_other = next_of(!family, 0);
    while (order.size() < count) {
        if (next < is_v6.size()) {
            order.push_back(next);
            next = next_of(family, next + 1);
        }
        family = !family;
        std::swap(next, next_other);
    }
    return order;
}

std::optional<std::size_t> address_race::begin(time_point now) noexcept
{
    return dial(now);
}

std::optional<std::size_t> address_race::handle_failure(time_point now) noexcept
{
    --under_way_;
    return dial(now);
}

std::optional<std::size_t> address_race::handle_deadline(time_point now) noexcept
{
    const auto due = deadline();
    return due && *due <= now ? dial(now) : std::nullopt;
}

std::optional<time_point> address_race::deadline() const noexcept
{
    return next_ < addresses_ ? std::optional{deadline_} : std::nullopt;
}

std::optional<std::size_t> address_race::dial(time_point now) noexcept
{
    if (next_ == addresses_)
        return std::nullopt;
    ++under_way_;
    deadline_ = now + delay_;
    return next_++;
}

}  // namespace cosio::wire
