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
    if (frame->key())
        ++keys_;
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
    if (place->key())
        --keys_;
    if (frame->key())
        ++keys_;
    place = std::move(frame);
}

/// Where the packet begins that waits with that key; size() if none does.
std::size_t outbox::find(const packet_key& key) const noexcept
{
    std::uint32_t left = keys_;
    for (std::size_t i = 0; left != 0; ++i) {
        const packet_key* const other = (*this)[i]->key();
        if (!other)
            continue;
        if (other == &key || other->text == key.text)
            return i;
        --left;
    }
    return count_;
}

/// What a compressor with a context has made cannot stay away any more.
bool outbox::is_any_deflated(std::size_t first, std::size_t frames) const noexcept
{
    for (std::size_t i = 0; i < frames; ++i)
        if ((*this)[first + i]->is_deflated())
            return true;
    return false;
}

bool outbox::replace_latest(
    const frame_ref& head,
    std::span<const frame_ref> rest,
    std::size_t max_bytes,
    std::size_t max_frames
)
{
    const std::size_t first = find(*head->key());
    if (first == count_)
        return false;
    const std::size_t old_frames = (*this)[first]->key()->frames;
    const std::size_t frames = 1 + rest.size();
    // A link may have copied the frame in front, and the others of a packet must follow it.
    if (first == 0 && (mid_frame() || old_frames != 1 || frames != 1))
        return false;
    if (is_any_deflated(first, old_frames))
        return false;
    std::size_t bytes = bytes_ + head->size();
    for (const frame_ref& one : rest)
        bytes += one->size();
    for (std::size_t i = 0; i < old_frames; ++i)
        bytes -= (*this)[first + i]->size();
    if (bytes > max_bytes || count_ - old_frames + frames > max_frames)
        return false;
    resize_packet(first, old_frames, frames);
    slot(first) = head;
    for (std::size_t i = 0; i < rest.size(); ++i)
        slot(first + 1 + i) = rest[i];
    bytes_ = bytes;
    return true;
}

/// Makes room for more frames at a packet's place, or closes the gap that fewer leave.
void outbox::resize_packet(std::size_t first, std::size_t frames, std::size_t wanted)
{
    const std::size_t end = count_;
    if (wanted > frames) {
        const std::size_t more = wanted - frames;
        for (std::size_t i = 0; i < more; ++i) {
            reserve_one_more();
            ++count_;
        }
        for (std::size_t i = end; i != first + frames; --i)
            slot(i - 1 + more) = std::move(slot(i - 1));
    } else if (wanted < frames) {
        const std::size_t fewer = frames - wanted;
        for (std::size_t i = first + frames; i < end; ++i)
            slot(i - fewer) = std::move(slot(i));
        for (std::size_t i = end - fewer; i < end; ++i)
            slot(i) = {};
        count_ -= static_cast<std::uint32_t>(fewer);
    }
}

bool outbox::take_back(std::size_t frames) noexcept
{
    if (count_ <= frames)  // what stands in front has perhaps been begun
        return false;
    if (is_any_deflated(count_ - frames, frames))
        return false;
    for (; frames != 0; --frames) {
        frame_ref& last = slot(count_ - 1u);
        bytes_ -= last->size();
        if (last->key())
            --keys_;
        last = {};
        --count_;
    }
    return true;
}

void outbox::pop(std::size_t frames) noexcept
{
    BOOST_ASSERT(frames <= count_);
    for (; frames != 0; --frames) {
        frame_ref& front = slot(0);
        bytes_ -= front->size();
        if (front->key())
            --keys_;
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
