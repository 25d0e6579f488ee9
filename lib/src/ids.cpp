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

namespace detail {

short_text::short_text(std::string_view text)
{
    if (text.size() <= text_.size()) {
        length_ = static_cast<unsigned char>(text.copy(text_.data(), text_.size()));
    } else {
        const auto* const kept = new std::string{text};
        std::memcpy(text_.data(), &kept, sizeof(kept));
        length_ = on_heap;
    }
}

short_text::short_text(short_text&& other) noexcept
    : text_{other.text_}, length_{std::exchange(other.length_, 0)}
{}

short_text& short_text::operator=(short_text other) noexcept
{
    std::swap(text_, other.text_);
    std::swap(length_, other.length_);
    return *this;
}

short_text::~short_text()
{
    if (length_ == on_heap)
        delete address_in(text_);
}

std::string_view short_text::long_view() const noexcept
{
    return *address_in(text_);
}

}  // namespace detail

socket_id socket_id::make(random_source& random)
{
    return socket_id{id20::make(random).view()};
}

socket_id socket_id::from_text(std::string_view text)
{
    return socket_id{text};
}

session_id session_id::make(random_source& random)
{
    return session_id{id20::make(random).view()};
}

session_id session_id::make(random_source& random, unsigned shard)
{
    return from_text(id20::make(random).view(), shard);
}

session_id session_id::from_text(std::string_view text)
{
    return session_id{text};
}

session_id session_id::from_text(std::string_view text, unsigned shard)
{
    std::string whole{text};
    whole += digits[shard / digits.size()];
    whole += digits[shard % digits.size()];
    return session_id{whole};
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

}  // namespace cosio
