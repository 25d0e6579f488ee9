// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace cosio::wire {

/// Payload of a message whose end has not arrived: at most 4 KiB more than was received, whatever
/// the sizes of the pieces.
/// A growing buffer would hold up to twice the bytes received. So this is a list of full blocks, newest
/// first; only the newest has room, of `spare` at most. Sixteen blocks of a kind are merged to one of
/// the next kind, so the list stays short and a byte is copied once per factor of sixteen in size.
class payload_blocks
{
public:
    payload_blocks() noexcept = default;
    payload_blocks(const payload_blocks&) = delete;
    payload_blocks& operator=(const payload_blocks&) = delete;

    ~payload_blocks()
    {
        while (newest_)
            pop();
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// At most `expected` bytes will follow `piece`.
    void append(bytes_view piece, std::uint64_t expected)
    {
        const auto fitting = std::min(piece.size(), room_);
        write(piece.first(fitting));
        const auto rest = piece.subspan(fitting);
        if (rest.empty())
            return;
        for (auto run = run_of_a_kind(); run >= merged_at_once; run = run_of_a_kind())
            merge(run, 0);
        push(rest.size() + static_cast<std::size_t>(std::min<std::uint64_t>(expected, spare)));
        write(rest);
    }

    /// The whole message in one piece; `last` is its end. Invalidates: nothing; `last` itself is the
    /// result if nothing was appended before.
    [[nodiscard]] bytes_view finish(bytes_view last)
    {
        if (size_ == 0)
            return last;
        if (newest_->older || last.size() > room_)
            merge(all, last.size());
        write(last);
        return {bytes(newest_), newest_->size};
    }

private:
    struct block
    {
        block* older;
        std::size_t size;
    };

    static constexpr std::size_t spare = 2048;
    static constexpr std::size_t merged_at_once = 16;
    static constexpr std::size_t all = ~std::size_t{0};

    static std::byte* bytes(block* of) noexcept { return reinterpret_cast<std::byte*>(of + 1); }

    static int kind(const block& of) noexcept
    {
        return static_cast<int>(std::bit_width(of.size)) / 4;
    }

    void push(std::size_t capacity)
    {
        newest_ = ::new (::operator new(sizeof(block) + capacity)) block{newest_, 0};
        room_ = capacity;
    }

    void pop() noexcept { ::operator delete(std::exchange(newest_, newest_->older)); }

    void write(bytes_view piece) noexcept
    {
        if (piece.empty())
            return;
        std::memcpy(bytes(newest_) + newest_->size, piece.data(), piece.size());
        newest_->size += piece.size();
        room_ -= piece.size();
        size_ += piece.size();
    }

    [[nodiscard]] std::size_t run_of_a_kind() const noexcept
    {
        std::size_t count = 0;
        for (const auto* at = newest_; at && kind(*at) == kind(*newest_); at = at->older)
            ++count;
        return count;
    }

    void merge(std::size_t count, std::size_t room)
    {
        std::size_t size = 0;
        auto* older = newest_;
        for (std::size_t i = 0; i != count && older; ++i, older = older->older)
            size += older->size;

        auto* const merged = ::new (::operator new(sizeof(block) + size + room)) block{older, size};
        auto* end = bytes(merged) + size;
        while (newest_ != older) {
            end -= newest_->size;
            std::memcpy(end, bytes(newest_), newest_->size);
            pop();
        }
        newest_ = merged;
        room_ = room;
    }

    block* newest_ = nullptr;
    std::size_t room_ = 0;
    std::size_t size_ = 0;
};

}  // namespace cosio::wire
