// SPDX-License-Identifier: BSL-1.0
#include <cosio/protocol/early_events.hpp>

#include <utility>

namespace cosio::protocol {

bool early_events::is_full(std::size_t more) const noexcept
{
    return kept_.size() >= max_messages_ || more > max_bytes_ || bytes_ > max_bytes_ - more;
}

void early_events::handle_message(frame_kind kind, bytes_view bytes)
{
    if (lost_ || is_full(bytes.size())) {
        lost_ = true;
        return;
    }
    bytes_ += bytes.size();
    kept_.push_back({{kind, std::string{as_text(bytes)}}, std::nullopt});
}

error_code early_events::keep(slot where)
{
    if (lost_) {
        pass();
        return errc::too_many_early_events;
    }
    for (std::size_t i = kept_.size(); i-- != 0 && !kept_[i].where;)
        kept_[i].where = where;
    return {};
}

void early_events::pass() noexcept
{
    lost_ = false;
    while (!kept_.empty() && !kept_[kept_.size() - 1].where) {
        bytes_ -= kept_[kept_.size() - 1].what.bytes.size();
        kept_.pop_back();
    }
}

std::optional<early_events::message> early_events::next(slot where)
{
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        if (kept_[i].where != where)
            continue;
        kept one = kept_.erase(i);
        bytes_ -= one.what.bytes.size();
        return std::move(one.what);
    }
    return std::nullopt;
}

void early_events::forget(slot where) noexcept
{
    while (next(where)) {
    }
}

}  // namespace cosio::protocol
