// SPDX-License-Identifier: BSL-1.0
#include <cosio/cookie_jar.hpp>
#include <cosio/detail/ascii.hpp>

#include <algorithm>
#include <utility>

namespace cosio {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds longest_life = std::chrono::hours{24 * 400};

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), detail::to_lower);
    return out;
}

bool is_address(std::string_view host) noexcept
{
    return host.find(':') != host.npos ||
           std::ranges::all_of(host, [](char c) { return detail::is_digit(c) || c == '.'; });
}

/// 5.1.3. Both in lower case.
bool domain_matches(std::string_view host, std::string_view domain) noexcept
{
    if (host == domain)
        return true;
    return host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.' && !is_address(host);
}

/// 5.1.4.
std::string_view default_path(std::string_view request_path) noexcept
{
    const std::size_t last = request_path.rfind('/');
    if (!request_path.starts_with('/') || last == 0)
        return "/";
    return request_path.substr(0, last);
}

/// 5.1.4.
bool path_matches(std::string_view request_path, std::string_view path) noexcept
{
    if (request_path.empty())
        request_path = "/";
    return request_path.starts_with(path) &&
           (request_path.size() == path.size() || path.ends_with('/') ||
            request_path[path.size()] == '/');
}

/// 5.2.2: seconds from now; nullopt if it is no number.
std::optional<std::chrono::seconds> parse_max_age(std::string_view text) noexcept
{
    const bool is_negative = text.starts_with('-');
    const std::string_view digits = text.substr(is_negative ? 1 : 0);
    if (text.empty() || !std::ranges::all_of(digits, detail::is_digit))
        return std::nullopt;
    if (is_negative || digits.empty())
        return std::chrono::seconds{0};
    std::chrono::seconds age{0};
    for (const char c : digits)
        age = std::min(age * 10 + std::chrono::seconds{c - '0'}, longest_life);
    return age;
}

std::string_view take_part(std::string_view& rest, char separator) noexcept
{
    const std::size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return part;
}

}  // namespace

/// What a Set-Cookie field says (5.2).
struct cookie_jar::parsed
{
    std::string_view name;
    std::string_view value;
    std::string_view domain;
    std::string_view path;
    std::optional<std::chrono::seconds> max_age;
    std::optional<sys_seconds> expires;
    bool secure = false;

    void take_attribute(std::string_view text)
    {
        const std::string_view key = detail::trimmed(take_part(text, '='));
        const std::string_view content = detail::trimmed(text);
        if (detail::equal_without_case(key, "Expires")) {
            if (const auto date = parse_cookie_date(content))
                expires = date;
        } else if (detail::equal_without_case(key, "Max-Age")) {
            if (const auto age = parse_max_age(content))
                max_age = age;
        } else if (detail::equal_without_case(key, "Domain")) {
            if (!content.empty())
                domain = content.substr(content.front() == '.' ? 1 : 0);
        } else if (detail::equal_without_case(key, "Path")) {
            path = content;
        } else if (detail::equal_without_case(key, "Secure")) {
            secure = true;
        }
    }

    static std::optional<parsed> parse(std::string_view text)
    {
        // A control byte would end up in a request of ours.
        const auto is_good = [](char c) { return detail::is_field_char(c); };
        if (!std::ranges::all_of(text, is_good))
            return std::nullopt;
        parsed all;
        std::string_view pair = take_part(text, ';');
        if (pair.find('=') == pair.npos)
            return std::nullopt;
        all.name = detail::trimmed(take_part(pair, '='));
        all.value = detail::trimmed(pair);
        if (all.name.empty())
            return std::nullopt;
        while (!text.empty())
            all.take_attribute(take_part(text, ';'));
        return all;
    }
};

void cookie_jar::handle_response(
    const header_fields& headers, const cookie_place& from, sys_seconds now
)
{
    headers.for_each([&](std::string_view name, std::string_view value) {
        if (detail::equal_without_case(name, "Set-Cookie"))
            handle_set_cookie(value, from, now);
    });
}

