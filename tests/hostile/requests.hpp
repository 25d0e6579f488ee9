// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "runner.hpp"

#include <fmt/format.h>

// Requests that rows H send, and what most of them get.

namespace cosio::test::hostile {

inline constexpr std::string_view opening = "/socket.io/?EIO=4&transport=polling";

// Whoever reads the body of a bad request for a request answers this one too.
inline constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

// The body of those that get 404.
inline const string nobody = "Not Found\n";

inline const string bad_method = R"({"code":2,"message":"Bad handshake method"})";

/// A handshake with these fields.
inline string get_with(const string& fields)
{
    return http_text("GET", opening, {}, fields);
}

/// A request that is good if it is answered with 404.
inline string lost(std::string_view fields, std::string_view body = {})
{
    return fmt::format("POST /nobody HTTP/1.1\r\nHost: a\r\n{}\r\n{}", fields, body);
}

inline string lost_chunks(const string& chunks)
{
    return lost("Transfer-Encoding: chunked\r\n", chunks);
}

inline strings each(const strings& parts, const std::function<string(const string&)>& make)
{
    strings all;
    for (const string& part : parts)
        all.push_back(make(part));
    return all;
}

/// Each of these is answered so, and the connection stands.
inline std::vector<input> answered(
    int status, const std::optional<string>& body, const strings& requests
)
{
    std::vector<input> all;
    for (const string& request : requests)
        all.push_back({request, {send(request), answer(status, body), silent(), sessions(0)}});
    return all;
}

/// Each of these opens a session.
inline std::vector<input> welcome(const strings& requests)
{
    std::vector<input> all;
    for (const string& request : requests)
        all.push_back({request, {send(request), opened(), sessions(1), silent()}});
    return all;
}

}  // namespace cosio::test::hostile
