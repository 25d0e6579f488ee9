// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"

#include <cosio/any_value.hpp>
#include <cosio/codecs/msgpack.hpp>

#include <fmt/format.h>

#include <string>

// How the tests of the msgpack codec write bytes and packets down.

namespace cosio::test::msgpack_wire {

using protocol::packet_limits;
using protocol::packet_type;

/// Bytes from a transcript: pairs of hex digits, and 'text' for a fixstr.
inline std::string wire(std::string_view transcript)
{
    std::string out;
    for (std::size_t i = 0; i < transcript.size();) {
        if (transcript[i] == ' ') {
            ++i;
        } else if (transcript[i] == '\'') {
            const std::size_t close = transcript.find('\'', i + 1);
            out += static_cast<char>(0xa0 + (close - i - 1));
            out += transcript.substr(i + 1, close - i - 1);
            i = close + 1;
        } else {
            out += static_cast<char>(std::stoi(std::string{transcript.substr(i, 2)}, nullptr, 16));
            i += 2;
        }
    }
    return out;
}

inline std::string hex(bytes_view bytes)
{
    std::string out;
    for (std::byte byte : bytes)
        out += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return out;
}

/// Transcripts that stand in one, separated by a comma and a space.
inline std::vector<std::string> each(std::string_view transcripts)
{
    std::vector<std::string> out{""};
    for (std::size_t i = 0; i < transcripts.size(); ++i) {
        if (transcripts.substr(i, 2) == ", ") {
            out.emplace_back();
            ++i;
        } else {
            out.back() += transcripts[i];
        }
    }
    return out;
}

/// A big-endian length of four bytes, as it follows dd, df, db.
inline std::string length(std::size_t count)
{
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(count >> shift & 0xff);
    return out;
}

inline std::string repeat(std::string_view transcript, std::size_t count)
{
    std::string out;
    const std::string once = wire(transcript);
    for (std::size_t i = 0; i < count; ++i)
        out += once;
    return out;
}

inline std::string print(const msgpack::reader& at)
{
    std::string out;
    switch (at.kind()) {
    case value_kind::null: return "null";
    case value_kind::boolean: return at.boolean() ? "true" : "false";
    case value_kind::integer: return fmt::format("{}", at.integer());
    case value_kind::unsigned_integer: return fmt::format("{}u", at.unsigned_integer());
    case value_kind::number: return fmt::format("{}f", at.number());
    case value_kind::string: return fmt::format("\"{}\"", at.string());
    case value_kind::binary: return fmt::format("<{}>", hex(at.bytes().bytes()));
    case value_kind::array:
        at.for_each_element([&](const msgpack::reader& element) {
            out += (out.empty() ? "" : ",") + print(element);
            return true;
        });
        return "[" + out + "]";
    case value_kind::object:
        at.for_each_member([&](std::string_view key, const msgpack::reader& member) {
            out += fmt::format("{}{}:{}", out.empty() ? "" : ",", key, print(member));
            return true;
        });
        return "{" + out + "}";
    }
    return "?";
}

struct decoding
{
    explicit decoding(const packet_limits& limits = {}) : decoder{msgpack::make_decoder(limits)} {}

    result<const msgpack::packet*> feed(
        std::string_view message, frame_kind kind = frame_kind::binary
    )
    {
        // A copy of exactly that size, so that the sanitizer sees a read past its end.
        bytes.assign(as_bytes(message).begin(), as_bytes(message).end());
        bytes.shrink_to_fit();
        const auto packet = decoder->feed(partial, kind, bytes);
        CHECK(!partial);
        if (!packet)
            return packet.error();
        return static_cast<const msgpack::packet*>(*packet);
    }

    std::unique_ptr<packet_decoder> decoder;
    std::unique_ptr<partial_packet> partial;
    std::vector<std::byte> bytes;
};

inline std::string print(const msgpack::packet& packet)
{
    constexpr std::array names{"connect", "disconnect", "event", "ack", "connect_error"};
    const auto& header = packet.header();
    std::string out =
        fmt::format("{} {}", names.at(static_cast<std::size_t>(header.type)), header.nsp);
    if (header.id)
        out += fmt::format(" #{}", *header.id);
    if (header.type == packet_type::event)
        out += fmt::format(" {}", packet.event());
    for (std::size_t i = 0; i < packet.argument_count(); ++i)
        out += " " + print(packet.argument(i));
    if (header.type == packet_type::connect || header.type == packet_type::connect_error) {
        if (const auto data = packet.data())
            out += " " + print(*data);
    }
    return out;
}

inline std::string text(error_code ec)
{
    return ec.message();
}

/// The packet in words, or the error's.
inline std::string decoded(std::string_view message, const packet_limits& limits = {})
{
    decoding at{limits};
    const auto packet = at.feed(message);
    return packet ? print(**packet) : text(packet.error());
}

inline std::string refusal(std::string_view message, const packet_limits& limits = {})
{
    decoding at{limits};
    const auto packet = at.feed(message);
    return packet ? "accepted" : text(packet.error());
}

inline bool accepted(std::string_view message)
{
    return refusal(message) == "accepted";
}

inline std::string event_bytes(std::string_view arguments, std::size_t count = 1)
{
    return wire("83 'type' 02 'data' dd") + length(count + 1) + wire("'e'") +
           std::string{arguments} + wire("'nsp' '/'");
}

/// What the argument given in hex is read as.
inline std::string value(std::string_view transcript)
{
    const std::string all = decoded(event_bytes(wire(transcript)));
    const std::string_view prefix = "event / e ";
    return all.starts_with(prefix) ? all.substr(prefix.size()) : all;
}

template <class... Args>
result<protocol::encoded_packet> encode(
    const protocol::packet_header& header, const packet_limits& limits, const Args&... args
)
{
    msgpack::encoder out{header, limits};
    if (header.type == packet_type::event || header.type == packet_type::ack) {
        out.begin_array(sizeof...(args));
        (write_value(out, args), ...);
        out.end_array();
    } else {
        (write_value(out, args), ...);
    }
    return out.finish();
}

}  // namespace cosio::test::msgpack_wire
