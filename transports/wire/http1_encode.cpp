// SPDX-License-Identifier: BSL-1.0
#include "http1.hpp"

#include <cosio/detail/ascii.hpp>
#include <cosio/limit.hpp>

#include <array>
#include <charconv>
#include <span>

namespace cosio::wire {
namespace {

using cosio::detail::equal_without_case;

class http_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.http"; }

    std::string message(int value) const override
    {
        switch (static_cast<http_errc>(value)) {
        case http_errc::bad_request: return "the request is malformed";
        case http_errc::request_timeout: return "the request did not arrive in time";
        case http_errc::body_too_large: return "the body is too large";
        case http_errc::target_too_long: return "the request target is too long";
        case http_errc::expectation_failed: return "the request expects what is not known";
        case http_errc::too_many_requests: return "too many requests";
        case http_errc::headers_too_large: return "the header fields are too large or too many";
        case http_errc::not_implemented: return "the method or transfer coding is not known";
        case http_errc::version_not_supported: return "the HTTP version is not supported";
        case http_errc::truncated: return "the stream ended inside a message";
        case http_errc::bad_response: return "the response is malformed";
        case http_errc::unexpected_coding: return "the body is compressed, which was not asked for";
        case http_errc::proxy_refused: return "the proxy opens no tunnel";
        case http_errc::proxy_authentication: return "the proxy wants other credentials";
        }
        return "unknown error";
    }

    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        const auto why = static_cast<http_errc>(value);
        if (why == http_errc::body_too_large)
            return limit::max_payload_bytes;
        if (why == http_errc::target_too_long)
            return limit::max_target_bytes;
        if (why == http_errc::headers_too_large)
            return limit::max_header_bytes;
        return {value, *this};
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        if (other == default_error_condition(value))
            return true;
        switch (static_cast<http_errc>(value)) {
        case http_errc::request_timeout: return other == condition::timeout;
        case http_errc::body_too_large:
        case http_errc::target_too_long:
        case http_errc::too_many_requests:
        case http_errc::headers_too_large: return other == condition::limit;
        case http_errc::truncated: return other == condition::transport;
        case http_errc::bad_request:
        case http_errc::expectation_failed:
        case http_errc::not_implemented:
        case http_errc::version_not_supported:
        case http_errc::bad_response:
        case http_errc::unexpected_coding:
        case http_errc::proxy_refused:
        case http_errc::proxy_authentication: return other == condition::peer_violation;
        }
        return false;
    }
};

void append_number(std::string& out, std::size_t number)
{
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    if (!cosio::detail::is_token(name))
        return;
    out.append(name).append(": ");
    const std::size_t start = out.size();
    out += value;
    for (char& c : std::span{out}.subspan(start))
        if (!cosio::detail::is_field_char(c))
            c = ' ';
    out += "\r\n";
}

void append_target(std::string& out, std::string_view target)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    for (const char c : target) {
        if (cosio::detail::is_printable(c) && c != ' ' && c != '#') {
            out += c;
        } else {
            out += '%';
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
        }
    }
}

}  // namespace

const boost::system::error_category& http_category() noexcept
{
    static const http_category_type instance;
    return instance;
}

error_code make_error_code(http_errc value) noexcept
{
    return {static_cast<int>(value), http_category()};
}

unsigned status_of(http_errc value) noexcept
{
    switch (value) {
    case http_errc::bad_request:
    case http_errc::truncated: return 400;
    case http_errc::proxy_authentication: return 407;
    case http_errc::request_timeout: return 408;
    case http_errc::body_too_large: return 413;
    case http_errc::target_too_long: return 414;
    case http_errc::expectation_failed: return 417;
    case http_errc::too_many_requests: return 429;
    case http_errc::headers_too_large: return 431;
    case http_errc::not_implemented: return 501;
    case http_errc::bad_response:
    case http_errc::unexpected_coding:
    case http_errc::proxy_refused: return 502;
    case http_errc::version_not_supported: return 505;
    }
    return 500;
}

std::string_view reason_phrase(unsigned status) noexcept
{
    switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return {};
    }
}

void append_response_head(
    std::string& out,
    const http_response& response,
    std::size_t content_length,
    bool keep_alive,
    unsigned version
)
{
    const unsigned status = response.status;
    out += "HTTP/1.1 ";
    append_number(out, status);
    out.append(" ").append(reason_phrase(status)).append("\r\n");
    response.headers.for_each([&](std::string_view name, std::string_view value) {
        const bool is_framing = equal_without_case(name, "Content-Length") ||
                                equal_without_case(name, "Transfer-Encoding") ||
                                (status != 101 && equal_without_case(name, "Connection"));
        if (!is_framing)
            append_field(out, name, value);
    });
    if (status >= 200 && status != 204 && status != 304) {
        out += "Content-Length: ";
        append_number(out, content_length);
        out += "\r\n";
    }
    if (!keep_alive)
        out += "Connection: close\r\n";
    else if (version == 10)
        out += "Connection: keep-alive\r\n";
    out += "\r\n";
}

void append_request_head(
    std::string& out,
    std::string_view method,
    std::string_view target,
    const header_fields& headers,
    unsigned version
)
{
    out.append(method).append(" ");
    append_target(out, target);
    out += version == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
    headers.for_each([&](std::string_view name, std::string_view value) {
        append_field(out, name, value);
    });
    out += "\r\n";
}

}  // namespace cosio::wire
