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

    /// The first 20 characters of `text`.
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

namespace detail {

/// A text that never changes: up to 22 characters are in place, more are on the heap.
class short_text
{
public:
    short_text() noexcept = default;

    explicit short_text(std::string_view text);

    short_text(const short_text& other) : short_text{other.view()} {}

    short_text(short_text&& other) noexcept;
    short_text& operator=(short_text other) noexcept;
    ~short_text();

    [[nodiscard]] std::string_view view() const noexcept
    {
        return length_ == on_heap ? long_view() : std::string_view{text_.data(), length_};
    }

    bool operator==(const short_text& other) const noexcept { return view() == other.view(); }

private:
    static constexpr unsigned char on_heap = 0xFF;

    [[nodiscard]] std::string_view long_view() const noexcept;

    // A long text is elsewhere, and its address is here: few are long.
    std::array<char, 22> text_{};
    unsigned char length_ = 0;
};

}  // namespace detail

/// What names a socket in its namespace: an id20, or what its client expects or was told.
/// Cost: an allocation for more than 22 characters.
class socket_id
{
public:
    socket_id() noexcept = default;

    [[nodiscard]] static socket_id make(random_source& random);
    [[nodiscard]] static socket_id from_text(std::string_view text);

    [[nodiscard]] std::string_view view() const noexcept { return text_.view(); }

    [[nodiscard]] std::string str() const { return std::string{view()}; }

    bool operator==(const socket_id&) const noexcept = default;

private:
    explicit socket_id(std::string_view text) : text_{text} {}

    detail::short_text text_;
};

/// What names a session: an id20, or what the application calls it. In a server of several shards two
/// characters more follow: the number of the session's shard, so that a request which arrives on another
/// one finds it. Cost: an allocation for more than 22 characters.
class session_id
{
public:
    session_id() noexcept = default;

    /// The id of a session of a server that has one shard.
    [[nodiscard]] static session_id make(random_source& random);

    /// Precondition: shard < max_shards.
    [[nodiscard]] static session_id make(random_source& random, unsigned shard);

    /// As the application says.
    [[nodiscard]] static session_id from_text(std::string_view text);
    [[nodiscard]] static session_id from_text(std::string_view text, unsigned shard);

    /// The shard that `sid` names; nullopt if it names none. Whether it is a session's id only that
    /// shard can tell.
    [[nodiscard]] static std::optional<unsigned> shard_of(std::string_view sid) noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return text_.view(); }

    [[nodiscard]] std::string str() const { return std::string{view()}; }

    [[nodiscard]] bool empty() const noexcept { return view().empty(); }

    bool operator==(const session_id&) const noexcept = default;

    static constexpr unsigned max_shards = 64 * 64;

private:
    explicit session_id(std::string_view text) : text_{text} {}

    detail::short_text text_;
};

}  // namespace cosio
