// SPDX-License-Identifier: BSL-1.0
// Queries, percent-encoding, URLs of servers and proxies.
#include "fuzz.hpp"

#include <cosio/detail/url.hpp>
#include <cosio/server_url.hpp>

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace cosio;

namespace {

using items_of_query = std::vector<std::pair<std::string, std::string>>;

items_of_query items_of(std::string_view query)
{
    items_of_query all;
    detail::for_each_query(query, [&](std::string key, std::string value) {
        all.emplace_back(std::move(key), std::move(value));
    });
    return all;
}

/// What is read, written and read again is the same (I33), and the last of a key is the one that counts.
void require_round_trip(std::string_view text)
{
    const items_of_query all = items_of(text);
    std::string query;
    for (const auto& [key, value] : all) {
        if (!query.empty())
            query += '&';
        detail::append_percent_encoded(query, key);
        query += '=';
        detail::append_percent_encoded(query, value);
    }
    fuzz::require(items_of(query) == all, "other items when written and read again");
    std::map<std::string, std::string> last;
    for (const auto& [key, value] : all)
        last[key] = value;
    for (const auto& [key, value] : last) {
        fuzz::require(detail::query_value(text, key) == value, "another value of a key");
        fuzz::require(detail::query_value(query, key) == value, "another value when read again");
    }
}

/// The host in brackets and encoded, since an address may have a zone, which authority() leaves out.
void append_address(std::string& to, const std::string& host)
{
    to += '[';
    detail::append_percent_encoded(to, host);
    to += ']';
}

/// A server, written as users write it.
std::string text_of(const server_url& url)
{
    std::string text = url.secure ? "https" : "http";
    text += url.unix_path.empty() ? "" : "+unix";
    text += "://";
    if (!url.unix_path.empty())
        detail::append_percent_encoded(text, url.unix_path);
    else if (url.host.find(':') != std::string::npos)
        append_address(text, url.host);
    else
        text += url.host;
    if (url.unix_path.empty())
        text += fmt::format(":{}", url.port);
    text += url.nsp;
    return url.query.empty() ? text : text + '?' + url.query;
}

void check_query(std::string_view text)
{
    std::size_t items = 0;
    detail::for_each_query(text, [&](const std::string& key, const std::string&) {
        fuzz::require(detail::query_value(text, key).has_value(), "an item that is not found");
        ++items;
    });
    fuzz::require(items <= text.size(), "more items than bytes");
    require_round_trip(text);
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
        fuzz::require(server_url::parse(text_of(url)) == url, "another server when read again");
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
