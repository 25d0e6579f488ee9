// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ascii.hpp>
#include <cosio/detail/url.hpp>
#include <cosio/server_url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cosio {
namespace {

constexpr std::size_t max_url_bytes = 8 * 1024;
constexpr std::size_t max_host_bytes = 253;       // RFC 1035, 2.3.4, as text
constexpr std::size_t max_label_bytes = 63;       // the same
constexpr std::size_t max_unix_path_bytes = 107;  // sockaddr_un

/// Raises what is wrong with a URL of a kind.
struct fault
{
    std::string_view what;  // "server url"

    void unless(bool holds, std::string_view rule) const
    {
        if (!holds)
            throw std::invalid_argument{fmt::format("{}: {}", what, rule)};
    }
};

bool is_host_name(std::string_view text)
{
    if (text.ends_with('.'))
        text.remove_suffix(1);
    if (text.empty() || text.size() > max_host_bytes)
        return false;
    for (;;) {
        const std::string_view label = text.substr(0, text.find('.'));
        const bool is_good = !label.empty() && label.size() <= max_label_bytes &&
                             std::ranges::all_of(label, [](char c) {
                                 return detail::is_alnum(c) || c == '-' || c == '_';
                             });
        if (!is_good)
            return false;
        if (label.size() == text.size())
            return true;
        text.remove_prefix(label.size() + 1);
    }
}

/// RFC 3986, 3.2.2: groups of four digits, one gap, an IPv4 address at the end; a zone may follow `%`.
bool is_ipv6(std::string_view text)
{
    if (const auto mark = text.find('%'); mark != text.npos) {
        if (!is_host_name(text.substr(mark + 1)))
            return false;
        text = text.substr(0, mark);
    }
    std::size_t groups = 0;
    bool has_gap = false;
    if (text.starts_with("::")) {
        has_gap = true;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        const std::string_view group = text.substr(0, text.find(':'));
        const bool is_last = group.size() == text.size();
        if (is_last && group.find('.') != group.npos) {
            groups += 2;
            return std::ranges::count(group, '.') == 3 && (has_gap ? groups < 8 : groups == 8) &&
                   std::ranges::all_of(group, [](char c) {
                       return detail::is_digit(c) || c == '.';
                   });
        }
        if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, detail::is_hex_digit))
            return false;
        ++groups;
        text.remove_prefix(group.size());
        if (is_last)
            break;
        text.remove_prefix(1);
        if (text.starts_with(':')) {
            if (std::exchange(has_gap, true))
                return false;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return false;
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const bool is_number = text.size() <= 5 && std::ranges::all_of(text, detail::is_digit);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), port);
    if (!is_number || end.ec != std::errc{} || port == 0)
        return std::nullopt;
    return port;
}

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), detail::to_lower);
    return out;
}

/// What stands between the scheme and the path.
struct authority_parts
{
    std::optional<std::string_view> user_info;
    std::string host;
    std::optional<std::uint16_t> port;
};

authority_parts parse_authority(std::string_view text, const fault& of)
{
    authority_parts parts;
    if (const auto at = text.rfind('@'); at != text.npos) {
        parts.user_info = text.substr(0, at);
        text.remove_prefix(at + 1);
    }
    std::string_view host = text.substr(0, text.rfind(':'));
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        host = text.substr(0, end == text.npos ? end : end + 1);
        parts.host = detail::percent_decode(host.substr(1, host.size() < 2 ? 0 : host.size() - 2));
        of.unless(
            host.ends_with(']') && is_ipv6(parts.host), "in brackets there must be an IPv6 address"
        );
    } else {
        of.unless(std::ranges::count(text, ':') <= 1, "an IPv6 address must stand in brackets");
        of.unless(!host.empty(), "the host is missing");
        of.unless(is_host_name(host), "the host must be a name in ASCII or an address");
        parts.host = host;
    }
    parts.host = lower(parts.host);
    text.remove_prefix(host.size());
    if (text.empty())
        return parts;
    of.unless(text.front() == ':', "only a port may follow the host");
    parts.port = parse_port(text.substr(1));
    of.unless(parts.port.has_value(), "the port must be from 1 to 65535");
    return parts;
}

