// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/random.hpp>

#include <array>
#include <string>
#include <string_view>

namespace cosio {

/// 120 random bits as 20 characters of the URL-safe base64 alphabet; empty by default.
/// The id of an engine session is a secret of its client; a socket has an id of its own (SIO-2).
class id20
{
public:
    id20() noexcept = default;

    [[nodiscard]] static id20 make(random_source& random) noexcept;

    /// The first 20 characters of what a server calls its socket.
    [[nodiscard]] static id20 from_text(std::string_view text) noexcept;

    [[nodiscard]] std::string_view view() const noexcept
    {
        return std::string_view{text_.data(), text_.size()}.substr(0, length_);
    }

    [[nodiscard]] std::string str() const { return std::string{view()}; }

    bool operator==(const id20&) const noexcept = default;

private:
    std::array<char, 20> text_{};
    unsigned char length_ = 0;
};

using session_id = id20;
using socket_id = id20;

}  // namespace cosio
