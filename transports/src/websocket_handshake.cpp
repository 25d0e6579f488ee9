// SPDX-License-Identifier: BSL-1.0
#include "websocket_handshake.hpp"

#include "wire/websocket.hpp"

#include <cosio/detail/ascii.hpp>

#include <algorithm>

namespace cosio {
namespace {

http_response bad(std::string message)
{
    http_response response;
    response.status = 400;
    response.headers.append("Content-Type", "text/html");
    response.body = std::move(message);
    return response;
}

/// True if each list member in the fields `name` passes `check`; fields that are absent pass.
template <class Check>
bool lists_hold(const header_fields& headers, std::string_view name, Check&& check)
{
    bool hold = true;
    headers.for_each([&](std::string_view field, std::string_view value) {
        if (detail::equal_without_case(field, name))
            for (bool more = true; more && hold;)
                hold = check(detail::take_list_item(value, more));
    });
    return hold;
}

/// RFC 6455, 9.1: a token, and parameters whose values are tokens, quoted or not.
bool is_extension(std::string_view item)
{
    const std::size_t end = item.find(';');
    bool valid = detail::is_token(detail::trimmed(item.substr(0, end)));
    std::string_view rest = end == item.npos ? std::string_view{} : item.substr(end);
    while (valid && !rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view parameter = detail::trimmed(rest.substr(0, rest.find(';')));
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
        const std::size_t equals = parameter.find('=');
        valid = detail::is_token(detail::trimmed(parameter.substr(0, equals)));
        if (!valid || equals == parameter.npos)
            continue;
        std::string_view value = detail::trimmed(parameter.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        valid = detail::is_token(value);
    }
    return valid;
}

bool offers_distinct_protocols(const header_fields& headers)
{
    std::vector<std::string_view> seen;
    return lists_hold(headers, "sec-websocket-protocol", [&](std::string_view item) {
        const bool is_new = std::ranges::find(seen, item) == seen.end();
        seen.push_back(item);
        return is_new && seen.size() <= 64 && detail::is_token(item);
    });
}

}  // namespace

std::optional<http_response> handshake_fault(const http_request& request)
{
    if (request.version < 11)
        return bad("WebSocket needs HTTP/1.1");
    if (request.headers.find("content-length").value_or("0") != "0" ||
        request.headers.find("transfer-encoding"))
        return bad("A handshake has no body");
    if (!request.headers.has_token("connection", "upgrade"))
        return bad("Missing Connection: Upgrade header");
    if (request.headers.count("sec-websocket-key") != 1 ||
        !wire::is_valid_websocket_key(request.headers["sec-websocket-key"]))
        return bad("Missing or invalid Sec-WebSocket-Key header");
    if (request.headers["sec-websocket-version"] != "13") {
        http_response response = bad("Missing or invalid Sec-WebSocket-Version header");
        response.headers.append("Sec-WebSocket-Version", "13");
        return response;
    }
    if (!offers_distinct_protocols(request.headers))
        return bad("Invalid Sec-WebSocket-Protocol header");
    if (!lists_hold(request.headers, "sec-websocket-extensions", is_extension))
        return bad("Invalid Sec-WebSocket-Extensions header");
    return std::nullopt;
}

http_response handshake_answer(
    const engine_options& options,
    const http_request& request,
    std::optional<deflate_options>& deflate
)
{
    http_response response;
    response.status = 101;
    response.headers.append("Upgrade", "websocket");
    response.headers.append("Connection", "Upgrade");
    response.headers.append(
        "Sec-WebSocket-Accept", wire::websocket_accept(request.headers["sec-websocket-key"])
    );
    // A client that offers protocols may insist on one of them; the first is what Node's server takes.
    if (std::string_view offered = request.headers["sec-websocket-protocol"]; !offered.empty()) {
        bool more = true;
        response.headers.append("Sec-WebSocket-Protocol", detail::take_list_item(offered, more));
    }
    if (!options.websocket.deflate)
        return response;
    if (auto accepted = wire::accept_deflate(request.headers, *options.websocket.deflate)) {
        response.headers.append("Sec-WebSocket-Extensions", accepted->answer);
        deflate = accepted->agreed;
    }
    return response;
}

bool is_handshake_field(std::string_view name) noexcept
{
    constexpr std::string_view prefix = "sec-websocket-";
    return detail::equal_without_case(name, "upgrade") ||
           detail::equal_without_case(name, "connection") ||
           detail::equal_without_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace cosio
