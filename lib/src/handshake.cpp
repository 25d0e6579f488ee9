// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/url.hpp>
#include <cosio/handshake.hpp>

namespace cosio {

std::optional<std::string> handshake::query(std::string_view key) const
{
    const std::string_view url = request_->url;
    const std::size_t mark = url.find('?');
    if (mark == std::string_view::npos)
        return std::nullopt;
    return detail::query_value(url.substr(mark + 1), key);
}

std::string_view handshake::auth(std::string_view key) const noexcept
{
    const boost::json::object* const object = auth_.if_object();
    const boost::json::value* const member = object ? object->if_contains(key) : nullptr;
    const boost::json::string* const text = member ? member->if_string() : nullptr;
    return text ? std::string_view{*text} : std::string_view{};
}

}  // namespace cosio
