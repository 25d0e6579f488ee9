// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cosio::detail {

/// Hashes texts that clients may choose, with a key that they do not know: SipHash-1-3. With std::hash they could
/// choose names that all meet in one bucket.
class secret_hash
{
public:
    using is_transparent = void;

    /// Without a secret: for what never meets a client.
    secret_hash() = default;

    explicit secret_hash(random_source& secrets) noexcept;

    [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept;

private:
    std::array<std::uint64_t, 2> key_{};
};

}  // namespace cosio::detail
