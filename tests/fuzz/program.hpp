// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace cosio::fuzz {

/// Bytes of an input as the choices of a program; zeros when it has come to its end.
class program
{
public:
    explicit program(bytes_view input) noexcept : rest_{input} {}

    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

    std::uint8_t byte() noexcept
    {
        const bytes_view one = bytes(1);
        return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one[0]);
    }

    /// Below `count`, which is not 0.
    std::size_t choice(std::size_t count) noexcept { return byte() % count; }

    /// Little-endian.
    std::uint64_t word() noexcept
    {
        std::uint64_t value = 0;
        for (unsigned i = 0; i < 8; ++i)
            value |= std::uint64_t{byte()} << (8 * i);
        return value;
    }

    bytes_view bytes(std::size_t count) noexcept
    {
        const bytes_view taken = rest_.first(std::min(count, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }

    /// As long as its first byte says.
    std::string_view text() noexcept { return as_text(bytes(byte())); }

private:
    bytes_view rest_;
};

}  // namespace cosio::fuzz
