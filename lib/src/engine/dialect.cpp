// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/url.hpp>
#include <cosio/engine/dialect.hpp>

#include <algorithm>
#include <charconv>
#include <string>

namespace cosio::engine {
namespace {

/// The digits of `text`, whatever else it holds; too many are none.
std::uint32_t number_in(std::string text)
{
    std::erase_if(text, [](char c) { return c < '0' || c > '9'; });
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    return std::from_chars(text.data(), end, number).ec == std::errc{} ? number : 0;
}

}  // namespace

dialect dialect_of(std::string_view query, bool allow_eio3)
{
    dialect spoken;
    spoken.supports_binary = detail::query_value(query, "b64").value_or("").empty();
    if (!allow_eio3 || !detail::query_value(query, "transport") ||
        detail::query_value(query, "EIO") == "4")
        return spoken;
    spoken.protocol = revision::v3;
    if (const auto index = detail::query_value(query, "j"))
        spoken.jsonp = number_in(*index);
    // A function is called with a text.
    spoken.supports_binary = spoken.supports_binary && !spoken.jsonp;
    return spoken;
}

}  // namespace cosio::engine
