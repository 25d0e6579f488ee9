// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/codecs/json.hpp>

#include <charconv>
#include <string>
#include <utility>
#include <vector>

/// How the tests of the JSON codec feed a decoder and write down what came out.
namespace json_test {

using namespace cosio;
using protocol::packet_limits;
using protocol::packet_type;
using errors = std::vector<std::pair<std::string, protocol::errc>>;

inline std::string repeat(std::string_view text, std::size_t count)
{
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += text;
    return out;
}

inline std::string shortest(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// Values as the tests write them: doubles marked by `d`, binary as <its text>, the rest like JSON.
inline std::string show(const json::reader& at)
{
    std::string out;
    switch (at.kind()) {
    case value_kind::null: return "null";
    case value_kind::boolean: return at.boolean() ? "true" : "false";
    case value_kind::integer: return std::to_string(at.integer());
    case value_kind::unsigned_integer: return "u" + std::to_string(at.unsigned_integer());
    case value_kind::number: return "d" + shortest(at.number());
    case value_kind::string: return '"' + std::string{at.string()} + '"';
    case value_kind::binary: return '<' + std::string{as_text(at.bytes().bytes())} + '>';
    case value_kind::array:
        at.for_each_element([&](const json::reader& element) {
            out += (out.empty() ? "" : ",") + show(element);
            return true;
        });
        return '[' + out + ']';
    case value_kind::object:
        at.for_each_member([&](std::string_view key, const json::reader& member) {
            out += (out.empty() ? "" : ",") + std::string{key} + ':' + show(member);
            return true;
        });
        return '{' + out + '}';
    }
    return "?";
}

inline std::string show(const decoded_packet& decoded)
{
    constexpr std::string_view types[]{"connect", "disconnect", "event", "ack", "connect_error"};
    const auto& packet = static_cast<const json::packet&>(decoded);
    std::string out{types[static_cast<std::size_t>(packet.header().type)]};
    out += ' ' + std::string{packet.header().nsp};
    if (packet.header().id)
        out += " #" + std::to_string(*packet.header().id);
    if (packet.header().type == packet_type::event)
        out += ' ' + std::string{packet.event()};
    if (const auto data = packet.data())
        out += ' ' + show(*data);
    for (std::size_t i = 0; i < packet.argument_count(); ++i)
        out += ' ' + show(packet.argument(i));
    return out;
}

inline std::string show(const result<const decoded_packet*>& fed)
{
    return !fed ? "! " + fed.error().message() : *fed ? show(**fed) : "...";
}

inline std::string failure(protocol::errc value)
{
    return "! " + make_error_code(value).message();
}

/// One connection; several may share a decoder.
struct connection
{
    packet_decoder& decoder;
    std::unique_ptr<partial_packet> partial = nullptr;

    // From a buffer of exactly its size, gone before the packet is looked at.
    std::string feed(frame_kind kind, std::string_view message)
    {
        auto copy = std::make_unique<std::vector<char>>(message.begin(), message.end());
        const auto fed = decoder.feed(partial, kind, std::as_bytes(std::span{*copy}));
        copy.reset();
        return show(fed);
    }

    std::string text(std::string_view message) { return feed(frame_kind::text, message); }

    std::string bytes(std::string_view message) { return feed(frame_kind::binary, message); }
};

inline std::string decode(std::string_view text, const packet_limits& limits = {})
{
    const auto decoder = json::make_decoder(limits);
    return connection{*decoder}.text(text);
}

inline std::string decode_with(
    std::string_view head, std::initializer_list<std::string_view> attachments
)
{
    const auto decoder = json::make_decoder({});
    connection peer{*decoder};
    std::string shown = peer.text(head);
    for (std::string_view attachment : attachments) {
        CHECK((shown == "..."));
        CHECK((peer.partial != nullptr));
        shown = peer.bytes(attachment);
    }
    CHECK((peer.partial == nullptr));
    return shown;
}

inline void check_errors(const errors& table, const packet_limits& limits = {})
{
    for (const auto& [text, expected] : table)
        CHECK(decode(text, limits) == failure(expected), text.substr(0, 60));
}

/// The value of the only argument of an event, as it is decoded from that JSON text.
inline std::string value_of(std::string_view text)
{
    const std::string packet = decode("2[\"e\"," + std::string{text} + "]");
    return packet.starts_with("event / e ") ? packet.substr(10) : packet;
}

}  // namespace json_test
