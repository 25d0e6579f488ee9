// SPDX-License-Identifier: BSL-1.0
#include "http_reply.hpp"

#include <algorithm>
#include <charconv>

namespace cosio::load {
namespace {

error_code malformed()
{
    return make_error_code(boost::system::errc::bad_message);
}

error_code too_large()
{
    return make_error_code(boost::system::errc::message_size);
}

bool equal_ignoring_case(std::string_view a, std::string_view lower)
{
    return std::ranges::equal(a, lower, [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + ('a' - 'A')) : x) == y;
    });
}

std::string_view trim(std::string_view text)
{
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::size_t> read_size(std::string_view digits, int base)
{
    std::size_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, ec] = std::from_chars(digits.data(), end, value, base);
    if (ec != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

}  // namespace

void http_reply_reader::feed(std::string_view bytes)
{
    if (kept_.empty()) {
        rest_ = bytes;
        return;
    }
    kept_ += bytes;
    rest_ = kept_;
}

void http_reply_reader::keep()
{
    if (kept_.empty())
        kept_ = rest_;
    else
        kept_.erase(0, kept_.size() - rest_.size());  // the rest is its end
    rest_ = kept_;
}

result<std::optional<http_reply>> http_reply_reader::next()
{
    const std::size_t head_size = rest_.find("\r\n\r\n");
    if (head_size == rest_.npos) {
        if (rest_.size() > max_head_bytes)
            return too_large();
        keep();
        return std::optional<http_reply>{};
    }
    http_reply reply;
    framing body;
    if (!read_head(rest_.substr(0, head_size), reply, body))
        return malformed();
    const result<extent> found = read_body(head_size + 4, body, reply);
    if (!found)
        return found.error();
    if (*found == extent::partial) {
        keep();
        return std::optional<http_reply>{};
    }
    return std::optional{reply};
}

bool http_reply_reader::read_head(std::string_view head, http_reply& reply, framing& body)
{
    const std::string_view status_line = head.substr(0, head.find("\r\n"));
    if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12)
        return false;
    const std::optional<std::size_t> status = read_size(status_line.substr(9, 3), 10);
    if (!status || *status < 100)
        return false;
    reply.status = static_cast<unsigned>(*status);
    reply.keep_alive = status_line[7] == '1';

    head.remove_prefix(std::min(status_line.size() + 2, head.size()));
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(line.size() + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == line.npos)
            return false;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trim(line.substr(colon + 1));
        if (equal_ignoring_case(name, "content-length")) {
            body.length = read_size(value, 10);
            if (!body.length)
                return false;
        } else if (equal_ignoring_case(name, "transfer-encoding")) {
            body.chunked = equal_ignoring_case(value, "chunked");
        } else if (equal_ignoring_case(name, "connection")) {
            reply.keep_alive = !equal_ignoring_case(value, "close");
        } else if (equal_ignoring_case(name, "sec-websocket-accept")) {
            reply.websocket_accept = value;
        }
    }
    return true;
}

result<http_reply_reader::extent> http_reply_reader::read_body(
    std::size_t at, framing body, http_reply& reply
)
{
    if (body.chunked)
        return read_chunks(at, reply);
    // A body that ends with the connection is read as empty: no caller needs one.
    const std::size_t length = reply.status < 200 ? 0 : body.length.value_or(0);
    if (length > max_body_bytes)
        return too_large();
    if (rest_.size() - at < length)
        return extent::partial;
    reply.body = rest_.substr(at, length);
    rest_.remove_prefix(at + length);
    return extent::whole;
}

result<http_reply_reader::extent> http_reply_reader::read_chunks(std::size_t at, http_reply& reply)
{
    joined_.clear();
    for (;;) {
        const std::size_t line_end = rest_.find("\r\n", at);
        if (line_end == rest_.npos)
            return extent::partial;
        const std::string_view line = rest_.substr(at, line_end - at);
        const std::optional<std::size_t> size = read_size(line.substr(0, line.find(';')), 16);
        if (!size)
            return malformed();
        if (*size > max_body_bytes - joined_.size())
            return too_large();
        at = line_end + 2;
        if (rest_.size() - at < *size + 2)
            return extent::partial;
        if (rest_.substr(at + *size, 2) != "\r\n")
            return malformed();
        joined_ += rest_.substr(at, *size);
        at += *size + 2;
        if (*size == 0)
            break;
    }
    reply.body = joined_;
    rest_.remove_prefix(at);
    return extent::whole;
}

}  // namespace cosio::load
