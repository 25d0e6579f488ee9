// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/event_table.hpp>

#include <algorithm>

namespace cosio::detail {

void event_table::add(std::string_view event, event_handler_ptr handler)
{
    const auto at = std::ranges::upper_bound(entries_, event, {}, &entry::event);
    entries_.insert(at, entry{std::string{event}, std::move(handler)});
}

void event_table::remove(std::string_view event) noexcept
{
    const auto range = std::ranges::equal_range(entries_, event, {}, &entry::event);
    entries_.erase(range.begin(), range.end());
}

void event_table::collect(std::string_view event, event_handlers& out)
{
    const auto first = std::ranges::lower_bound(entries_, event, {}, &entry::event);
    auto last = first;
    bool any_once = false;
    for (; last != entries_.end() && last->event == event; ++last) {
        out.push_back(last->handler);
        any_once |= last->handler->once;
    }
    if (any_once) {
        const auto first_gone =
            std::remove_if(first, last, [](const entry& one) { return one.handler->once; });
        entries_.erase(first_gone, last);
    }
}

}  // namespace cosio::detail
