// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/url.hpp>
#include <cosio/detail/utf8.hpp>
#include <cosio/engine/legacy_payload.hpp>

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace cosio::engine {
namespace {

constexpr std::size_t max_length_digits = 10;
constexpr char end_of_length = '\xff';
constexpr char text_mark = '\0';
constexpr char binary_mark = '\1';

/// Takes a number off `rest`, whose digits are counted from `zero`, and the `end` behind it.
std::optional<std::size_t> take_length(std::string_view& rest, char zero, char end) noexcept
{
    std::size_t length = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && rest[digits] != end; ++digits) {
        const auto digit = static_cast<unsigned char>(rest[digits] - zero);
        if (digit > 9 || digits == max_length_digits)
            return std::nullopt;
        length = length * 10 + digit;
    }
    if (digits == 0 || digits == rest.size())
        return std::nullopt;
    rest.remove_prefix(digits + 1);
    return length;
}

void append_record(std::string& body, const frame& packet)
{
    body += packet.kind() == frame_kind::text ? text_mark : binary_mark;
    const fmt::format_int digits{packet.size()};
    for (const char digit : std::string_view{digits.data(), digits.size()})
        body += static_cast<char>(digit - '0');
    body += end_of_length;
    body += as_text(packet.payload());
}

void append_text(std::string& body, std::string_view packet)
{
    fmt::format_to(std::back_inserter(body), "{}:", detail::utf16_length(packet));
    body += packet;
}

}  // namespace

result<std::string_view> take_legacy_text(std::string_view& rest) noexcept
{
    const auto units = take_length(rest, '0', ':');
    const auto bytes = units ? detail::utf16_prefix(rest, *units) : std::nullopt;
    if (!bytes)
        return errc::parse_error;
    const std::string_view packet = rest.substr(0, *bytes);
    rest.remove_prefix(*bytes);
    return packet;
}

result<legacy_record> take_legacy_record(std::string_view& rest) noexcept
{
    const char mark = rest.empty() ? end_of_length : rest.front();
    if (mark != text_mark && mark != binary_mark)
        return errc::parse_error;
    rest.remove_prefix(1);
    const auto length = take_length(rest, '\0', end_of_length);
    if (!length || *length > rest.size())
        return errc::parse_error;
    const legacy_record record{
        .kind = mark == text_mark ? frame_kind::text : frame_kind::binary,
        .packet = rest.substr(0, *length)
    };
    rest.remove_prefix(*length);
    return record;
}

legacy_payload encode_legacy_payload(outbox& pending)
{
    legacy_payload made;
    const std::size_t count = pending.size();
    for (std::size_t i = 0; i < count; ++i)
        made.is_binary = made.is_binary || pending[i]->kind() == frame_kind::binary;
    constexpr std::size_t around_each = max_length_digits + 2;
    made.body.reserve(pending.bytes() + count * around_each);
    for (std::size_t i = 0; i < count; ++i) {
        if (made.is_binary)
            append_record(made.body, *pending[i]);
        else
            append_text(made.body, as_text(pending[i]->payload()));
    }
    pending.pop(count);
    return made;
}

std::string wrap_jsonp(std::uint32_t index, std::string_view payload)
{
    std::string script = fmt::format("___eio[{}](", index);
    const std::string text =
        boost::json::serialize(boost::json::string_view{payload.data(), payload.size()});
    // The two line ends of JavaScript that JSON does not escape: U+2028 and U+2029.
    constexpr std::string_view line_ends = "\xe2\x80";
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t next = std::min(text.find(line_ends, at), text.size());
        script.append(text, at, next - at);
        at = next;
        const std::string_view found = std::string_view{text}.substr(at, 3);
        if (found == "\xe2\x80\xa8" || found == "\xe2\x80\xa9") {
            script += found.back() == '\xa8' ? "\\u2028" : "\\u2029";
            at += found.size();
        } else if (!found.empty()) {
            script += text[at++];
        }
    }
    script += ");";
    return script;
}

std::string unwrap_jsonp(std::string_view form)
{
    const std::string escaped = detail::query_value(form, "d").value_or("");
    std::string payload;
    payload.reserve(escaped.size());
    std::string_view rest = escaped;
    while (!rest.empty()) {
        // The page's form turns line ends into others: they come as `\n`, and what looked like that as `\\n`.
        if (rest.starts_with("\\\\n")) {
            payload += "\\n";
            rest.remove_prefix(3);
        } else if (rest.starts_with("\\n")) {
            payload += '\n';
            rest.remove_prefix(2);
        } else {
            payload += rest.front();
            rest.remove_prefix(1);
        }
    }
    return payload;
}

}  // namespace cosio::engine
