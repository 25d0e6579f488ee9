// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/random.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cosio {

/// 120 random bits as 20 characters of the URL-safe base64 alphabet; empty by default.
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

using socket_id = id20;

/// An id20 and, in a server of several shards, two characters more: the number of the session's shard,
/// so that a request which arrives on another one finds it.
class session_id
{
public:
    session_id() noexcept = default;

    /// The id of a session of a server that has one shard.
    [[nodiscard]] static session_id make(random_source& random) noexcept;

    /// Precondition: shard < max_shards.
    [[nodiscard]] static session_id make(random_source& random, unsigned shard) noexcept;

    /// The shard that `sid` names; nullopt if it names none. Whether it is a session's id only that
    /// shard can tell.
    [[nodiscard]] static std::optional<unsigned> shard_of(std::string_view sid) noexcept;

    [[nodiscard]] std::string_view view() const noexcept
    {
        return std::string_view{text_.data(), text_.size()}.substr(0, length_);
    }

    [[nodiscard]] std::string str() const { return std::string{view()}; }

    bool operator==(const session_id&) const noexcept = default;

    static constexpr unsigned max_shards = 64 * 64;

private:
    std::array<char, 22> text_{};
    unsigned char length_ = 0;
};

}  // namespace cosio