/// Takes the scheme and its "://" off `rest`; empty if there is none.
std::string take_scheme(std::string_view& rest)
{
    const auto end = rest.find("://");
    if (end == rest.npos)
        return {};
    std::string scheme = lower(rest.substr(0, end));
    rest.remove_prefix(end + 3);
    return scheme;
}

void require_plain(std::string_view text, const fault& of)
{
    of.unless(text.size() <= max_url_bytes, "must be at most 8192 bytes");
    of.unless(
        std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; }),
        "must be ASCII without spaces; other characters are percent-encoded"
    );
}

/// An IPv6 address in brackets, without its zone, which means something on this machine only.
std::string bracketed(const std::string& host)
{
    if (host.find(':') == std::string::npos)
        return host;
    return '[' + host.substr(0, host.find('%')) + ']';
}

}  // namespace

server_url server_url::parse(std::string_view text)
{
    const fault of{"server url"};
    require_plain(text, of);
    std::string_view rest = text;
    const std::string scheme = take_scheme(rest);
    const bool is_unix = scheme == "http+unix" || scheme == "ws+unix";
    server_url url;
    url.secure = scheme == "https" || scheme == "wss";
    of.unless(
        url.secure || is_unix || scheme == "http" || scheme == "ws",
        "must begin with http://, https://, ws://, wss:// or http+unix://"
    );
    of.unless(rest.find('#') == rest.npos, "must have no fragment");

    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    rest.remove_prefix(authority.size());
    const std::string_view path = rest.substr(0, rest.find('?'));
    rest.remove_prefix(path.size());
    url.nsp = path.empty() ? "/" : path;
    url.query = rest.empty() ? rest : rest.substr(1);

    if (is_unix) {
        url.host = "localhost";
        url.unix_path = detail::percent_decode(authority);
        of.unless(
            !url.unix_path.empty() && url.unix_path.size() <= max_unix_path_bytes &&
                url.unix_path.find('\0') == std::string::npos,
            "the path of the Unix socket must have 1 to 107 bytes and stand percent-encoded in the "
            "place of the host"
        );
        return url;
    }
    authority_parts parts = parse_authority(authority, of);
    of.unless(!parts.user_info, "must not name a user");
    url.host = std::move(parts.host);
    constexpr std::uint16_t tls_port = 443;
    url.port = parts.port.value_or(url.secure ? tls_port : url.port);
    return url;
}

std::string server_url::host_field() const
{
    const bool is_usual = !unix_path.empty() || port == (secure ? 443 : 80);
    return is_usual ? bracketed(host) : authority();
}

std::string server_url::authority() const
{
    return bracketed(host) + ':' + std::to_string(port);
}

proxy_url proxy_url::parse(std::string_view text)
{
    const fault of{"proxy url"};
    require_plain(text, of);
    of.unless(take_scheme(text) == "http", "must begin with http://");
    if (text.ends_with('/'))
        text.remove_suffix(1);
    of.unless(text.find_first_of("/?#") == text.npos, "must end with host and port");
    authority_parts parts = parse_authority(text, of);
    proxy_url url;
    url.host = std::move(parts.host);
    url.port = parts.port.value_or(std::uint16_t{80});
    if (!parts.user_info)
        return url;
    const auto colon = parts.user_info->find(':');
    url.user = detail::percent_decode(parts.user_info->substr(0, colon));
    if (colon != std::string_view::npos)
        url.password = detail::percent_decode(parts.user_info->substr(colon + 1));
    // RFC 7617, 2: the name ends at the first colon.
    of.unless(
        !url.user.empty() && url.user.find(':') == std::string::npos,
        "the user must have a name without ':'"
    );
    return url;
}

}  // namespace cosio
