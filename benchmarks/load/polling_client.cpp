// SPDX-License-Identifier: BSL-1.0
#include "polling_client.hpp"

#include <cosio/detail/base64.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cosio::load {
namespace {

constexpr char record_separator = '\x1e';
constexpr std::string_view pong_body = "Content-Length: 1\r\n\r\n3";

}  // namespace

void polling_client::link::handle_bytes(std::span<std::byte> bytes, std::int64_t now)
{
    reader_.feed(as_text(bytes));
    for (;;) {
        const result<std::optional<http_reply>> reply = reader_.next();
        if (!reply) {
            self_.end("the server does not speak HTTP/1.1");
            return;
        }
        if (!*reply)
            return;
        if (!(*reply)->keep_alive && (*reply)->status == 200) {
            self_.end("the server does not keep HTTP connections alive");
            return;
        }
        (self_.*replied_)(**reply, now);
        if (!connection.is_open())
            return;
    }
}

void polling_client::open(unsigned source)
{
    state_ = state::opening;
    source_ = source;
    poll_.connection.open(plan_.server, source);
}

void polling_client::end(std::string_view why)
{
    if (std::exchange(state_, state::closed) == state::closed)
        return;
    poll_.connection.close();
    post_.connection.close();
    observer_.handle_end(index_, why);
}

void polling_client::handle_poll_open()
{
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\n{}\r\n", plan_.polling_target, plan_.host_header);
    poll_.connection.send(as_bytes(request));
}

void polling_client::handle_handshake(const http_reply& reply)
{
    const incoming first = read_text(reply.body.substr(0, reply.body.find(record_separator)));
    const std::string_view sid = find_json_string(first.body, "sid");
    if (first.kind != incoming_kind::open || sid.empty()) {
        end("the server answered the handshake without a session id");
        return;
    }
    get_request_ = fmt::format(
        "GET {}&sid={} HTTP/1.1\r\n{}\r\n", plan_.polling_target, sid, plan_.host_header
    );
    post_head_ = fmt::format(
        "POST {}&sid={} HTTP/1.1\r\n{}Content-Type: text/plain;charset=UTF-8\r\n",
        plan_.polling_target,
        sid,
        plan_.host_header
    );
    state_ = state::joining;
    post_.connection.open(plan_.server, source_);
}

void polling_client::handle_post_open()
{
    send_get();
    send_post(post_body(plan_.join_record));
}

void polling_client::send_get()
{
    poll_.connection.send(as_bytes(get_request_));
}

void polling_client::send_post(std::string_view body)
{
    posting_ = true;
    post_.connection.send(as_bytes(post_head_));
    post_.connection.send(as_bytes(body));
}

void polling_client::post(std::string_view body)
{
    waiting_ = body;
    pump();
}

void polling_client::pump()
{
    if (posting_)
        return;
    if (std::exchange(pong_due_, false))
        send_post(pong_body);
    else if (!waiting_.empty())
        send_post(std::exchange(waiting_, {}));
}

bool polling_client::check(const http_reply& reply, std::string_view method)
{
    if (reply.status == 200)
        return true;
    const std::string_view body = reply.body.substr(0, 200);
    end(fmt::format("the server answered {} with {} {}", method, reply.status, body));
    return false;
}

void polling_client::handle_post(const http_reply& reply, std::int64_t)
{
    if (!check(reply, "POST"))
        return;
    posting_ = false;
    pump();
}

void polling_client::handle_poll(const http_reply& reply, std::int64_t now)
{
    if (!check(reply, "GET"))
        return;
    if (state_ == state::opening) {
        handle_handshake(reply);
        return;
    }
    // First the next poll: the answer to what is posted now shall find it waiting.
    send_get();
    std::string_view rest = reply.body;
    while (!rest.empty() && state_ != state::closed) {
        const std::string_view record = rest.substr(0, rest.find(record_separator));
        handle_record(record, now);
        rest.remove_prefix(std::min(record.size() + 1, rest.size()));
    }
}

void polling_client::handle_record(std::string_view record, std::int64_t now)
{
    if (!record.starts_with('b')) {
        handle_packet(read_text(record), now);
        return;
    }
    if (plan_.encoding != codec::msgpack)
        return;
    record.remove_prefix(1);
    decoded_.resize(record.size() / 4 * 3 + 3);
    const std::span room = std::as_writable_bytes(std::span{decoded_});
    const std::optional<std::size_t> size = detail::decode_base64(record, room.data());
    if (!size)
        end("the server sent malformed base64");
    else
        handle_packet(read_msgpack(std::string_view{decoded_}.substr(0, *size)), now);
}

void polling_client::handle_packet(const incoming& packet, std::int64_t now)
{
    switch (packet.kind) {
    case incoming_kind::event:
    case incoming_kind::ack:
        if (state_ == state::joined)
            observer_.handle_packet(index_, packet, now);
        break;
    case incoming_kind::ping:
        pong_due_ = true;
        pump();
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
        end(explain_end("the server disconnected a client", state_ == state::joining));
        break;
    case incoming_kind::malformed: end("the server sent a malformed packet"); break;
    case incoming_kind::open:
    case incoming_kind::noop:
    case incoming_kind::foreign: break;
    }
}

}  // namespace cosio::load
