// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/frame.hpp>

#include <algorithm>
#include <vector>

namespace cosio {

/// Immutable bytes as an argument of an event. Copies share the bytes.
/// A received `binary` can be emitted again without copying: it is a frame already.
class binary
{
public:
    binary() noexcept = default;

    explicit binary(bytes_view bytes) : frame_{make_frame(frame_kind::binary, bytes)} {}

    explicit binary(const std::vector<std::byte>& bytes) : binary{bytes_view{bytes}} {}

    explicit binary(std::string_view bytes) : binary{as_bytes(bytes)} {}

    /// Precondition: `bytes` is empty or a binary frame.
    explicit binary(frame_ref bytes) noexcept : frame_{std::move(bytes)} {}

    [[nodiscard]] bytes_view bytes() const noexcept
    {
        return frame_ ? frame_->payload() : bytes_view{};
    }

    [[nodiscard]] std::size_t size() const noexcept { return frame_ ? frame_->size() : 0; }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// The frame that carries these bytes; made on the spot for an empty binary.
    [[nodiscard]] frame_ref share() const
    {
        return frame_ ? frame_ : make_frame(frame_kind::binary, {});
    }

    [[nodiscard]] bool operator==(const binary& other) const noexcept
    {
        return std::ranges::equal(bytes(), other.bytes());
    }

private:
    frame_ref frame_;
};

}  // namespace cosio
