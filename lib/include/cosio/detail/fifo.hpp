// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace cosio::detail {

/// A queue in one block of memory, none while it is empty for the first time: std::deque takes 600 bytes.
/// Cost: amortized constant at both ends; erase() moves what stands before.
template <class T>
class fifo
{
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == items_.size(); }

    [[nodiscard]] std::size_t size() const noexcept { return items_.size() - first_; }

    [[nodiscard]] T& operator[](std::size_t index) noexcept { return items_[first_ + index]; }

    [[nodiscard]] const T& operator[](std::size_t index) const noexcept
    {
        return items_[first_ + index];
    }

    void push_back(T item) { items_.push_back(std::move(item)); }

    /// Precondition: index < size().
    T erase(std::size_t index)
    {
        T taken = std::move((*this)[index]);
        for (; index != 0; --index)
            (*this)[index] = std::move((*this)[index - 1]);
        ++first_;
        if (empty())
            clear();
        else if (first_ >= kept && first_ > size())
            drop_used();
        return taken;
    }

    /// Precondition: !empty().
    T pop_front() { return erase(0); }

    /// Precondition: !empty().
    void pop_back() noexcept
    {
        items_.pop_back();
        if (empty())
            clear();
    }

    void clear() noexcept
    {
        items_.clear();
        first_ = 0;
        if (items_.capacity() > kept)
            items_ = std::vector<T>{};
    }

private:
    static constexpr std::size_t kept = 32;

    void drop_used()
    {
        items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }

    std::vector<T> items_;
    std::size_t first_ = 0;
};

}  // namespace cosio::detail
