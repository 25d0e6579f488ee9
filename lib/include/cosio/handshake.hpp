// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/detail/url.hpp>
#include <cosio/http.hpp>
#include <cosio/verdict.hpp>

#include <boost/json/value.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <memory>
#include <optional>
#include <string>

namespace cosio {

/// The HTTP request that opened a connection; shared by all sockets of that connection.
struct connection_request
    : boost::intrusive_ref_counter<connection_request, boost::thread_safe_counter>
{
    header_fields headers;
    std::string url;             ///< path and query, as sent
    std::string address;         ///< of the peer, without port
    bool secure = false;         ///< over TLS
    std::int64_t issued_ms = 0;  ///< milliseconds since the Unix epoch
};

using connection_request_ptr = boost::intrusive_ptr<const connection_request>;

/// What a socket was opened with: the connection's request, and the auth of its own CONNECT (SIO-17).
class handshake
{
public:
    handshake() : request_{new connection_request} {}

    handshake(connection_request_ptr request, boost::json::value auth)
        : request_{std::move(request)},
          auth_(std::move(auth))  // braces would make it an array of one
    {}

    [[nodiscard]] const header_fields& headers() const noexcept { return request_->headers; }

    [[nodiscard]] const std::string& url() const noexcept { return request_->url; }

    [[nodiscard]] const std::string& address() const noexcept { return request_->address; }

    [[nodiscard]] bool secure() const noexcept { return request_->secure; }

    /// True if the request carried an Origin header.
    [[nodiscard]] bool cross_origin() const noexcept
    {
        return request_->headers.find("origin").has_value();
    }

    [[nodiscard]] std::int64_t issued_ms() const noexcept { return request_->issued_ms; }

    /// The decoded value of a query key of the connection's URL; the last one wins.
    [[nodiscard]] std::optional<std::string> query(std::string_view key) const;

    /// Calls visit(key, value), decoded, for each item of the URL's query.
    template <class F>
    void for_each_query(F&& visit) const
    {
        const std::string_view url = request_->url;
        if (const std::size_t mark = url.find('?'); mark != std::string_view::npos)
            detail::for_each_query(url.substr(mark + 1), std::forward<F>(visit));
    }

    /// The payload of CONNECT: an object, or null if there was none.
    [[nodiscard]] const boost::json::value& auth() const noexcept { return auth_; }

    /// A string member of auth, or empty.
    [[nodiscard]] std::string_view auth(std::string_view key) const noexcept;

private:
    connection_request_ptr request_;
    boost::json::value auth_;
};

}  // namespace cosio
