// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/http.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cosio {

/// Where a request goes, as far as its cookies are concerned.
struct cookie_place
{
    std::string_view host;  ///< name or address, without port and brackets
    std::string_view path;  ///< without query
    bool secure = false;    ///< over TLS
};

struct cookie_jar_limits
{
    std::size_t max_cookies = 300;
    std::size_t max_cookies_per_domain = 50;
    std::size_t max_cookie_bytes = 4'096;  ///< name, value, domain and path of one
    std::size_t max_bytes = 256 * 1024;    ///< of all
};

/// The cookies of a client (RFC 6265, 5). A machine: it is told the time of day.
/// There is no list of public suffixes: a server below co.uk may set cookies for all of co.uk. What is refused is
/// a domain of one label. Over the limits the expired go first, then those that were not sent for longest.
/// No cookie lives longer than 400 days.
class cookie_jar
{
public:
    explicit cookie_jar(cookie_jar_limits limits = {}) noexcept : limits_{limits} {}

    /// Takes all Set-Cookie fields of a response.
    void handle_response(
        const header_fields& headers, const cookie_place& from, std::chrono::sys_seconds now
    );

    /// Takes the value of one Set-Cookie field. False if it says nothing, or may not be kept.
    bool handle_set_cookie(
        std::string_view value, const cookie_place& from, std::chrono::sys_seconds now
    );

    /// The value of Cookie for a request; empty: none. Those of longer paths first, then the older ones.
    [[nodiscard]] std::string cookies_for(const cookie_place& to, std::chrono::sys_seconds now);

    void clear() noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return cookies_.size(); }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    struct cookie
    {
        std::string name;
        std::string value;
        std::string domain;
        std::string path;
        std::optional<std::chrono::sys_seconds> expires;  // nullopt: with the client
        bool host_only = true;
        bool secure = false;
        std::uint64_t created = 0;  // in the order of events, finer than time
        std::uint64_t used = 0;

        [[nodiscard]] std::size_t bytes() const noexcept
        {
            return name.size() + value.size() + domain.size() + path.size();
        }
    };

    struct parsed;

    void erase(std::size_t index) noexcept;
    void drop_expired(std::chrono::sys_seconds now) noexcept;
    void make_room(const cookie& coming) noexcept;
    template <class Predicate>
    void drop_least_used(Predicate&& among) noexcept;

    cookie_jar_limits limits_;
    std::vector<cookie> cookies_;
    std::size_t bytes_ = 0;
    std::uint64_t events_ = 0;
};

/// A date as cookies have it, read as leniently as RFC 6265, 5.1.1 demands; nullopt if it is none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text
) noexcept;

}  // namespace cosio
