// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cosio/error.hpp>
#include <cosio/frame.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// RFC 6455 without IO: a decoder of frames and messages, and encoders. No stream, no timer.

namespace cosio::wire {

/// Violations of RFC 6455; each knows the close code that answers it.
enum class websocket_errc : int
{
    reserved_bits = 1,  ///< RSV1-3 set without an extension that defines them, or not where it does
    unknown_opcode,     ///< opcodes 3-7 and 11-15
    unmasked_frame,     ///< a client must mask (5.1)
    masked_frame,       ///< a server must not mask (5.1)
    bad_control_frame,  ///< fragmented, or more than 125 bytes
    bad_length,         ///< not in minimal form, or with the high bit set (5.2)
    unexpected_continuation,  ///< a continuation without a start
    expected_continuation,    ///< a new message inside a fragmented one
    bad_close,                ///< close payload of one byte, or a code that may not be sent (7.4)
    invalid_utf8,             ///< text or close reason is not UTF-8 -> 1007
    message_too_large,        ///< above max_payload -> 1009
    too_many_fragments,       ///< above max_fragments -> 1008
    invalid_deflate,          ///< a compressed message that cannot be decompressed -> 1007
    bad_extension,            ///< a server chose an extension that was not offered, or not so
    bad_upgrade,              ///< a server switched to another protocol than WebSocket
    bad_accept,               ///< the answer belongs to another handshake
    bad_protocol,             ///< a server chose a subprotocol that was not offered
};

[[nodiscard]] const boost::system::error_category& websocket_category() noexcept;
[[nodiscard]] error_code make_error_code(websocket_errc value) noexcept;

/// The status code of the Close frame that answers `why` (RFC 6455, 7.4.1): 1002, 1007, 1008 or 1009.
[[nodiscard]] std::uint16_t close_code(websocket_errc why) noexcept;

enum class websocket_opcode : std::uint8_t
{
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

enum class websocket_role : std::uint8_t
{
    server,  ///< receives masked frames, sends unmasked ones
    client,
};

struct websocket_limits
{
    /// Bytes of one message, all fragments together; of a compressed one before and after.
    std::size_t max_payload = 1'000'000;
    std::size_t max_fragments = 1'024;  ///< frames of one message, empty ones count
};

/// A whole data message, or one control frame.
struct websocket_message
{
    websocket_opcode opcode = websocket_opcode::text;  ///< never continuation
    bytes_view payload = {};  ///< close: the reason only. Valid until next(), feed() or retain()
    std::uint16_t close_code = 1005;  ///< of a close; 1005 if it carried none

    [[nodiscard]] std::string_view text() const noexcept { return as_text(payload); }
};

class inflater;

/// Decoder. Usage: feed() the bytes of one read, then next() until it returns nullopt; then the fed
/// memory may go away, an incomplete rest has been copied.
/// Cost: no allocation and no copy for a whole message in one frame inside the fed bytes. A message
/// under assembly takes its payload and 4 KiB at most (twice its payload while its end is joined); an
/// idle decoder has no heap memory.
class websocket_decoder
{
public:
    websocket_decoder(websocket_role own_role, websocket_limits limits) noexcept;
    websocket_decoder(websocket_decoder&& other) noexcept;
    websocket_decoder& operator=(websocket_decoder&&) = delete;
    ~websocket_decoder();

    /// permessage-deflate was agreed on: messages may be compressed. Several decoders of one thread may
    /// share what keeps no context. Lifetime: `by` outlives the last next().
    void decompress(inflater& by) noexcept { inflater_ = &by; }

    /// Hands over bytes that have arrived. They are unmasked in place.
    /// Precondition: the last next() returned nullopt (or nothing was fed yet).
    /// Lifetime: `bytes` must live until next() returns nullopt or retain() is called.
    void feed(std::span<std::byte> bytes) noexcept;

    /// Control frames come out between the fragments of a message. An error is final.
    /// After a Close everything is ignored (5.5.1).
    [[nodiscard]] result<std::optional<websocket_message>> next();

    /// Copies what was fed and not yet decoded, because the memory is about to be reused.
    void retain();

    /// True while something is kept of an incomplete frame or message.
    [[nodiscard]] bool mid_message() const noexcept;

private:
    struct frame_header;
    struct remainder;
    enum class progress : std::uint8_t;

    [[nodiscard]] progress read_header(bytes_view in, frame_header& header) noexcept;
    [[nodiscard]] progress read_first_byte(std::byte first, frame_header& header) noexcept;
    [[nodiscard]] progress read_length(bytes_view in, frame_header& header) noexcept;
    progress fail(websocket_errc why) noexcept;

    using output = std::optional<websocket_message>;

    void step(output& out);
    void resume_header(output& out);
    void take_data(const frame_header& header, output& out);
    void take_payload(output& out);
    void take_control(const frame_header& header, std::span<std::byte> payload, output& out);
    void take_close(bytes_view payload, output& out);
    void give_compressed(websocket_opcode opcode, bytes_view payload, output& out);

    [[nodiscard]] std::size_t fed() const noexcept
    {
        return static_cast<std::size_t>(end_ - begin_);
    }

    remainder& kept();
    void keep_header();
    void ignore_the_rest() noexcept;

    std::byte* begin_ = nullptr;  // what was fed and not yet decoded
    std::byte* end_ = nullptr;
    std::unique_ptr<remainder> kept_;
    std::unique_ptr<std::byte[]> retained_;  // owns begin_..end_ after retain()
    websocket_limits limits_;
    inflater* inflater_ = nullptr;
    websocket_role role_;
    bool closed_ = false;
    bool inflated_ = false;  // the last message is in the inflater's memory
    websocket_errc failure_{};
};

/// Writes a frame header; returns its size (2 to 14). `mask` non-null adds the MASK bit and the key.
std::size_t encode_websocket_header(
    std::byte* out,
    websocket_opcode opcode,
    std::uint64_t payload_size,
    const std::array<std::byte, 4>* mask = nullptr
) noexcept;

/// out[i] = in[i] ^ mask[i % 4]; in and out may be the same memory.
void apply_mask(bytes_view in, std::byte* out, std::array<std::byte, 4> mask) noexcept;

/// Appends a whole frame to `out`, masked if `mask` is given. `compressed` sets RSV1.
void append_websocket_frame(
    std::vector<std::byte>& out,
    websocket_opcode opcode,
    bytes_view payload,
    const std::array<std::byte, 4>* mask = nullptr,
    bool compressed = false
);

/// Payload of a Close frame: code and reason; empty for 1005.
/// A reason over 123 bytes is cut between characters, for a control frame has no room for more.
[[nodiscard]] std::vector<std::byte> encode_close_payload(
    std::uint16_t code, std::string_view reason
);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455, 4.2.2).
[[nodiscard]] std::string websocket_accept(std::string_view key);

/// True if `key` is base64 of 16 bytes.
[[nodiscard]] bool is_valid_websocket_key(std::string_view key) noexcept;

}  // namespace cosio::wire

namespace boost::system {
template <>
struct is_error_code_enum<cosio::wire::websocket_errc> : std::true_type
{};
}  // namespace boost::system
