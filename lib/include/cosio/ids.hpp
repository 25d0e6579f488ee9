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

/// What names a session: an id20, or what the application calls it. In a server of several shards two
/// characters more follow: the number of the session's shard, so that a request which arrives on another
/// one finds it.
class session_id
{
public:
    session_id() noexcept = default;
    session_id(const session_id& other);
    session_id(session_id&& other) noexcept;
    session_id& operator=(session_id other) noexcept;
    ~session_id();

    /// The id of a session of a server that has one shard.
    [[nodiscard]] static session_id make(random_source& random) noexcept;

    /// Precondition: shard < max_shards.
    [[nodiscard]] static session_id make(random_source& random, unsigned shard) noexcept;

    /// As the application says. Cost: an allocation for more than 22 characters.
    [[nodiscard]] static session_id from_text(std::string_view text);
    [[nodiscard]] static session_id from_text(std::string_view text, unsigned shard);

    /// The shard that `sid` names; nullopt if it names none. Whether it is a session's id only that
    /// shard can tell.
    [[nodiscard]] static std::optional<unsigned> shard_of(std::string_view sid) noexcept;

    [[nodiscard]] std::string_view view() const noexcept
    {
        return is_long() ? long_view() : std::string_view{text_.data(), length_};
    }

    [[nodiscard]] std::string str() const { return std::string{view()}; }

    [[nodiscard]] bool empty() const noexcept { return length_ == 0; }

    bool operator==(const session_id& other) const noexcept { return view() == other.view(); }

    static constexpr unsigned max_shards = 64 * 64;

private:
    static constexpr unsigned char on_heap = 0xFF;

    [[nodiscard]] bool is_long() const noexcept { return length_ == on_heap; }

    [[nodiscard]] std::string_view long_view() const noexcept;

    // A long text is elsewhere, and its address is here: few have one, and each session has an id.
    std::array<char, 22> text_{};
    unsigned char length_ = 0;
};

}  // namespace cosio
