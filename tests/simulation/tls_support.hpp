// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "self_signed.hpp"
#include "support/raw_server.hpp"
#include "support/tls_client.hpp"

#include <fmt/format.h>

namespace cosio::test {

inline constexpr std::string_view tls_open = "/socket.io/?EIO=4&transport=polling";

[[nodiscard]] inline tls_options options_of(const bench::identity& own)
{
    tls_options options;
    options.certificate_chain = own.certificate;
    options.private_key = own.private_key;
    return options;
}

/// Made once: a key costs time, and all tests may share them.
[[nodiscard]] inline const bench::identity& server_identity()
{
    static const bench::identity made = bench::make_identity();
    return made;
}

[[nodiscard]] inline const bench::identity& client_identity()
{
    static const bench::identity made = bench::make_identity("a client");
    return made;
}

/// An echo server behind TLS, and what it says to the operator.
struct tls_server
{
    explicit tls_server(const tls_options& options = options_of(server_identity()))
        : tls{tls_context::make(options).value()}
    {}

    [[nodiscard]] tls_client client(const tls_client_options& options = {})
    {
        return {server.world, server.http, tls, options};
    }

    [[nodiscard]] http_options http_limits()
    {
        http_options options;
        options.log = {log_level::info, [this](log_level, std::string_view line) {
                           log.emplace_back(line);
                       }};
        options.handler = [this](const http_request& request) -> std::optional<http_response> {
            ++requests;
            http_response answer;
            answer.body =
                fmt::format("{} {} {}", request.path(), request.secure, request.body.size());
            if (request.path() == "/large")
                answer.body.assign(large, 'l');
            return answer;
        };
        return options;
    }

    static constexpr std::size_t large = 1'000'000;

    strings log;
    unsigned requests = 0;  ///< that reached the handler
    tls_context tls;
    raw_server server{{}, http_limits()};
};

[[nodiscard]] inline string body_of(const string& answer)
{
    const std::size_t at = answer.find("\r\n\r\n");
    return at == string::npos ? "(no answer)" : answer.substr(at + 4);
}

}  // namespace cosio::test
