// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/base64.hpp>
#include <cosio/detail/url.hpp>
#include <cosio/engine/target.hpp>

#include <array>

namespace cosio::engine {
namespace {

void append_item(std::string& target, std::string_view key, std::string_view value)
{
    target += target.find('?') == std::string::npos ? '?' : '&';
    detail::append_percent_encoded(target, key);
    target += '=';
    detail::append_percent_encoded(target, value);
}

/// 48 random bits: no two requests that anything on the way still remembers share them.
std::string cache_buster(random_source& random)
{
    std::array<std::byte, 6> bits;
    random.fill(bits);
    std::string text(detail::base64_size(bits.size()), '\0');
    text.resize(detail::encode_base64url(bits, text.data()));
    return text;
}

}  // namespace

bool is_engine_key(std::string_view key) noexcept
{
    return key == "EIO" || key == "transport" || key == "sid" || key == "b64" || key == "j";
}

std::string encode_target(
    const target_config& config,
    transport_kind transport,
    std::string_view sid,
    random_source& random
)
{
    std::string target = config.path;
    if (target.ends_with('/'))
        target.pop_back();
    if (config.add_trailing_slash || target.empty())
        target += '/';
    for (const auto& [key, value] : config.query)
        append_item(target, key, value);
    append_item(target, "EIO", "4");
    append_item(target, "transport", to_string(transport));
    if (!sid.empty())
        append_item(target, "sid", sid);
    if (config.timestamp_requests.value_or(transport == transport_kind::polling))
        append_item(target, config.timestamp_param, cache_buster(random));
    if (config.force_base64)
        append_item(target, "b64", "1");
    return target;
}

}  // namespace cosio::engine
