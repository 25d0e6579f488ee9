// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/event_inbox.hpp>

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace cosio::detail {
namespace {

constexpr std::size_t bytes_of_one_more = 16 * 1024;
constexpr std::size_t max_weight = 1'024;

}  // namespace

std::size_t event_inbox::push(protocol::encoded_packet event)
{
    const std::size_t added = weight_of(event);
    events_.push_back(std::move(event));
    weight_ += added;
    return added;
}

protocol::encoded_packet event_inbox::pop() noexcept
{
    BOOST_ASSERT(!empty());
    protocol::encoded_packet event = std::move(events_[first_]);
    weight_ -= weight_of(event);
    ++first_;
    if (first_ > events_.size() / 2) {
        events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
    return event;
}

std::size_t event_inbox::weight_of(const protocol::encoded_packet& event) noexcept
{
    return std::min(1 + event.bytes() / bytes_of_one_more, max_weight);
}

protocol::encoded_packet keep_message(const raw_message& message)
{
    const bool is_text = message.kind == frame_kind::text;
    frame_builder kept{message.kind, message.payload.size() + (is_text ? 1 : 0)};
    if (is_text)
        kept.push_back('4');  // Engine.IO v4: message
    kept.append(message.payload);
    return {kept.finish()};
}

}  // namespace cosio::detail
