// SPDX-License-Identifier: BSL-1.0
#include "http1_client.hpp"

#include <cosio/detail/ascii.hpp>
#include <cosio/detail/base64.hpp>
#include <cosio/detail/client_headers.hpp>

#include <algorithm>
#include <charconv>

namespace cosio::wire {
namespace {

using cosio::detail::equal_without_case;

constexpr std::string_view text_type = "text/plain;charset=UTF-8";
constexpr std::size_t max_seconds_digits = 9;
constexpr std::chrono::seconds longest_wait = std::chrono::hours{24};

std::string basic_credentials(const proxy_credentials& credentials)
{
    const std::string plain = credentials.user + ':' + credentials.password;
    std::string value = "Basic ";
    const std::size_t start = value.size();
    value.resize(start + cosio::detail::base64_size(plain.size()));
    cosio::detail::encode_base64(as_bytes(plain), value.data() + start);
    return value;
}

}  // namespace

void append_client_headers(header_fields& into, const client_headers& headers)
{
    std::string cookies{headers.cookies};
    const auto own = [&](std::string_view name, std::string_view value) {
        if (!headers.extra || !headers.extra->find(name))
            into.append(name, value);
    };
    own("Host", headers.host);
    own("Accept", "*/*");
    if (headers.extra)
        headers.extra->for_each([&](std::string_view name, std::string_view value) {
            if (equal_without_case(name, "Cookie"))  // RFC 6265, 5.4: one field
                cookies.insert(0, std::string{value} + (cookies.empty() ? "" : "; "));
            else if (!cosio::detail::is_framing_header(name))
                into.append(name, value);
        });
    if (!cookies.empty())
        into.append("Cookie", cookies);
}

void append_poll_request(
    std::string& out,
    std::string_view target,
    const client_headers& headers,
    std::optional<std::string_view> body
)
{
    header_fields fields;
    append_client_headers(fields, headers);
    if (body) {
        fields.set("Content-Type", text_type);
        fields.append("Content-Length", std::to_string(body->size()));
    }
    append_request_head(out, body ? "POST" : "GET", target, fields);
    out += body.value_or("");
}

error_code check_poll_answer(const http_response& response) noexcept
{
    if (response.status != 200)
        return http_errc::unexpected_status;
    const auto coding = response.headers.find("Content-Encoding");
    if (coding && !equal_without_case(*coding, "identity"))
        return http_errc::unexpected_coding;
    return {};
}

std::optional<std::chrono::seconds> retry_after(const http_response& response) noexcept
{
    const std::string_view text = response.headers["Retry-After"];
    const bool is_number = !text.empty() && std::ranges::all_of(text, cosio::detail::is_digit);
    if (response.status < 400 || !is_number)
        return std::nullopt;
    if (text.size() > max_seconds_digits)
        return longest_wait;
    long seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::min(std::chrono::seconds{seconds}, longest_wait);
}

void append_tunnel_request(
    std::string& out,
    std::string_view authority,
    const std::optional<proxy_credentials>& credentials
)
{
    header_fields fields;
    fields.append("Host", authority);
    if (credentials)
        fields.append("Proxy-Authorization", basic_credentials(*credentials));
    append_request_head(out, "CONNECT", authority, fields);
}

error_code check_tunnel_answer(const http_response& response) noexcept
{
    if (response.status >= 200 && response.status < 300)
        return {};
    return response.status == 407 ? http_errc::proxy_authentication : http_errc::proxy_refused;
}

}  // namespace cosio::wire
