// SPDX-License-Identifier: BSL-1.0
#include "http1_client.hpp"

#include <cosio/cookie_jar.hpp>
#include <cosio/detail/ascii.hpp>
#include <cosio/detail/base64.hpp>
#include <cosio/detail/client_headers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cosio::wire {
namespace {

using cosio::detail::equal_without_case;

constexpr std::string_view text_type = "text/plain;charset=UTF-8";
constexpr std::size_t max_seconds_digits = 9;
constexpr std::chrono::seconds longest_wait = std::chrono::hours{24};

/// The values are statuses of HTTP.
class status_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.http_status"; }

    std::string message(int value) const override
    {
        return fmt::format("the server answers {}", value);
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        return other == condition::peer_violation || other == default_error_condition(value);
    }
};

std::optional<std::chrono::seconds> seconds_in(std::string_view text) noexcept
{
    if (text.empty() || !std::ranges::all_of(text, cosio::detail::is_digit))
        return std::nullopt;
    if (text.size() > max_seconds_digits)
        return longest_wait;
    long seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds{seconds};
}

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
        return unexpected_status(response.status);
    const auto coding = response.headers.find("Content-Encoding");
    if (coding && !equal_without_case(*coding, "identity"))
        return http_errc::unexpected_coding;
    return {};
}

error_code unexpected_status(unsigned status) noexcept
{
    static const status_category_type statuses;
    return {static_cast<int>(status), statuses};
}

std::optional<std::chrono::seconds> retry_after(
    const http_response& response, std::chrono::sys_seconds now
) noexcept
{
    if (response.status < 400)
        return std::nullopt;
    const std::string_view text = response.headers["Retry-After"];
    std::optional<std::chrono::seconds> wait = seconds_in(text);
    if (!wait)
        // The dates of cookies are those of HTTP, with what else servers write.
        if (const auto date = parse_cookie_date(text))
            wait = *date - now;
    if (!wait)
        return std::nullopt;
    return std::clamp(*wait, std::chrono::seconds::zero(), longest_wait);
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
