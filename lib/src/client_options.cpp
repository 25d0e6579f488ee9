// SPDX-License-Identifier: BSL-1.0
#include "option_rules.hpp"

#include <cosio/detail/client_configs.hpp>
#include <cosio/detail/client_headers.hpp>
#include <cosio/engine/target.hpp>
#include <cosio/server_url.hpp>

#include <fmt/format.h>

#include <iterator>

namespace cosio::detail {
namespace {

template <class T>
bool are_distinct(const std::vector<T>& list)
{
    for (auto one = list.begin(); one != list.end(); ++one)
        if (std::find(std::next(one), list.end(), *one) != list.end())
            return false;
    return true;
}

void require_delay(duration value, std::string_view option)
{
    require(value >= duration::zero(), option, "must not be negative");
    require(value <= std::chrono::hours{24 * 365}, option, "must be at most a year");
}

using named_texts = std::vector<std::pair<std::string, std::string>>;

/// Servers bound what a request says, and refuse what is above.
void require_size(const named_texts& list, std::string_view option)
{
    std::size_t bytes = 0;
    for (const auto& [name, text] : list)
        bytes += name.size() + text.size();
    require(list.size() <= 50, option, "must be at most 50");
    require(bytes <= 4'096, option, "must have at most 4096 bytes in all");
}

void require_query(const client_options& options, std::string_view option)
{
    for (const auto& [key, value] : options.query)
        require(
            !engine::is_engine_key(key) && key != options.timestamp_param,
            option,
            "must not name what every request has: EIO, transport, sid, b64, j, timestamp_param"
        );
    require_size(options.query, option);
}

void require_headers(const client_options& options, std::string_view option)
{
    for (const auto& [name, value] : options.extra_headers) {
        require(is_token(name), option, "must have names of HTTP");
        require(
            !is_framing_header(name), option, "must not say how requests are framed and upgraded"
        );
        require(
            std::ranges::all_of(value, is_field_char),
            option,
            "must have values without control bytes"
        );
    }
    require_size(options.extra_headers, option);
}

/// What may differ from transport to transport. `within` is what the options are called by.
void require_request(const client_options& options, const std::string& within)
{
    require(
        is_request_path(options.path),
        within + "path",
        "must begin with '/' and be plain ASCII, such as \"/socket.io/\""
    );
    const auto& stamp = options.timestamp_param;
    require(
        !stamp.empty() && !engine::is_engine_key(stamp),
        within + "timestamp_param",
        "must be a key that Engine.IO does not use, such as \"t\""
    );
    require_query(options, within + "query");
    require_headers(options, within + "extra_headers");
}

void require_requests(const client_options& options)
{
    require_request(options, "");
    for (const auto& [transport, other] : options.transport_options)
        require_request(
            options_over(transport, options),
            fmt::format("transport_options[{}].", engine::to_string(transport))
        );
    require_tokens(options.protocols, "protocols");
    require(
        options.protocols.size() <= 64 && are_distinct(options.protocols),
        "protocols",
        "must be distinct and at most 64"
    );
    if (!options.proxy.empty())
        static_cast<void>(proxy_url::parse(options.proxy));
}

void require_reconnection(const client_options& options)
{
    require_delay(options.reconnection_delay, "reconnection_delay");
    require_delay(options.reconnection_delay_max, "reconnection_delay_max");
    require(
        options.reconnection_delay_max >= options.reconnection_delay,
        "reconnection_delay_max",
        "must be at least reconnection_delay"
    );
    require(
        options.randomization_factor >= 0 && options.randomization_factor <= 1,
        "randomization_factor",
        "must be from 0 to 1"
    );
    require_delay(options.reconnection_stable_after, "reconnection_stable_after");
    require_delay(options.max_retry_after, "max_retry_after");
}

}  // namespace

void require_client(const client_options& options)
{
    require_count(options.max_early_bytes, "max_early_bytes");
    require_count(options.max_early_messages, "max_early_messages");
    require_requests(options);
    require(
        !options.transports.empty() && are_distinct(options.transports),
        "transports",
        "must name at least one transport, and none twice"
    );
    require_positive(options.upgrade_timeout, "upgrade_timeout");
    if (options.websocket.deflate)
        require_deflate(*options.websocket.deflate);
    require_count(options.max_packets_per_post, "max_packets_per_post");
    if (options.request_timeout)
        require_positive(*options.request_timeout, "request_timeout");
    require_count(options.max_payload_bytes, "max_payload_bytes");
    require_reconnection(options);
    require_count(options.max_buffered_bytes, "max_buffered_bytes");
    require_count(options.max_buffered_packets, "max_buffered_packets");
    require(
        options.retry_window >= 1 && options.retry_window <= 1'024,
        "retry_window",
        "must be from 1 to 1024"
    );
}

}  // namespace cosio::detail
