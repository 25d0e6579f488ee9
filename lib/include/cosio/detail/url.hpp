// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Query strings, read leniently as browsers do: a bad escape stays as it is, nothing is an error.
// Decoded text holds whatever bytes the escapes name, NUL and invalid UTF-8 included.

namespace cosio::detail {

/// Decodes %XX; `+` stays.
[[nodiscard]] std::string percent_decode(std::string_view text);

/// Decodes %XX, and `+` as a space (application/x-www-form-urlencoded).
[[nodiscard]] std::string query_decode(std::string_view text);

/// Appends `text` as JavaScript's encodeURIComponent encodes it.
void append_percent_encoded(std::string& out, std::string_view text);

/// One `key=value` of a query, both undecoded.
struct query_item
{
    std::string_view key;
    std::string_view value;  ///< empty if there was no `=`
};

/// Takes the first item off `rest`, or nullopt if none is left. Nothing between two `&` is no item.
[[nodiscard]] std::optional<query_item> take_query_item(std::string_view& rest) noexcept;

/// Decodes as query_decode() does, into `scratch` only if there is something to decode.
/// Lifetime: that of `text` and of `scratch`.
[[nodiscard]] std::string_view query_decode(std::string_view text, std::string& scratch);

/// True if the key, decoded, is `expected`.
[[nodiscard]] bool has_key(const query_item& item, std::string_view expected) noexcept;

/// Decoded value of the last item whose decoded key is `key`: everywhere the last one wins.
/// Cost: allocates the result only.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view key);

/// Calls visit(key, value) with both decoded, as std::string&&, for each item in order.
template <class F>
void for_each_query(std::string_view query, F&& visit)
{
    while (const auto item = take_query_item(query))
        visit(query_decode(item->key), query_decode(item->value));
}

}  // namespace cosio::detail
