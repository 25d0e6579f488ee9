// SPDX-License-Identifier: BSL-1.0
#include "websocket_client.hpp"

#include <fmt/format.h>

namespace cosio::load {
namespace {

constexpr wire::websocket_limits limits{
    .max_payload = 64 * 1024 * 1024, .max_fragments = 64 * 1024
};

}  // namespace

void websocket_client::open(unsigned source)
{
    state_ = state::upgrading;
    reply_.emplace();
    decoder_.reset();
    stream_.open(plan_.server, source);
}

void websocket_client::leave()
{
    state_ = state::leaving;
    stream_.send(plan_.leave_frames);
}

void websocket_client::handle_open()
{
    stream_.send(as_bytes(plan_.upgrade_request));
}

void websocket_client::handle_end(std::string_view why)
{
    end(explain_end(why, state_ == state::joining));
}

void websocket_client::end(std::string_view why)
{
    stream_.close();
    state_ = state::closed;
    observer_.handle_end(index_, why);
}

void websocket_client::handle_bytes(std::span<std::byte> bytes, std::int64_t now)
{
    if (state_ == state::upgrading)
        read_upgrade(bytes, now);
    else
        read_frames(bytes, now);
}

void websocket_client::read_upgrade(std::span<std::byte> bytes, std::int64_t now)
{
    reply_->feed(as_text(bytes));
    const result<std::optional<http_reply>> reply = reply_->next();
    if (!reply) {
        end("the server does not speak HTTP/1.1");
        return;
    }
    if (!*reply)
        return;
    if ((*reply)->status != 101) {
        end(fmt::format(
            "the server refused the upgrade: {} {}", (*reply)->status, (*reply)->body.substr(0, 200)
        ));
        return;
    }
    if ((*reply)->websocket_accept != plan_.websocket_accept) {
        end("the server answered the upgrade with a wrong Sec-WebSocket-Accept");
        return;
    }
    state_ = state::opening;
    decoder_.emplace(wire::websocket_role::client, limits);
    std::string rest{reply_->rest()};
    reply_.reset();
    if (!rest.empty())
        read_frames(std::as_writable_bytes(std::span{rest}), now);
}

void websocket_client::read_frames(std::span<std::byte> bytes, std::int64_t now)
{
    decoder_->feed(bytes);
    for (;;) {
        const result<std::optional<wire::websocket_message>> message = decoder_->next();
        if (!message) {
            end("the server broke the WebSocket protocol: " + message.error().message());
            return;
        }
        if (!*message)
            return;
        handle_message(**message, now);
        if (!stream_.is_open() || state_ == state::upgrading)
            return;
    }
}

void websocket_client::handle_message(const wire::websocket_message& message, std::int64_t now)
{
    switch (message.opcode) {
    case wire::websocket_opcode::text: handle_packet(read_text(message.text()), now); break;
    case wire::websocket_opcode::binary:
        if (plan_.encoding == codec::msgpack)
            handle_packet(read_msgpack(message.text()), now);
        break;
    case wire::websocket_opcode::ping: {
        constexpr std::array<std::byte, 4> mask{};
        std::vector<std::byte> pong;
        wire::append_websocket_frame(pong, wire::websocket_opcode::pong, message.payload, &mask);
        stream_.send(pong);
        break;
    }
    case wire::websocket_opcode::close: handle_close(message); break;
    case wire::websocket_opcode::pong:
    case wire::websocket_opcode::continuation: break;
    }
}

void websocket_client::handle_close(const wire::websocket_message& message)
{
    // The server closes the TCP connection (RFC 6455, 7.1.1), which keeps TIME_WAIT off our ports.
    if (state_ == state::leaving)
        return;
    const std::string_view reason = as_text(message.payload);
    handle_end(fmt::format(
        "the server closed the websocket: {}{}{}",
        message.close_code,
        reason.empty() ? "" : " ",
        reason
    ));
}

void websocket_client::handle_packet(const incoming& packet, std::int64_t now)
{
    switch (packet.kind) {
    case incoming_kind::event:
    case incoming_kind::ack:
        if (state_ == state::joined)
            observer_.handle_packet(index_, packet, now);
        break;
    case incoming_kind::ping: stream_.send(plan_.pong_frame); break;
    case incoming_kind::open:
        if (state_ == state::opening) {
            state_ = state::joining;
            stream_.send(plan_.join_frame);
        }
        break;
    case incoming_kind::joined:
        if (state_ == state::joining) {
            state_ = state::joined;
            observer_.handle_joined(index_);
        }
        break;
    case incoming_kind::refused:
        end(fmt::format("the server refused namespace /: {}", packet.body));
        break;
    case incoming_kind::left:
    case incoming_kind::close:
        if (state_ != state::leaving)
            handle_end("the server disconnected a client");
        break;
    case incoming_kind::malformed: end("the server sent a malformed packet"); break;
    case incoming_kind::noop:
    case incoming_kind::foreign: break;
    }
}

}  // namespace cosio::load
