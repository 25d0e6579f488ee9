// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/client_options.hpp>
#include <cosio/detail/url.hpp>
#include <cosio/engine/target.hpp>
#include <cosio/engine/transport_choice.hpp>
#include <cosio/protocol/reconnect.hpp>
#include <cosio/server_url.hpp>

// What each machine of a client is told of its options.

namespace cosio::detail {

[[nodiscard]] inline protocol::reconnect_config reconnect_config_of(const client_options& options)
{
    return {
        .reconnection = options.reconnection,
        .attempts = options.reconnection_attempts,
        .delay = options.reconnection_delay,
        .max_delay = options.reconnection_delay_max,
        .randomization_factor = options.randomization_factor,
        .stable_after = options.reconnection_stable_after,
        .max_retry_after = options.max_retry_after,
        .connect_timeout = options.handshake_timeout
    };
}

[[nodiscard]] inline protocol::outgoing_config outgoing_config_of(const client_options& options)
{
    return {
        .offline = options.offline,
        .max_buffered_bytes = options.max_buffered_bytes,
        .max_buffered_packets = options.max_buffered_packets,
        .retries = options.retries,
        .retry_window = options.retry_window,
        .ack_timeout = options.ack_timeout,
        .max_pending_acks = options.max_pending_acks
    };
}

[[nodiscard]] inline engine::transport_choice_config transport_choice_config_of(
    const client_options& options
)
{
    return {
        .transports = options.transports,
        .try_all_transports = options.try_all_transports,
        .upgrade = options.upgrade,
        .remember_upgrade = options.remember_upgrade
    };
}

/// The options of requests over one transport.
[[nodiscard]] inline client_options options_over(
    engine::transport_kind transport, client_options options
)
{
    const auto found = options.transport_options.find(transport);
    if (found == options.transport_options.end())
        return options;
    transport_override other = std::move(found->second);
    options.transport_options.clear();
    if (!other.path.empty())
        options.path = std::move(other.path);
    if (!other.query.empty())
        options.query = std::move(other.query);
    if (!other.extra_headers.empty())
        options.extra_headers = std::move(other.extra_headers);
    options.with_credentials = other.with_credentials.value_or(options.with_credentials);
    if (other.timestamp_requests)
        options.timestamp_requests = other.timestamp_requests;
    if (!other.timestamp_param.empty())
        options.timestamp_param = std::move(other.timestamp_param);
    options.add_trailing_slash = other.add_trailing_slash.value_or(options.add_trailing_slash);
    options.force_base64 = other.force_base64.value_or(options.force_base64);
    return options;
}

[[nodiscard]] inline bool forces_base64(
    engine::transport_kind transport, const client_options& options
)
{
    const auto found = options.transport_options.find(transport);
    return found == options.transport_options.end()
               ? options.force_base64
               : found->second.force_base64.value_or(options.force_base64);
}

[[nodiscard]] inline engine::target_config target_config_of(
    const client_options& options, const server_url& url
)
{
    engine::target_config config{
        .path = options.path,
        .add_trailing_slash = options.add_trailing_slash,
        .query = options.query,
        .timestamp_requests = options.timestamp_requests,
        .timestamp_param = options.timestamp_param,
        .force_base64 = options.force_base64
    };
    if (config.query.empty())
        for_each_query(url.query, [&](std::string key, std::string value) {
            if (!engine::is_engine_key(key) && key != options.timestamp_param)
                config.query.emplace_back(std::move(key), std::move(value));
        });
    return config;
}

[[nodiscard]] inline header_fields extra_headers_of(const client_options& options)
{
    header_fields fields;
    for (const auto& [name, value] : options.extra_headers)
        fields.append(name, value);
    return fields;
}

}  // namespace cosio::detail
