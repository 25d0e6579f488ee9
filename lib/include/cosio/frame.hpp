// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/recycled_memory.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cosio {

using bytes_view = std::span<const std::byte>;

[[nodiscard]] inline bytes_view as_bytes(std::string_view text) noexcept
{
    return std::as_bytes(std::span{text});
}

[[nodiscard]] inline std::string_view as_text(bytes_view bytes) noexcept
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

enum class frame_kind : std::uint8_t
{
    text,    ///< an Engine.IO packet whose first byte is its type digit
    binary,  ///< the raw payload of a binary MESSAGE
};

class frame_ref;

/// What a packet tells the latest of: while one waits to be sent, the next of equal text takes its place.
struct packet_key : boost::intrusive_ref_counter<packet_key, boost::thread_safe_counter>
{
    packet_key(std::string of, std::size_t count) : text{std::move(of)}, frames{count} {}

    std::string text;
    std::size_t frames;  ///< of the packet, that with the key among them
};

/// One immutable Engine.IO packet, encoded once and shared by all who send it.
/// In memory: this header, ten bytes of headroom, the payload. The unmasked RFC 6455 header stands in
/// the headroom, so the same bytes serve every WebSocket recipient whole.
class frame
{
public:
    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;

    [[nodiscard]] frame_kind kind() const noexcept { return kind_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Text: type digit and data. Binary: the raw bytes.
    [[nodiscard]] bytes_view payload() const noexcept { return {bytes() + headroom, size_}; }

    /// The packet as one unmasked WebSocket frame (RFC 6455, 5.2).
    [[nodiscard]] bytes_view websocket() const noexcept
    {
        return {bytes() + headroom - websocket_header_, size_ + websocket_header_};
    }

    /// The packet as a record of a polling payload: text as it is, binary as `b` and base64.
    /// Cost: the base64 form is computed at the first call and kept.
    [[nodiscard]] bytes_view polling() const;

    /// Size of polling() without computing it.
    [[nodiscard]] std::size_t polling_size() const noexcept
    {
        return kind_ == frame_kind::text ? size_ : 1 + (size_ + 2) / 3 * 4;
    }

    /// The packet compressed for WebSocket (RFC 7692, no context): what `compress()` returned to whoever
    /// asked first for that window, shared by all who ask later. Null if that was empty: it does not pay.
    template <class Compress>
    [[nodiscard]] frame_ref deflated(unsigned window_bits, Compress&& compress) const;

    /// False if whoever made the packet does not want it compressed, by whatever transport.
    [[nodiscard]] bool may_compress() const noexcept { return may_compress_; }

    /// Null if the packet is one of its own, as nearly all are.
    [[nodiscard]] const packet_key* key() const noexcept { return key_.get(); }

    /// True of what finish_deflated() made: websocket() has RSV1 set, payload() is compressed, and there
    /// is no polling().
    [[nodiscard]] bool is_deflated() const noexcept { return form_ >= first_deflated; }

    static constexpr std::size_t headroom = 10;

private:
    friend class frame_ref;
    friend class frame_builder;

    static constexpr std::uint8_t as_it_is = 0;
    static constexpr std::uint8_t polling_record = 1;
    static constexpr std::uint8_t first_deflated = 8;  // the others are 9 to 15: their window bits

    frame() = default;
    ~frame() = default;

    [[nodiscard]] const frame* find_form(std::uint8_t form) const noexcept;
    const frame* keep_form(const frame_ref& made) const noexcept;

    [[nodiscard]] const std::byte* bytes() const noexcept
    {
        return reinterpret_cast<const std::byte*>(this + 1);
    }

    [[nodiscard]] std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }

    static void destroy(const frame* self) noexcept;
    void write_websocket_header() noexcept;

    mutable std::atomic<std::uint32_t> references_{1};
    frame_kind kind_ = frame_kind::text;
    bool may_compress_ : 1 = true;
    std::uint8_t websocket_header_ : 7 = 0;
    std::uint8_t form_ = as_it_is;
    detail::block_class block_ = 0;
    std::size_t size_ = 0;
    // The first of the other forms of a packet; of such a form, the next one.
    mutable std::atomic<const frame*> forms_{nullptr};
    boost::intrusive_ptr<const packet_key> key_;
};

