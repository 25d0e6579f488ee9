// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/check.hpp"
#include "support/raw_server.hpp"
#include "wire/deflate.hpp"

#include <fmt/format.h>

#include <random>

// A server that compresses, and clients that do too.

namespace cosio::test {

using wire::websocket_opcode;

inline constexpr std::string_view plain = "/socket.io/?EIO=4&transport=websocket";
inline constexpr deflate_options keeping_contexts{
    .server_no_context_takeover = false, .client_no_context_takeover = false
};

inline engine_options with(std::optional<deflate_options> deflate)
{
    engine_options options;
    options.websocket.deflate = deflate;
    return options;
}

/// A packet of `size` bytes with words in it.
inline string packet_of(std::size_t size, std::string_view word = "compressible ")
{
    string packet = "4";
    while (packet.size() < size)
        packet += word;
    packet.resize(size);
    return packet;
}

/// One that does not repeat itself.
inline string varied_packet(std::size_t size, unsigned seed)
{
    string packet = "4";
    for (unsigned i = seed; packet.size() < size; ++i)
        packet += fmt::format("{} {}, ", i * 7919, i * i * 104729);
    packet.resize(size);
    return packet;
}

inline string noise(std::size_t size)
{
    std::mt19937 random{7};
    string all(size, '\0');
    std::ranges::generate(all, [&] { return static_cast<char>(random()); });
    return all;
}

/// Takes the first frame that a server sent off `bytes`; empty if it is not whole.
inline string take_frame(string& bytes)
{
    const auto octet = [&](std::size_t at) {
        return std::size_t{static_cast<unsigned char>(bytes.at(at))};
    };
    if (bytes.size() < 4)
        return std::exchange(bytes, {});
    std::size_t size = 2 + octet(1);
    if (octet(1) == 126)
        size = 4 + (octet(2) << 8 | octet(3));
    REQUIRE(octet(1) < 127);
    BOOST_REQUIRE_LE(size, bytes.size());
    const string frame = bytes.substr(0, size);
    bytes.erase(0, size);
    return frame;
}

/// A client that has offered compression; it compresses what it is told to.
class deflating_client
{
public:
    explicit deflating_client(
        raw_server& server, std::string_view offer = "permessage-deflate", string target = ""
    )
        : client{server.client()}
    {
        client.send(websocket_request(
            target.empty() ? plain : target,
            offer.empty() ? string{} : fmt::format("Sec-WebSocket-Extensions: {}\r\n", offer)
        ));
        const raw_answer handshake = client.answer();
        BOOST_REQUIRE_EQUAL(handshake.status, 101);
        answer = handshake["sec-websocket-extensions"];
        const bool forgets = answer.find("server_no_context_takeover") != string::npos;
        const bool forgetful = answer.find("client_no_context_takeover") != string::npos;
        inflater.emplace(inflated, 15, !forgets);
        deflater.emplace(deflated, 15, 6, 8, !forgetful);
        if (answer != "(none)")
            decoder.decompress(*inflater);
    }

    /// What has come; "z " stands before what was compressed. Payload bytes of the last message: `size`.
    strings take()
    {
        strings all;
        for (string bytes = client.take(); !bytes.empty();) {
            frame = take_frame(bytes);
            string copy = frame;
            decoder.feed(std::as_writable_bytes(std::span{copy}));
            const auto next = decoder.next();
            REQUIRE((next && *next));
            const string mark = (frame[0] & 0x40) != 0 ? "z " : "";
            all.push_back(mark + describe(**next));
            static_cast<void>(decoder.next());
        }
        return all;
    }

    string compressed(std::string_view message)
    {
        return string{as_text(deflater->deflate(as_bytes(message)))};
    }

    /// One frame with any first byte.
    void send(unsigned first, std::string_view payload)
    {
        string bytes = websocket_frame(websocket_opcode::binary, payload);
        bytes[0] = static_cast<char>(first);
        client.send(bytes);
    }

    void send_compressed(std::string_view packet) { send(0xC1, compressed(packet)); }

    raw_client client;
    string answer;
    string frame;  ///< the last that was taken

private:
    static string describe(const wire::websocket_message& message)
    {
        switch (message.opcode) {
        case websocket_opcode::text: return string{message.text()};
        case websocket_opcode::binary: return fmt::format("binary {}", message.text());
        case websocket_opcode::pong: return fmt::format("pong {}", message.text());
        case websocket_opcode::close: return fmt::format("close {}", message.close_code);
        case websocket_opcode::ping:
        case websocket_opcode::continuation: break;
        }
        return "?";
    }

    wire::deflate_buffer inflated;
    wire::deflate_buffer deflated;
    std::optional<wire::inflater> inflater;
    std::optional<wire::deflater> deflater;
    wire::websocket_decoder decoder{wire::websocket_role::client, {}};
};

struct deflate_fixture
{
    explicit deflate_fixture(std::optional<deflate_options> deflate = deflate_options{})
        : server{with(deflate)}
    {}

    ~deflate_fixture() { server.check_bystander(); }

    string negotiated(std::string_view offer) { return deflating_client{server, offer}.answer; }

    void check_goodbye(deflating_client& client, unsigned code)
    {
        CHECK(client.take().back() == fmt::format("close {}", code));
        CHECK(server.sessions() == 0);
        CHECK(server.log().events.back() == "close transport error");
    }

    raw_server server;
};

struct context_fixture : deflate_fixture
{
    context_fixture() : deflate_fixture{keeping_contexts} {}
};

struct plain_fixture : deflate_fixture
{
    plain_fixture() : deflate_fixture{std::nullopt} {}
};

}  // namespace cosio::test