bool cookie_jar::handle_set_cookie(
    std::string_view value, const cookie_place& from, sys_seconds now
)
{
    const auto said = parsed::parse(value);
    if (!said)
        return false;
    const std::string host = lower(from.host);
    cookie made;
    made.name = said->name;
    made.value = said->value;
    made.domain = said->domain.empty() ? host : lower(said->domain);
    if (!domain_matches(host, made.domain))
        return false;
    made.host_only = said->domain.empty() || made.domain.find('.') == std::string::npos;
    if (made.host_only && made.domain != host)
        return false;  // of one label: what is no domain of anybody
    made.path = said->path.starts_with('/') ? said->path : default_path(from.path);
    made.secure = said->secure;
    if (said->max_age)
        made.expires = now + *said->max_age;
    else if (said->expires)
        made.expires = std::min(*said->expires, now + longest_life);
    made.created = made.used = ++events_;
    if (made.bytes() > std::min(limits_.max_cookie_bytes, limits_.max_bytes) ||
        std::min(limits_.max_cookies, limits_.max_cookies_per_domain) == 0)
        return false;

    const auto old = std::ranges::find_if(cookies_, [&](const cookie& one) {
        return one.name == made.name && one.domain == made.domain && one.path == made.path;
    });
    if (old != cookies_.end()) {
        made.created = old->created;
        erase(static_cast<std::size_t>(old - cookies_.begin()));
    }
    if (made.expires && *made.expires <= now)
        return true;  // that is how a server takes one back
    drop_expired(now);
    make_room(made);
    bytes_ += made.bytes();
    cookies_.push_back(std::move(made));
    return true;
}

std::string cookie_jar::cookies_for(const cookie_place& to, sys_seconds now)
{
    drop_expired(now);
    const std::string host = lower(to.host);
    std::vector<cookie*> sent;
    for (cookie& one : cookies_) {
        const bool is_meant = one.host_only ? one.domain == host : domain_matches(host, one.domain);
        if (is_meant && path_matches(to.path, one.path) && (to.secure || !one.secure))
            sent.push_back(&one);
    }
    std::ranges::sort(sent, [](const cookie* a, const cookie* b) {
        return a->path.size() != b->path.size() ? a->path.size() > b->path.size()
                                                : a->created < b->created;
    });
    std::string value;
    ++events_;
    for (cookie* one : sent) {
        one->used = events_;
        value.append(value.empty() ? "" : "; ").append(one->name).append("=").append(one->value);
    }
    return value;
}

void cookie_jar::clear() noexcept
{
    cookies_.clear();
    bytes_ = 0;
}

void cookie_jar::erase(std::size_t index) noexcept
{
    bytes_ -= cookies_[index].bytes();
    cookies_.erase(cookies_.begin() + static_cast<std::ptrdiff_t>(index));
}

void cookie_jar::drop_expired(sys_seconds now) noexcept
{
    for (std::size_t i = cookies_.size(); i-- != 0;)
        if (cookies_[i].expires && *cookies_[i].expires <= now)
            erase(i);
}

template <class Predicate>
void cookie_jar::drop_least_used(Predicate&& among) noexcept
{
    std::size_t found = cookies_.size();
    for (std::size_t i = 0; i < cookies_.size(); ++i)
        if (among(cookies_[i]) &&
            (found == cookies_.size() || cookies_[i].used < cookies_[found].used))
            found = i;
    if (found != cookies_.size())
        erase(found);
}

void cookie_jar::make_room(const cookie& coming) noexcept
{
    const auto of_domain = [&](const cookie& one) { return one.domain == coming.domain; };
    const auto any = [](const cookie&) { return true; };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(cookies_, of_domain));
    if (count >= limits_.max_cookies_per_domain)
        drop_least_used(of_domain);
    while (!cookies_.empty() &&
           (cookies_.size() >= limits_.max_cookies || bytes_ + coming.bytes() > limits_.max_bytes))
        drop_least_used(any);
}

}  // namespace cosio
