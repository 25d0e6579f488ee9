// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace cosio::load {

/// One line on standard error that is drawn over five times a second; nothing if that is no terminal.
class progress
{
public:
    explicit progress(bool wanted) noexcept;

    void show_joining(std::int64_t now, std::uint32_t ready, std::uint32_t wanted);
    void show_load(
        std::string_view phase,
        std::int64_t elapsed,
        std::int64_t length,
        std::uint64_t messages,
        std::int64_t now
    );
    void clear();

private:
    [[nodiscard]] bool is_due(std::int64_t now) noexcept
    {
        if (!enabled_ || now < next_)
            return false;
        next_ = now + 200'000'000;
        return true;
    }

    bool enabled_;
    bool drawn_ = false;
    std::int64_t next_ = 0;
};

}  // namespace cosio::load
