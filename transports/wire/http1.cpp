// SPDX-License-Identifier: BSL-1.0
#include "http1_parser.hpp"

#include <cosio/detail/ascii.hpp>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/version.hpp>

#include <algorithm>
#include <limits>
#include <utility>

// The only file that knows Beast, and what its parser does not ask of a message. Written against the
// parser of Boost 1.81; later ones refuse some of this themselves.

namespace cosio::wire::detail {
namespace {

namespace http = boost::beast::http;

using boost::beast::string_view;
using cosio::detail::equal_without_case;
using cosio::detail::is_alnum;
using cosio::detail::is_digit;
using cosio::detail::is_token;

constexpr http_errc ok{};
constexpr std::size_t max_length_digits = 19;  // always below 2^64
constexpr std::size_t typical_header_bytes = 256;

std::string_view as_std(string_view text) noexcept
{
    return {text.data(), text.size()};
}

// RFC 3986, 3.2.2 and 3.2.3
constexpr cosio::detail::char_class is_host_char{[](char c) {
    return is_alnum(c) || std::string_view{"-._~%!$&'()*+,;=:[]"}.find(c) != std::string_view::npos;
}};

// Ours and those that must not be served. Other upper-case names may be methods of somebody else.
http_errc check_method(std::string_view method) noexcept
{
    for (const std::string_view known :
         {"GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH"}) {
        if (method == known)
            return ok;
    }
    const bool is_refused =
        method == "CONNECT" || method == "TRACE" ||
        std::ranges::any_of(method, [](char c) { return c >= 'a' && c <= 'z'; });
    return is_refused ? http_errc::bad_request : http_errc::not_implemented;
}

// `METHOD target HTTP/x.y` of a known method, with a version that is neither 1.0 nor 1.1.
bool has_foreign_version(std::string_view line) noexcept
{
    if (std::ranges::count(line, ' ') != 2 || check_method(line.substr(0, line.find(' '))) != ok)
        return false;
    const std::string_view version = line.substr(line.rfind(' ') + 1);
    return version.size() == 10 && version.starts_with("HTTP/") && is_digit(version[5]) &&
           version[6] == '.' && is_digit(version[7]) && !version.starts_with("HTTP/1.0") &&
           !version.starts_with("HTTP/1.1");
}

enum class coding : unsigned char
{
    chunked,
    unknown,  // a list that ends in one `chunked`: framed, but not readable for us
    bad,
};

coding read_transfer_encoding(std::string_view value) noexcept
{
    unsigned count = 0;
    bool was_chunked = false;
    for (bool more = true; more; ++count) {
        const std::string_view token = cosio::detail::take_list_item(value, more);
        if (was_chunked || !is_token(token))
            return coding::bad;
        was_chunked = equal_without_case(token, "chunked");
    }
    if (!was_chunked)
        return coding::bad;
    return count == 1 ? coding::chunked : coding::unknown;
}

/// What Beast's parser does not ask of the fields that frame and route a message.
class field_rules
{
public:
    [[nodiscard]] bool accept(http::field name, std::string_view value) noexcept
    {
        if (name == http::field::host)
            return hosts_++ == 0 && std::ranges::all_of(value, is_host_char);
        if (name == http::field::content_length) {
            const bool is_first = !has_length_ && !has_coding_;
            has_length_ = true;
            return is_first && value.size() <= max_length_digits &&
                   std::ranges::all_of(value, is_digit);
        }
        if (name == http::field::transfer_encoding) {
            const bool is_first = !has_length_ && !has_coding_;
            has_coding_ = true;
            coding_ = read_transfer_encoding(value);
            return is_first && coding_ != coding::bad;
        }
        if (name == http::field::expect) {
            expects_continue_ = true;
            expects_other_ = expects_other_ || !equal_without_case(value, "100-continue");
        }
        return true;
    }

