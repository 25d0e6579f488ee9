// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/ids.hpp>

namespace cosio {
namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

id20 id20::make(random_source& random) noexcept
{
    std::array<std::byte, 15> bits;
    random.fill(bits);
    id20 id;
    detail::encode_base64url(bits, id.text_.data());
    id.length_ = static_cast<unsigned char>(id.text_.size());
    return id;
}

id20 id20::from_text(std::string_view text) noexcept
{
    id20 id;
    id.length_ = static_cast<unsigned char>(text.copy(id.text_.data(), id.text_.size()));
    return id;
}

session_id session_id::make(random_source& random) noexcept
{
    session_id id;
    id.length_ = static_cast<unsigned char>(id20::make(random).view().copy(id.text_.data(), 20));
    return id;
}

session_id session_id::make(random_source& random, unsigned shard) noexcept
{
    session_id id = make(random);
    id.text_[20] = digits[shard / digits.size()];
    id.text_[21] = digits[shard % digits.size()];
    id.length_ = 22;
    return id;
}

std::optional<unsigned> session_id::shard_of(std::string_view sid) noexcept
{
    if (sid.size() != 22)
        return std::nullopt;
    const std::size_t high = digits.find(sid[20]);
    const std::size_t low = digits.find(sid[21]);
    if (high == digits.npos || low == digits.npos)
        return std::nullopt;
    return static_cast<unsigned>(high * digits.size() + low);
}

}  // namespace cosio
