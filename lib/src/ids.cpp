// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/ids.hpp>

namespace cosio {

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

}  // namespace cosio
