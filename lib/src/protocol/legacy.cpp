// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/url.hpp>
#include <cosio/protocol/legacy.hpp>

namespace cosio::protocol {

std::string_view without_query(std::string_view nsp) noexcept
{
    return nsp.substr(0, nsp.find('?'));
}

boost::json::object legacy_auth(std::string_view nsp)
{
    boost::json::object auth;
    const std::size_t mark = nsp.find('?');
    if (mark == std::string_view::npos)
        return auth;
    detail::for_each_query(nsp.substr(mark + 1), [&](std::string&& key, std::string&& value) {
        auth[key] = value;
    });
    return auth;
}

std::string legacy_socket_id(std::string_view nsp, std::string_view session)
{
    std::string id;
    if (nsp != "/") {
        id += nsp;
        id += '#';
    }
    id += session;
    return id;
}

boost::json::value legacy_error(std::string_view message, std::optional<boost::json::value> data)
{
    if (data)
        return std::move(*data);
    return boost::json::string_view{message.data(), message.size()};
}

}  // namespace cosio::protocol
