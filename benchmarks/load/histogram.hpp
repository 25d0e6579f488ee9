// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace cosio::load {

/// Counts durations in buckets that are at most 1/128 of their value wide.
/// Units: whatever is recorded, here nanoseconds. Cost: record() is a shift and an increment.
class histogram
{
public:
    void record(std::int64_t value, std::uint64_t times = 1) noexcept
    {
        const std::uint64_t v = value < 0 ? 0 : static_cast<std::uint64_t>(value);
        buckets_[index_of(std::min(v, limit - 1))] += times;
        count_ += times;
        sum_ += v * times;
        max_ = std::max(max_, v);
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

    [[nodiscard]] double mean() const noexcept
    {
        return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
    }

    /// The smallest recorded value, rounded up to its bucket, that `percent` of all do not exceed.
    [[nodiscard]] std::uint64_t percentile(double percent) const noexcept
    {
        if (count_ == 0)
            return 0;
        const double share = std::ceil(percent / 100 * static_cast<double>(count_) - 1e-6);
        const auto rank = std::max(static_cast<std::uint64_t>(share), std::uint64_t{1});
        std::uint64_t seen = 0;
        for (std::size_t index = 0; index < buckets_.size(); ++index) {
            seen += buckets_[index];
            if (seen >= rank)
                return std::min(highest_of(index), max_);
        }
        return max_;
    }

    void clear() noexcept { *this = histogram{}; }

    /// Values at and above it are counted in the last bucket; max() and mean() stay exact.
    static constexpr std::uint64_t limit = std::uint64_t{1} << 40;

private:
    static constexpr unsigned precision_bits = 7;
    static constexpr std::size_t steps = std::size_t{1} << precision_bits;

    // Below `steps` one bucket per value; above, `steps` buckets for each power of two.
    static constexpr std::size_t index_of(std::uint64_t value) noexcept
    {
        if (value < steps)
            return static_cast<std::size_t>(value);
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - precision_bits - 1;
        return shift * steps + static_cast<std::size_t>(value >> shift);
    }

    static constexpr std::uint64_t highest_of(std::size_t index) noexcept
    {
        if (index < 2 * steps)
            return index;
        const std::size_t shift = index / steps - 1;
        const std::uint64_t step = index % steps + steps;
        return ((step + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (40 - precision_bits + 1) * steps> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace cosio::load
