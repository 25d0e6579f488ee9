// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/time.hpp>

#include <cstddef>
#include <optional>
#include <vector>

// How a client gets to a server whose name has several addresses: the simple form of RFC 8305.

namespace cosio::wire {

/// In which order addresses are tried (RFC 8305, 4): families take turns, the first address remains the first.
/// `is_v6` tells the family of each; the result are indices into it, at most `most`.
[[nodiscard]] std::vector<std::size_t> alternate_families(
    const std::vector<bool>& is_v6, std::size_t most
);

/// When which address is dialed (RFC 8305, 5): the next one as soon as one has failed, or has not answered for a
/// while; whoever is first wins, and those that are late may still do so.
class address_race
{
public:
    /// Precondition: there is an address.
    address_race(std::size_t addresses, duration delay) noexcept
        : addresses_{addresses}, delay_{delay}
    {}

    /// Each returns the address that is to be dialed now, if one is.
    [[nodiscard]] std::optional<std::size_t> begin(time_point now) noexcept;
    [[nodiscard]] std::optional<std::size_t> handle_failure(time_point now) noexcept;
    [[nodiscard]] std::optional<std::size_t> handle_deadline(time_point now) noexcept;

    /// When the next one is dialed if nothing happens; none if there is none.
    [[nodiscard]] std::optional<time_point> deadline() const noexcept;

    /// All have failed.
    [[nodiscard]] bool lost() const noexcept { return next_ == addresses_ && under_way_ == 0; }

private:
    [[nodiscard]] std::optional<std::size_t> dial(time_point now) noexcept;

    std::size_t addresses_;
    duration delay_;
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    time_point deadline_{};
};

}  // namespace cosio::wire
