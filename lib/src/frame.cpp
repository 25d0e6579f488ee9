// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/frame.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace cosio {
namespace {

constexpr std::uint8_t fin_text = 0x81;
constexpr std::uint8_t fin_binary = 0x82;
constexpr std::uint8_t rsv1 = 0x40;

}  // namespace

bytes_view frame::polling() const
{
    if (kind_ == frame_kind::text)
        return payload();
    if (const auto* cached = find_form(polling_record))
        return cached->payload();

    frame_builder record{frame_kind::text, polling_size()};
    record.push_back('b');
    const auto digits = detail::base64_size(size_);
    detail::encode_base64(payload(), reinterpret_cast<char*>(record.prepare(digits)));
    record.commit(digits);

    return keep_form(record.finish(polling_record))->payload();
}

const frame* frame::find_form(std::uint8_t form) const noexcept
{
    const auto* at = forms_.load(std::memory_order_acquire);
    while (at && at->form_ != form)
        at = at->forms_.load(std::memory_order_relaxed);
    return at;
}

// Two threads may both make a form; the one that comes second takes the first's.
const frame* frame::keep_form(const frame_ref& made) const noexcept
{
    const auto* head = forms_.load(std::memory_order_acquire);
    do {
        if (const auto* other = find_form(made->form_))
            return other;
        made->forms_.store(head, std::memory_order_relaxed);
    } while (!forms_.compare_exchange_weak(
        head, made.get(), std::memory_order_acq_rel, std::memory_order_acquire
    ));
    made->references_.fetch_add(1, std::memory_order_relaxed);
    return made.get();
}

void frame::destroy(const frame* self) noexcept
{
    // A form that is still being sent lives on, and no longer looks at its neighbours.
    const auto* form =
        self->form_ == as_it_is ? self->forms_.load(std::memory_order_acquire) : nullptr;
    while (form) {
        const frame_ref released{form};
        form = form->forms_.load(std::memory_order_relaxed);
    }
    const detail::block_class of = self->block_;
    self->~frame();
    detail::give_block(const_cast<frame*>(self), of);
}

void frame::write_websocket_header() noexcept
{
    const auto size = std::uint64_t{size_};
    const std::size_t length_bytes = size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
    websocket_header_ = static_cast<std::uint8_t>((2 + length_bytes) & 0x7F);
    auto* const out = bytes() + headroom - websocket_header_;
    out[0] = static_cast<std::byte>(
        (kind_ == frame_kind::text ? fin_text : fin_binary) | (is_deflated() ? rsv1 : 0)
    );
    out[1] = static_cast<std::byte>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
    for (std::size_t i = 0; i != length_bytes; ++i)
        out[2 + i] = static_cast<std::byte>(size >> 8 * (length_bytes - 1 - i));
}

frame_builder::frame_builder(frame_kind kind, std::size_t size_hint)
{
    constexpr std::size_t overhead = sizeof(frame) + frame::headroom;
    frame_ = ::new (detail::take_block(overhead + size_hint)) frame;
    frame_->kind_ = kind;
    frame_->block_ = detail::block_class_of(overhead + size_hint);
    capacity_ = detail::usable_block_bytes(overhead + size_hint) - overhead;
}

frame_builder::frame_builder(frame_builder&& other) noexcept
    : frame_{std::exchange(other.frame_, nullptr)},
      size_{std::exchange(other.size_, 0)},
      capacity_{std::exchange(other.capacity_, 0)}
{}

frame_builder::~frame_builder()
{
    if (frame_)
        frame::destroy(frame_);
}

void frame_builder::patch(std::size_t offset, bytes_view bytes) noexcept
{
    if (!bytes.empty())
        std::memcpy(begin() + offset, bytes.data(), bytes.size());
}

frame_ref frame_builder::finish(std::uint8_t form) noexcept
{
    frame_->form_ = form;
    frame_->size_ = std::exchange(size_, 0);
    capacity_ = 0;
    frame_->write_websocket_header();
    return frame_ref{std::exchange(frame_, nullptr)};
}

void frame_builder::append(const void* data, std::size_t count)
{
    if (count == 0)
        return;
    std::memcpy(prepare(count), data, count);
    commit(count);
}

void frame_builder::grow(std::size_t count)
{
    frame_builder larger{frame_->kind_, std::max(size_ + count, capacity_ * 2)};
    std::memcpy(larger.begin(), begin(), size_);
    std::swap(frame_, larger.frame_);
    capacity_ = larger.capacity_;
}

frame_ref make_frame(frame_kind kind, bytes_view payload)
{
    frame_builder builder{kind, payload.size()};
    builder.append(payload);
    return builder.finish();
}

}  // namespace cosio
