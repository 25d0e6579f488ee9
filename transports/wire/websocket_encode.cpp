// SPDX-License-Identifier: BSL-1.0
#include "masking.hpp"
#include "sha1.hpp"
#include "websocket.hpp"

#include <cosio/detail/base64.hpp>
#include <cosio/limit.hpp>

namespace cosio::wire {
namespace {

constexpr std::size_t max_header_size = 14;
constexpr std::size_t max_close_reason = 123;
constexpr std::uint16_t no_close_code = 1005;
constexpr std::string_view accept_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

}  // namespace

std::size_t encode_websocket_header(
    std::byte* out,
    websocket_opcode opcode,
    std::uint64_t payload_size,
    const std::array<std::byte, 4>* mask
) noexcept
{
    const std::size_t wide = payload_size <= 125 ? 0 : payload_size <= 0xFFFF ? 2 : 8;
    const auto length = wide == 0 ? payload_size : wide == 2 ? 126 : 127;
    out[0] = std::byte{0x80} | static_cast<std::byte>(opcode);
    out[1] = static_cast<std::byte>(length | (mask ? 0x80 : 0));
    for (std::size_t i = 0; i != wide; ++i)
        out[2 + i] = static_cast<std::byte>(payload_size >> 8 * (wide - 1 - i));
    if (!mask)
        return 2 + wide;
    std::memcpy(out + 2 + wide, mask->data(), mask->size());
    return 2 + wide + mask->size();
}

void apply_mask(bytes_view in, std::byte* out, std::array<std::byte, 4> mask) noexcept
{
    unmask(in.data(), out, in.size(), mask);
}

void append_websocket_frame(
    std::vector<std::byte>& out,
    websocket_opcode opcode,
    bytes_view payload,
    const std::array<std::byte, 4>* mask,
    bool compressed
)
{
    std::array<std::byte, max_header_size> header;
    const auto header_size = encode_websocket_header(header.data(), opcode, payload.size(), mask);
    if (compressed)
        header[0] |= std::byte{0x40};
    const auto payload_at = out.size() + header_size;
    out.reserve(payload_at + payload.size());
    out.insert(out.end(), header.begin(), header.begin() + header_size);
    out.insert(out.end(), payload.begin(), payload.end());
    if (mask)
        unmask(out.data() + payload_at, out.data() + payload_at, payload.size(), *mask);
}

std::vector<std::byte> encode_close_payload(std::uint16_t code, std::string_view reason)
{
    if (code == no_close_code)
        return {};
    if (reason.size() > max_close_reason) {
        auto cut = max_close_reason;
        while (cut != 0 && (static_cast<unsigned char>(reason[cut]) & 0xC0) == 0x80)
            --cut;
        reason = reason.substr(0, cut);
    }
    std::vector<std::byte> payload{static_cast<std::byte>(code >> 8), static_cast<std::byte>(code)};
    const auto bytes = as_bytes(reason);
    payload.insert(payload.end(), bytes.begin(), bytes.end());
    return payload;
}

std::string websocket_accept(std::string_view key)
{
    const auto digest = sha1(as_bytes(std::string{key}.append(accept_guid)));
    std::string accept(detail::base64_size(digest.size()), '\0');
    detail::encode_base64(digest, accept.data());
    return accept;
}

bool is_valid_websocket_key(std::string_view key) noexcept
{
    std::array<std::byte, 21> nonce;
    return key.size() == detail::base64_size(16) && detail::decode_base64(key, nonce.data()) == 16;
}

namespace {

class websocket_category_type final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "cosio.websocket"; }

    std::string message(int value) const override
    {
        switch (static_cast<websocket_errc>(value)) {
        case websocket_errc::reserved_bits:
            return "a reserved bit is set that no extension defines there";
        case websocket_errc::unknown_opcode: return "unknown opcode";
        case websocket_errc::unmasked_frame: return "a client sent an unmasked frame";
        case websocket_errc::masked_frame: return "a server sent a masked frame";
        case websocket_errc::bad_control_frame:
            return "a control frame is fragmented or longer than 125 bytes";
        case websocket_errc::bad_length: return "payload length is not in its minimal form";
        case websocket_errc::unexpected_continuation:
            return "continuation frame outside a fragmented message";
        case websocket_errc::expected_continuation:
            return "new message inside a fragmented message";
        case websocket_errc::bad_close: return "invalid close code";
        case websocket_errc::invalid_utf8: return "text is not UTF-8";
        case websocket_errc::message_too_large: return "message exceeds max_payload";
        case websocket_errc::too_many_fragments: return "message exceeds max_fragments";
        case websocket_errc::invalid_deflate: return "a compressed message is damaged";
        case websocket_errc::bad_extension: return "the server chose an extension not offered";
        case websocket_errc::bad_upgrade: return "the server does not switch to WebSocket";
        case websocket_errc::bad_accept: return "the server answers another handshake";
        case websocket_errc::bad_protocol: return "the server chose a subprotocol not offered";
        }
        return "unknown WebSocket error";
    }

    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        const auto why = static_cast<websocket_errc>(value);
        if (why == websocket_errc::message_too_large)
            return limit::max_payload_bytes;
        if (why == websocket_errc::too_many_fragments)
            return limit::max_websocket_fragments;
        return condition::peer_violation;
    }

    bool equivalent(int value, const boost::system::error_condition& other) const noexcept override
    {
        const boost::system::error_condition means = default_error_condition(value);
        const bool is_limit = means.category() == limit_category();
        return other == means || other == (is_limit ? condition::limit : condition::peer_violation);
    }
};

constexpr websocket_category_type category_instance;

}  // namespace

const boost::system::error_category& websocket_category() noexcept
{
    return category_instance;
}

error_code make_error_code(websocket_errc value) noexcept
{
    return {static_cast<int>(value), websocket_category()};
}

std::uint16_t close_code(websocket_errc why) noexcept
{
    switch (why) {
    case websocket_errc::invalid_utf8:
    case websocket_errc::invalid_deflate: return 1007;
    case websocket_errc::too_many_fragments: return 1008;
    case websocket_errc::message_too_large: return 1009;
    case websocket_errc::reserved_bits:
    case websocket_errc::unknown_opcode:
    case websocket_errc::unmasked_frame:
    case websocket_errc::masked_frame:
    case websocket_errc::bad_control_frame:
    case websocket_errc::bad_length:
    case websocket_errc::unexpected_continuation:
    case websocket_errc::expected_continuation:
    case websocket_errc::bad_close:
    case websocket_errc::bad_extension:
    case websocket_errc::bad_upgrade:
    case websocket_errc::bad_accept:
    case websocket_errc::bad_protocol: break;
    }
    return 1002;
}

}  // namespace cosio::wire
