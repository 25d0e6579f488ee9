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

event_handler* event_table::find(std::string_view event, bool (*matches)(const event_handler&))
    const
{
    for (const entry& one : std::ranges::equal_range(entries_, event, {}, &entry::event))
        if (matches(*one.handler))
            return one.handler.get();
    return nullptr;
}

void event_table::interrupt(error_code why)
{
    const auto all = entries_;  // whoever is told may add one
    for (const entry& one : all)
        one.handler->interrupt(why);
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
