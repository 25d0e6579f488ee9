// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The cases of the Autobahn suite by their ids: what its fuzzing peer sends, and what RFC 6455 and RFC 7692 want to come
// back from a peer that echoes. Ours echoes Engine.IO packets, so a text begins with the digit of a message; that octet is
// part of the size that a case asks for.

namespace cosio::test::autobahn {

using std::string;
using strings = std::vector<string>;

/// A frame as it is written in a case: `first` is FIN, RSV and opcode.
struct sent_frame
{
    unsigned first;
    string payload;
};

/// How the suite cuts what its peer sends.
enum class delivery : std::uint8_t
{
    whole,  ///< all frames in one write
    frame_wise,
    octet_wise,
};

/// Where the connection must fail, though nothing that follows was sent.
struct deciding_octet
{
    std::size_t frame;
    std::size_t payload;  ///< octets of its payload that show it; 0: its header
};

/// A case about single frames.
struct frame_case
{
    string id;
    std::vector<sent_frame> frames;
    strings expected;  ///< all that comes back: "text ...", "pong ...", at last "close 1000"
    delivery cut = delivery::whole;
    std::optional<deciding_octet> decided = {};
    std::vector<std::size_t> pauses = {
    };  ///< octets of the first frame's payload, if it is written in pieces
};

/// What is compressed, by the number of the suite's data set.
enum class data_set : std::uint8_t
{
    json = 1,
    bitmap,
    prose,
    markup,
    document,  ///< words and noise
};

/// What the handshake says of permessage-deflate.
struct deflate_terms
{
    string offer;   ///< the fuzzing peer's, if it is the client
    string answer;  ///< the fuzzing peer's, if it is the server
};

/// A case about messages that come back one by one.
struct message_case
{
    string id;
    bool binary = false;
    std::size_t size = 0;
    std::size_t count = 1;
    std::size_t fragment = 0;  ///< payload of a frame; 0: one frame is one message
    std::size_t chop = 0;      ///< octets of one write; 0: a message is one write
    std::optional<deflate_terms> deflate = {};
    data_set data = data_set::json;
};

[[nodiscard]] std::vector<frame_case> framing();               ///< 1
[[nodiscard]] std::vector<frame_case> pings_and_pongs();       ///< 2
[[nodiscard]] std::vector<frame_case> reserved_bits();         ///< 3
[[nodiscard]] std::vector<frame_case> opcodes();               ///< 4
[[nodiscard]] std::vector<frame_case> fragmentation();         ///< 5
[[nodiscard]] std::vector<frame_case> utf8();                  ///< 6
[[nodiscard]] std::vector<frame_case> closing();               ///< 7
[[nodiscard]] std::vector<message_case> limits();              ///< 9
[[nodiscard]] std::vector<message_case> fragments_of_1300();   ///< 10
[[nodiscard]] std::vector<message_case> compressed_data();     ///< 12
[[nodiscard]] std::vector<message_case> compression_offers();  ///< 13

/// Message number `index` of a case.
[[nodiscard]] string payload_of(const message_case& of, std::size_t index);

/// A text of `size` octets with the digit of a message; empty if it has no room for that.
[[nodiscard]] string sized_text(std::size_t size, char filling = '*');

/// Cases that end otherwise than the suite wants, because an empty text holds no Engine.IO packet (WS-3): the
/// connection is closed without a status.
[[nodiscard]] bool ends_as_engine_io_has_it(std::string_view id);

/// A case in which all is echoed; then the peer says goodbye.
[[nodiscard]] frame_case echoed(
    string id, std::vector<sent_frame> frames, strings expected, delivery cut = delivery::whole
);

/// A case in which the connection fails with `code`, after what is expected before.
[[nodiscard]] frame_case failed(
    string id,
    std::vector<sent_frame> frames,
    deciding_octet decided,
    unsigned code = 1002,
    strings expected = {},
    delivery cut = delivery::whole
);

}  // namespace cosio::test::autobahn