/// Shared ownership of a frame. Thread: the count is atomic, the bytes never change.
class frame_ref
{
public:
    frame_ref() noexcept = default;

    frame_ref(const frame_ref& other) noexcept : frame_{other.frame_}
    {
        if (frame_)
            frame_->references_.fetch_add(1, std::memory_order_relaxed);
    }

    frame_ref(frame_ref&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}

    frame_ref& operator=(frame_ref other) noexcept
    {
        std::swap(frame_, other.frame_);
        return *this;
    }

    ~frame_ref()
    {
        if (frame_ && frame_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            frame::destroy(frame_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return frame_ != nullptr; }

    [[nodiscard]] const frame& operator*() const noexcept { return *frame_; }

    [[nodiscard]] const frame* operator->() const noexcept { return frame_; }

    [[nodiscard]] const frame* get() const noexcept { return frame_; }

    /// Precondition: nobody else has the frame yet.
    void forbid_compression() noexcept { const_cast<frame*>(frame_)->may_compress_ = false; }

    /// Precondition: as forbid_compression().
    void set_key(boost::intrusive_ptr<const packet_key> key) noexcept
    {
        const_cast<frame*>(frame_)->key_ = std::move(key);
    }

    [[nodiscard]] bool operator==(const frame_ref&) const noexcept = default;

private:
    friend class frame;
    friend class frame_builder;

    explicit frame_ref(const frame* owned) noexcept : frame_{owned} {}

    const frame* frame_ = nullptr;
};

template <class Compress>
frame_ref frame::deflated(unsigned window_bits, Compress&& compress) const
{
    const frame* form = find_form(static_cast<std::uint8_t>(window_bits));
    if (!form)
        form = keep_form(std::forward<Compress>(compress)());
    if (form->size_ == 0)
        return {};
    form->references_.fetch_add(1, std::memory_order_relaxed);
    return frame_ref{form};
}

/// Grows one frame in place and then freezes it. Cost: one block of memory if the size hint holds, of those
/// that earlier frames have given back.
class frame_builder
{
public:
    explicit frame_builder(frame_kind kind, std::size_t size_hint = 118);
    frame_builder(frame_builder&& other) noexcept;
    frame_builder& operator=(frame_builder&&) = delete;
    ~frame_builder();

    void append(std::string_view text) { append(text.data(), text.size()); }

    void append(bytes_view bytes) { append(bytes.data(), bytes.size()); }

    void push_back(char c)
    {
        if (size_ == capacity_)
            grow(1);
        begin()[size_++] = static_cast<std::byte>(c);
    }

    /// Room for `count` bytes at the end; commit() says how many were written there.
    /// Invalidates: earlier pointers.
    [[nodiscard]] std::byte* prepare(std::size_t count)
    {
        if (capacity_ - size_ < count)
            grow(count);
        return begin() + size_;
    }

    void commit(std::size_t count) noexcept { size_ += count; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// What was written so far. Invalidated by the next append.
    [[nodiscard]] bytes_view written() const noexcept { return {begin(), size_}; }

    /// Overwrites bytes that were written earlier. Precondition: offset + bytes.size() <= size().
    void patch(std::size_t offset, bytes_view bytes) noexcept;

    /// Freezes the bytes. The builder is empty afterwards and must not be used again.
    [[nodiscard]] frame_ref finish() noexcept { return finish(frame::as_it_is); }

    /// Freezes what a compressor with that window made of a packet.
    /// Precondition: 8 <= window_bits <= 15.
    [[nodiscard]] frame_ref finish_deflated(unsigned window_bits) noexcept
    {
        return finish(static_cast<std::uint8_t>(window_bits));
    }

private:
    friend class frame;

    [[nodiscard]] frame_ref finish(std::uint8_t form) noexcept;
    void append(const void* data, std::size_t count);
    void grow(std::size_t count);

    [[nodiscard]] std::byte* begin() const noexcept { return frame_->bytes() + frame::headroom; }

    frame* frame_;
    std::size_t size_ = 0;
    std::size_t capacity_;
};

/// A frame that holds `payload` as it is.
[[nodiscard]] frame_ref make_frame(frame_kind kind, bytes_view payload);

[[nodiscard]] inline frame_ref make_text_frame(std::string_view packet)
{
    return make_frame(frame_kind::text, as_bytes(packet));
}

}  // namespace cosio
