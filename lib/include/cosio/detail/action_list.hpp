// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/assert.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>

namespace cosio::detail {

/// A few actions by value, in order. Never allocates.
template <class Action, std::size_t Capacity>
class [[nodiscard]] action_list
{
public:
    action_list() = default;

    action_list(std::initializer_list<Action> list)
    {
        for (const Action& item : list)
            push_back(item);
    }

    void push_back(const Action& item)
    {
        BOOST_ASSERT(size_ < Capacity);
        items_[size_++] = item;
    }

    [[nodiscard]] const Action* begin() const noexcept { return items_.data(); }

    [[nodiscard]] const Action* end() const noexcept { return items_.data() + size_; }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    bool operator==(const action_list& other) const
    {
        return std::equal(begin(), end(), other.begin(), other.end());
    }

    friend std::ostream& operator<<(std::ostream& out, const action_list& list)
    {
        out << '{';
        const char* separator = "";
        for (const Action& item : list) {
            out << separator << fmt::format("{}", item);
            separator = ", ";
        }
        return out << '}';
    }

private:
    std::array<Action, Capacity> items_{};
    std::uint8_t size_ = 0;
};

}  // namespace cosio::detail
