// SPDX-License-Identifier: BSL-1.0
// Queries, percent-encoding, URLs of servers and proxies.
#include "fuzz.hpp"

#include <cosio/detail/url.hpp>
#include <cosio/server_url.hpp>

#include <stdexcept>
#include <string>

using namespace cosio;

namespace {

void check_query(std::string_view text)
{
    std::size_t items = 0;
    detail::for_each_query(text, [&](const std::string& key, const std::string&) {
        fuzz::require(detail::query_value(text, key).has_value(), "an item that is not found");
        ++items;
    });
    fuzz::require(items <= text.size(), "more items than bytes");
    std::string encoded;
    detail::append_percent_encoded(encoded, text);
    fuzz::require(detail::percent_decode(encoded) == text, "another text when decoded again");
    fuzz::require(
        encoded.find_first_of(" \r\n&=?#") == encoded.npos, "an encoded text that ends a query"
    );
}

void check_urls(std::string_view text)
{
    try {
        const server_url url = server_url::parse(text);
        const std::string field = url.host_field();
        fuzz::require(!field.empty(), "a server without a name");
        fuzz::require(field.find_first_of("\r\n ") == field.npos, "a name that ends its field");
        fuzz::require(url.nsp.starts_with('/'), "a namespace without its slash");
    } catch (const std::invalid_argument& error) {
        fuzz::require(
            std::string_view{error.what()}.find('\n') == std::string_view::npos, "not one line"
        );
    }
    try {
        static_cast<void>(proxy_url::parse(text));
    } catch (const std::invalid_argument&) {  // says why
    }
}

}  // namespace

void fuzz::check(std::uint8_t, bytes_view input)
{
    check_query(as_text(input));
    check_urls(as_text(input));
}
