// SPDX-License-Identifier: BSL-1.0
#include <cosio/outbox.hpp>

#include <boost/assert.hpp>

namespace cosio {
namespace {

// A drained outbox of at most this many slots keeps them: steady traffic then never allocates.
constexpr std::uint32_t kept_slots = 16;

constexpr std::uint32_t growth = 4;

}  // namespace

void outbox::reserve_one_more()
{
    if (count_ < capacity_)
        return;
    const std::uint32_t grown = capacity_ * growth;
    auto ring = std::make_unique<frame_ref[]>(grown);
    for (std::uint32_t i = 0; i < count_; ++i)
        ring[i] = std::move(slot(i));
    ring_ = std::move(ring);
    capacity_ = grown;
    head_ = 0;
}

void outbox::push(frame_ref frame)
{
    reserve_one_more();
    bytes_ += frame->size();
    slot(count_) = std::move(frame);
    ++count_;
}

std::size_t outbox::gather(std::span<bytes_view> out) const noexcept
{
    const std::size_t views = count_ < out.size() ? count_ : out.size();
    for (std::size_t i = 0; i < views; ++i)
        out[i] = (*this)[i]->websocket();
    if (views != 0)
        out[0] = out[0].subspan(front_written_);
    return views;
}

void outbox::consume(std::size_t websocket_bytes) noexcept
{
    websocket_bytes += front_written_;
    front_written_ = 0;
    std::size_t done = 0;
    while (done < count_ && (*this)[done]->websocket().size() <= websocket_bytes) {
        websocket_bytes -= (*this)[done]->websocket().size();
        ++done;
    }
    pop(done);
    BOOST_ASSERT(websocket_bytes == 0 || count_ != 0);
    front_written_ = websocket_bytes;
}

void outbox::replace(std::size_t index, frame_ref frame) noexcept
{
    BOOST_ASSERT(index < count_ && (index != 0 || !mid_frame()));
    frame_ref& place = slot(index);
    bytes_ += frame->size() - place->size();
    place = std::move(frame);
}

void outbox::pop(std::size_t frames) noexcept
{
    BOOST_ASSERT(frames <= count_);
    for (; frames != 0; --frames) {
        frame_ref& front = slot(0);
        bytes_ -= front->size();
        front = {};
        head_ = (head_ + 1) & (capacity_ - 1);
        --count_;
    }
    if (count_ == 0 && capacity_ > kept_slots) {
        ring_.reset();
        capacity_ = 1;
        head_ = 0;
    }
}

void outbox::clear() noexcept
{
    front_written_ = 0;
    pop(count_);
}

}  // namespace cosio
