// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ascii.hpp>
#include <cosio/http.hpp>

#include <algorithm>

namespace cosio {
namespace {

using detail::equal_without_case;

bool list_has(std::string_view list, std::string_view token) noexcept
{
    bool found = false;
    for (bool more = true; more && !found;)
        found = equal_without_case(detail::take_list_item(list, more), token);
    return found;
}

void append_text(std::string& out, std::string_view text)
{
    const std::size_t start = out.size();
    out += text;
    for (std::size_t at = out.find('\0', start); at != out.npos; at = out.find('\0', at))
        out[at] = ' ';
    out += '\0';
}

}  // namespace

void header_fields::append(std::string_view name, std::string_view value)
{
    // An application's value may hold NUL, which would end it early and shift every later field.
    append_text(fields_, name);
    append_text(fields_, value);
}

void header_fields::erase(std::string_view name)
{
    if (!find(name))
        return;
    header_fields rest;
    for_each([&](std::string_view field, std::string_view value) {
        if (!equal_without_case(field, name))
            rest.append(field, value);
    });
    *this = std::move(rest);
}

void header_fields::set(std::string_view name, std::string_view value)
{
    const std::string kept{value};  // it may be one of those that go
    erase(name);
    append(name, kept);
}

void header_fields::add_token(std::string_view name, std::string_view token)
{
    if (has_token(name, token) || has_token(name, "*"))
        return;
    const auto before = find(name);
    if (before)
        set(name, std::string{*before}.append(", ").append(token));
    else
        append(name, token);
}

std::optional<std::string_view> header_fields::find(std::string_view name) const noexcept
{
    for (std::size_t at = 0; at < fields_.size();) {
        const std::string_view field = text_at(at);
        const std::string_view value = text_at(at + field.size() + 1);
        if (equal_without_case(field, name))
            return value;
        at += field.size() + value.size() + 2;
    }
    return std::nullopt;
}

std::string_view header_fields::operator[](std::string_view name) const noexcept
{
    return find(name).value_or(std::string_view{});
}

std::size_t header_fields::count(std::string_view name) const noexcept
{
    std::size_t found = 0;
    for_each([&](std::string_view field, std::string_view) {
        found += equal_without_case(field, name);
    });
    return found;
}

bool header_fields::has_token(std::string_view name, std::string_view token) const noexcept
{
    bool found = false;
    for_each([&](std::string_view field, std::string_view value) {
        found = found || (equal_without_case(field, name) && list_has(value, token));
    });
    return found;
}

std::size_t header_fields::size() const noexcept
{
    return static_cast<std::size_t>(std::ranges::count(fields_, '\0')) / 2;
}

std::string_view http_request::path() const noexcept
{
    return std::string_view{target}.substr(0, target.find('?'));
}

std::string_view http_request::query() const noexcept
{
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{}
                                     : std::string_view{target}.substr(mark + 1);
}

bool http_request::wants_websocket() const noexcept
{
    // Method, version and Connection are not looked at: a handshake that gets them wrong must be
    // refused as a handshake, not served as a poll.
    return headers.has_token("Upgrade", "websocket");
}

}  // namespace cosio
