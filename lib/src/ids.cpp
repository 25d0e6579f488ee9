// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/ids.hpp>

#include <cstring>
#include <utility>

namespace cosio {
namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const std::string* address_in(const std::array<char, 22>& text) noexcept
{
    const std::string* address = nullptr;
    std::memcpy(&address, text.data(), sizeof(address));
    return address;
}

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

session_id::session_id(const session_id& other)
{
    *this = from_text(other.view());
}

session_id::session_id(session_id&& other) noexcept
    : text_{other.text_}, length_{std::exchange(other.length_, 0)}
{}

session_id& session_id::operator=(session_id other) noexcept
{
    std::swap(text_, other.text_);
    std::swap(length_, other.length_);
    return *this;
}

session_id::~session_id()
{
    if (is_long())
        delete address_in(text_);
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

session_id session_id::from_text(std::string_view text)
{
    session_id id;
    if (text.size() <= id.text_.size()) {
        id.length_ = static_cast<unsigned char>(text.copy(id.text_.data(), id.text_.size()));
    } else {
        const auto* const kept = new std::string{text};
        std::memcpy(id.text_.data(), &kept, sizeof(kept));
        id.length_ = on_heap;
    }
    return id;
}

session_id session_id::from_text(std::string_view text, unsigned shard)
{
    std::string whole{text};
    whole += digits[shard / digits.size()];
    whole += digits[shard % digits.size()];
    return from_text(whole);
}

std::optional<unsigned> session_id::shard_of(std::string_view sid) noexcept
{
    if (sid.size() < 3)
        return std::nullopt;
    const std::size_t high = digits.find(sid[sid.size() - 2]);
    const std::size_t low = digits.find(sid[sid.size() - 1]);
    if (high == digits.npos || low == digits.npos)
        return std::nullopt;
    return static_cast<unsigned>(high * digits.size() + low);
}

std::string_view session_id::long_view() const noexcept
{
    return *address_in(text_);
}

}  // namespace cosio
