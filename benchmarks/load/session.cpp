// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <wire/websocket.hpp>

namespace cosio::load {
namespace {

// The sample nonce of RFC 6455, 1.3: servers look at its form only.
constexpr std::string_view websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";

result<endpoint> resolve(const server_url& url)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(url.port);
    const int failure = getaddrinfo(url.host.c_str(), port.c_str(), &hints, &found);
    if (failure != 0 || !found)
        return make_error_code(boost::system::errc::address_not_available);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};

    // `localhost` resolves to ::1 first; most servers listen on IPv4 alone or on both.
    const addrinfo* chosen = found;
    for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
        if (entry->ai_family == AF_INET) {
            chosen = entry;
            break;
        }
    }
    endpoint server;
    server.size = chosen->ai_addrlen;
    std::memcpy(&server.address, chosen->ai_addr, chosen->ai_addrlen);
    return server;
}

void append(std::vector<std::byte>& out, const std::vector<std::byte>& more)
{
    out.insert(out.end(), more.begin(), more.end());
}

}  // namespace

result<session_plan> session_plan::make(const options& chosen)
{
    const result<endpoint> server = resolve(chosen.url);
    if (!server)
        return server.error();

    session_plan plan;
    plan.server = *server;
    if (chosen.url.tls) {
        result<std::shared_ptr<const tls_client>> tls =
            tls_client::make(chosen.url.host, chosen.authorities);
        if (!tls)
            return tls.error();
        plan.server.tls = *std::move(tls);
    }
    plan.encoding = chosen.encoding;
    plan.host_header = fmt::format("Host: {}\r\n", chosen.url.authority());
    plan.upgrade_request = fmt::format(
        "GET {}?EIO=4&transport=websocket HTTP/1.1\r\n{}Connection: Upgrade\r\nUpgrade: "
        "websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n",
        chosen.path,
        plan.host_header,
        websocket_key
    );
    plan.websocket_accept = wire::websocket_accept(websocket_key);
    plan.join_frame = websocket_frame(connect_packet(chosen.encoding));
    plan.pong_frame = websocket_frame({.bytes = "3"});
    const std::vector<std::byte> normal = wire::encode_close_payload(1000, "");
    constexpr std::array close_mask{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    wire::append_websocket_frame(
        plan.close_frame, wire::websocket_opcode::close, normal, &close_mask
    );
    append(plan.leave_frames, websocket_frame(disconnect_packet(chosen.encoding)));
    append(plan.leave_frames, plan.close_frame);

    plan.polling_target = chosen.path + "?EIO=4&transport=polling";
    plan.join_record = polling_record(connect_packet(chosen.encoding));
    return plan;
}

std::string post_body(std::string_view payload)
{
    return fmt::format("Content-Length: {}\r\n\r\n{}", payload.size(), payload);
}

std::string explain_end(std::string_view why, bool while_joining)
{
    return fmt::format("{}{}", why, while_joining ? " at CONNECT: does it use this --codec?" : "");
}

}  // namespace cosio::load