    template <class Message>
    [[nodiscard]] http_errc finish(unsigned version) const noexcept
    {
        if (is_request<Message> && version == 11 && hosts_ == 0)
            return malformed<Message>;
        if (has_coding_ && version == 10)
            return malformed<Message>;
        if (has_coding_ && coding_ == coding::unknown)
            return http_errc::not_implemented;
        if (is_request<Message> && version == 11 && expects_other_)
            return http_errc::expectation_failed;
        return ok;
    }

    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

private:
    unsigned hosts_ = 0;
    bool has_length_ = false;
    bool has_coding_ = false;
    bool expects_continue_ = false;
    bool expects_other_ = false;
    coding coding_ = coding::bad;
};

/// Beast's parser, writing into a message.
template <class Message>
class beast_parser final : public http1_parser<Message>,
                           private http::basic_parser<is_request<Message>>
{
    using base = http::basic_parser<is_request<Message>>;

public:
    beast_parser(Message& message, const http1_limits& limits)
        : message_{message}, max_body_bytes_{limits.max_body_bytes}
    {
        // The guard counts header bytes; Beast's own limit would cut short what the guard allows.
        base::header_limit(std::numeric_limits<std::uint32_t>::max());
        base::body_limit(limits.max_body_bytes);
    }

    parsed put(std::string_view part) override
    {
        error_code ec;
        const std::size_t used =
            base::put(boost::beast::net::const_buffer{part.data(), part.size()}, ec);
        if (ec == http::error::need_more)
            return {used, ok};
        if (is_request<Message> && ec == http::error::bad_version && has_foreign_version(part))
            return {used, http_errc::version_not_supported};
        return {used, refusal(ec)};
    }

    void skip_body() override { base::skip(true); }

    bool end() override
    {
        error_code ec;
        if (base::need_eof())
            base::put_eof(ec);
        return done();
    }

    bool done() const noexcept override { return base::is_done(); }

    bool is_chunked() const noexcept override { return base::chunked(); }

    std::uint64_t chunk_left() const noexcept override { return chunk_left_; }

    std::size_t body_bytes() const noexcept override { return body_bytes_; }

    bool expects_continue() const noexcept override
    {
        return version_ == 11 && rules_.expects_continue();
    }

    // Not Beast's answer, which a trailer can change.
    bool keeps_alive() const noexcept override
    {
        const header_fields& headers = message_.headers;
        return !base::need_eof() && !headers.has_token("Connection", "close") &&
               (version_ == 11 || headers.has_token("Connection", "keep-alive"));
    }

private:
    void on_request_impl(
        http::verb, string_view method, string_view target, int version, error_code& ec
    ) override
    {
        if constexpr (is_request<Message>) {
            version_ = static_cast<unsigned>(version);
            message_.method = as_std(method);
            message_.headers.reserve(typical_header_bytes);
            message_.version = version_;
            drops_body_ = message_.method == "GET" || message_.method == "HEAD";
            const http_errc why = check_method(message_.method);
            refuse(why == ok ? set_target(as_std(target)) : why, ec);
        }
    }

    void on_response_impl(int status, string_view, int version, error_code& ec) override
    {
        if constexpr (!is_request<Message>) {
            version_ = static_cast<unsigned>(version);
            message_.status = static_cast<unsigned>(status);
            refuse(status >= 100 && status <= 599 ? ok : http_errc::bad_response, ec);
        }
    }

    http_errc set_target(std::string_view target)
    {
        if (target.find('#') != std::string_view::npos)
            return http_errc::bad_request;
        for (const std::string_view scheme : {"http://", "https://"}) {
            if (!equal_without_case(target.substr(0, scheme.size()), scheme))
                continue;
            target.remove_prefix(scheme.size());
            authority_ = target.substr(0, target.find_first_of("/?"));
            target.remove_prefix(authority_.size());
            if (authority_.empty() || !std::ranges::all_of(authority_, is_host_char))
                return http_errc::bad_request;
            message_.target = target.starts_with('/') ? "" : "/";
            message_.target += target;
            return ok;
        }
        message_.target = target;
        return target.starts_with('/') ? ok : http_errc::bad_request;
    }

    void on_field_impl(http::field name, string_view name_text, string_view value, error_code& ec)
        override
    {
        if (base::is_header_done())  // Beast up to 1.89 reports trailers here
            return on_trailer(name, ec);
        if (!rules_.accept(name, as_std(value)))
            return refuse(malformed<Message>, ec);
        const bool is_replaced = name == http::field::host && !authority_.empty();
        message_.headers.append(as_std(name_text), is_replaced ? authority_ : as_std(value));
    }

#if BOOST_BEAST_VERSION >= 359
    void on_trailer_field_impl(http::field name, string_view, string_view, error_code& ec) override
    {
        on_trailer(name, ec);
    }
#endif

    void on_trailer(http::field name, error_code& ec) const
    {
        if (name == http::field::host || name == http::field::content_length ||
            name == http::field::transfer_encoding)
            refuse(malformed<Message>, ec);
    }

    void on_header_impl(error_code& ec) override
    {
        refuse(rules_.template finish<Message>(version_), ec);
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

    std::size_t on_body_impl(string_view body, error_code&) override
    {
        body_bytes_ += body.size();
        if (!drops_body_) {
            make_room(message_.body.size() + body.size());
            message_.body.append(body.data(), body.size());
        }
        return body.size();
    }

    /// For a body of `size`. It doubles up to half of the limit and becomes the limit then: with what is copied
    /// that is never more than one and a half of it. Not by reserve(), which doubles at least.
    void make_room(std::size_t size)
    {
        std::string& body = message_.body;
        if (body.empty() || size <= body.capacity())
            return;
        const std::size_t half = max_body_bytes_ / 2;
        std::string larger;
        larger.reserve(size <= half ? std::min(2 * size, half) : std::max(size, max_body_bytes_));
        larger += body;
        body.swap(larger);
    }

    void on_chunk_header_impl(std::uint64_t size, string_view, error_code&) override
    {
        chunk_left_ = size;
    }

    std::size_t on_chunk_body_impl(std::uint64_t left, string_view body, error_code& ec) override
    {
        chunk_left_ = left - body.size();
        return on_body_impl(body, ec);
    }

    void on_finish_impl(error_code&) override {}

    static void refuse(http_errc why, error_code& ec) noexcept
    {
        if (why != ok)
            ec = why;
    }

    static http_errc refusal(const error_code& ec) noexcept
    {
        if (!ec)
            return ok;
        if (ec.category() == http_category())
            return static_cast<http_errc>(ec.value());
        return ec == http::error::body_limit ? http_errc::body_too_large : malformed<Message>;
    }

    Message& message_;
    std::string authority_;
    std::uint64_t chunk_left_ = 0;
    std::size_t body_bytes_ = 0;
    std::size_t max_body_bytes_;
    unsigned version_ = 11;
    bool drops_body_ = false;
    field_rules rules_;
};

}  // namespace

std::unique_ptr<http1_parser<http_request>> make_http1_parser(
    http_request& message, const http1_limits& limits
)
{
    return std::make_unique<beast_parser<http_request>>(message, limits);
}

std::unique_ptr<http1_parser<http_response>> make_http1_parser(
    http_response& message, const http1_limits& limits
)
{
    return std::make_unique<beast_parser<http_response>>(message, limits);
}

}  // namespace cosio::wire::detail
