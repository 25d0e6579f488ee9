// SPDX-License-Identifier: BSL-1.0
#include "websocket.hpp"

#include "deflate.hpp"
#include "masking.hpp"
#include "payload_blocks.hpp"

#include <cosio/detail/mutant.hpp>
#include <cosio/detail/utf8.hpp>

#include <boost/assert.hpp>

#include <algorithm>
#include <cstring>

namespace cosio::wire {
namespace {

constexpr std::size_t max_header_size = 14;
constexpr std::size_t max_control_payload = 125;

constexpr bool is_control(websocket_opcode opcode) noexcept
{
    return static_cast<std::uint8_t>(opcode) >= 8;
}

constexpr bool is_known(unsigned opcode) noexcept
{
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// RFC 6455, 7.4, and the codes registered since then (1012 to 1014).
constexpr bool may_be_sent(unsigned code) noexcept
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace

struct websocket_decoder::frame_header
{
    websocket_opcode opcode{};
    bool final = false;
    bool masked = false;
    bool compressed = false;
    std::uint8_t size = 0;
    mask_key mask{};
    std::uint64_t length = 0;
};

// What outlives the fed bytes. Absent while the decoder is between messages.
struct websocket_decoder::remainder
{
    // An incomplete header, or a control frame from its header on.
    std::array<std::byte, max_header_size + max_control_payload> raw;
    std::uint8_t raw_size = 0;

    bool in_message = false;
    bool compressed = false;
    websocket_opcode opcode{};
    std::size_t fragments = 0;
    payload_blocks payload;
    detail::utf8_validator text;

    // Of the data frame whose payload is arriving.
    bool final = false;
    bool masked = false;
    mask_key mask{};
    std::uint64_t missing = 0;

    [[nodiscard]] bool empty() const noexcept { return raw_size == 0 && !in_message; }
};

enum class websocket_decoder::progress : std::uint8_t
{
    more,
    done,
    failed,
};

websocket_decoder::websocket_decoder(websocket_role own_role, websocket_limits limits) noexcept
    : limits_{limits}, role_{own_role}
{}

websocket_decoder::websocket_decoder(websocket_decoder&& other) noexcept = default;
websocket_decoder::~websocket_decoder() = default;

void websocket_decoder::feed(std::span<std::byte> bytes) noexcept
{
    BOOST_ASSERT(begin_ == end_);
    if (closed_)
        return;
    begin_ = bytes.data();
    end_ = begin_ + bytes.size();
}

result<std::optional<websocket_message>> websocket_decoder::next()
{
    if (kept_ && kept_->empty())
        kept_.reset();
    if (std::exchange(inflated_, false))
        inflater_->release();
    // Filled where it will be returned, so that no layer below moves a message.
    result<output> outcome;
    while (begin_ != end_) {
        step(*outcome);
        if (outcome->has_value())
            return outcome;
    }
    retained_.reset();
    if (failure_ != websocket_errc{})
        outcome = error_code{failure_};
    return outcome;
}

void websocket_decoder::retain()
{
    if (retained_ || begin_ == end_)
        return;
    const auto size = fed();
    retained_ = std::make_unique_for_overwrite<std::byte[]>(size);
    std::memcpy(retained_.get(), begin_, size);
    begin_ = retained_.get();
    end_ = begin_ + size;
}

bool websocket_decoder::mid_message() const noexcept
{
    return kept_ && !kept_->empty();
}

void websocket_decoder::step(output& out)
{
    if (kept_ && kept_->missing != 0)
        return take_payload(out);
    if (kept_ && kept_->raw_size != 0)
        return resume_header(out);

    frame_header header;
    const auto outcome = read_header({begin_, end_}, header);
    if (outcome == progress::failed)
        return;
    const auto whole_control = header.size + header.length;
    if (outcome == progress::more || (is_control(header.opcode) && fed() < whole_control)) {
        keep_header();
        return;
    }
    begin_ += header.size;
    if (!is_control(header.opcode))
        return take_data(header, out);
    const std::span payload{begin_, static_cast<std::size_t>(header.length)};
    begin_ += payload.size();
    take_control(header, payload, out);
}

// The rest of what keep_header() has begun.
void websocket_decoder::resume_header(output& out)
{
    auto& raw = kept_->raw;
    auto& size = kept_->raw_size;
    frame_header header;
    auto outcome = progress::more;
    while (outcome == progress::more && begin_ != end_) {
        raw[size++] = *begin_++;
        outcome = read_header({raw.data(), size}, header);
    }
    if (outcome != progress::done)
        return;
    if (!is_control(header.opcode)) {
        size = 0;
        return take_data(header, out);
    }
    const auto whole = header.size + static_cast<std::size_t>(header.length);
    const auto taken = std::min(whole - size, fed());
    std::copy_n(begin_, taken, raw.data() + size);
    begin_ += taken;
    size = static_cast<std::uint8_t>(size + taken);
    if (size != whole)
        return;
    size = 0;
    take_control(header, std::span{raw}.first(whole).subspan(header.size), out);
}

void websocket_decoder::take_data(const frame_header& header, output& out)
{
    if (!mid_message() && header.final && header.length <= fed()) {
        const std::span payload{begin_, static_cast<std::size_t>(header.length)};
        begin_ += payload.size();
        const auto seen = header.masked
                              ? unmask(payload.data(), payload.data(), payload.size(), header.mask)
                              : high_bits;
        if (header.compressed)
            return give_compressed(header.opcode, payload, out);
        if (header.opcode == websocket_opcode::text && (seen & high_bits) != 0 &&
            !detail::is_valid_utf8(as_text(payload))) {
            fail(websocket_errc::invalid_utf8);
            return;
        }
        auto& whole = out.emplace();
        whole.opcode = header.opcode;
        whole.payload = payload;
        return;
    }
    auto& message = kept();
    if (!message.in_message) {
        message.in_message = true;
        message.compressed = header.compressed;
        message.opcode = header.opcode;
    }
    ++message.fragments;
    message.final = header.final;
    message.masked = header.masked;
    message.mask = header.mask;
    message.missing = header.length;
    return take_payload(out);
}

void websocket_decoder::take_payload(output& out)
{
    auto& message = *kept_;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(message.missing, fed()));
    const std::span piece{begin_, size};
    begin_ += size;
    message.missing -= size;
    if (message.masked) {
        unmask(piece.data(), piece.data(), size, message.mask);
        std::ranges::rotate(message.mask, message.mask.begin() + size % 4);
    }
    const auto ended = message.final && message.missing == 0;
    if (message.opcode == websocket_opcode::text && !message.compressed &&
        (!message.text.feed(as_text(piece)) || (ended && !message.text.complete()))) {
        fail(websocket_errc::invalid_utf8);
        return;
    }
    if (!ended) {
        message.payload.append(piece, message.final ? message.missing : limits_.max_payload);
        return;
    }
    message.in_message = false;
    const auto whole = message.payload.finish(piece);
    if (message.compressed)
        return give_compressed(message.opcode, whole, out);
    out = websocket_message{.opcode = message.opcode, .payload = whole};
}

void websocket_decoder::give_compressed(websocket_opcode opcode, bytes_view payload, output& out)
{
    const auto inflated = inflater_->inflate(payload, limits_.max_payload);
    inflated_ = true;
    if (!inflated) {
        fail(static_cast<websocket_errc>(inflated.error().value()));
    } else if (opcode == websocket_opcode::text && !detail::is_valid_utf8(as_text(*inflated))) {
        fail(websocket_errc::invalid_utf8);
    } else {
        out = websocket_message{.opcode = opcode, .payload = *inflated};
    }
}

void websocket_decoder::take_control(
    const frame_header& header, std::span<std::byte> payload, output& out
)
{
    if (header.masked)
        unmask(payload.data(), payload.data(), payload.size(), header.mask);
    if (header.opcode == websocket_opcode::close)
        return take_close(payload, out);
    out = websocket_message{.opcode = header.opcode, .payload = payload};
}

void websocket_decoder::take_close(bytes_view payload, output& out)
{
    websocket_message message{.opcode = websocket_opcode::close};
    if (!payload.empty()) {
        const auto code = payload.size() < 2 ? 0U
                                             : std::to_integer<unsigned>(payload[0]) << 8 |
                                                   std::to_integer<unsigned>(payload[1]);
        if (!may_be_sent(code)) {
            fail(websocket_errc::bad_close);
            return;
        }
        message.close_code = static_cast<std::uint16_t>(code);
        message.payload = payload.subspan(2);
        if (!detail::is_valid_utf8(message.text())) {
            fail(websocket_errc::invalid_utf8);
            return;
        }
    }
    // The reason stays readable; the next call of next() frees what was kept.
    ignore_the_rest();
    if (kept_)
        kept_->in_message = false;
    out = message;
}

// A violation is reported by the first byte that shows it: `in` may be any beginning of a frame.
websocket_decoder::progress websocket_decoder::read_header(
    bytes_view in, frame_header& header
) noexcept
{
    if (const auto outcome = read_first_byte(in[0], header); outcome != progress::done)
        return outcome;
    if (in.size() < 2)
        return progress::more;
    header.masked = (in[1] & std::byte{0x80}) != std::byte{};
    if (header.masked != (role_ == websocket_role::server))
        return fail(header.masked ? websocket_errc::masked_frame : websocket_errc::unmasked_frame);
    if (const auto outcome = read_length(in, header); outcome != progress::done)
        return outcome;
    if (!header.masked)
        return progress::done;
    const auto mask_at = header.size;
    header.size = static_cast<std::uint8_t>(mask_at + header.mask.size());
    if (in.size() < header.size)
        return progress::more;
    std::memcpy(header.mask.data(), in.data() + mask_at, header.mask.size());
    return progress::done;
}

websocket_decoder::progress websocket_decoder::read_first_byte(
    std::byte first, frame_header& header
) noexcept
{
    const auto bits = std::to_integer<unsigned>(first);
    header.compressed = (bits & 0x40) != 0;
    if ((bits & 0x30) != 0 || (header.compressed && !inflater_))
        return fail(websocket_errc::reserved_bits);
    if (!is_known(bits & 0x0F))
        return fail(websocket_errc::unknown_opcode);
    header.opcode = static_cast<websocket_opcode>(bits & 0x0F);
    // RSV1 stands on the first frame of a data message only (RFC 7692, 6).
    if (header.compressed &&
        (is_control(header.opcode) || header.opcode == websocket_opcode::continuation))
        return fail(websocket_errc::reserved_bits);
    header.final = (bits & 0x80) != 0;
    if (is_control(header.opcode))
        return header.final ? progress::done : fail(websocket_errc::bad_control_frame);

    const auto continues = kept_ && kept_->in_message;
    if (continues != (header.opcode == websocket_opcode::continuation))
        return fail(
            continues ? websocket_errc::expected_continuation
                      : websocket_errc::unexpected_continuation
        );
    if (continues && kept_->fragments >= limits_.max_fragments)
        return fail(websocket_errc::too_many_fragments);
    return progress::done;
}

websocket_decoder::progress websocket_decoder::read_length(
    bytes_view in, frame_header& header
) noexcept
{
    const auto length = std::to_integer<std::uint8_t>(in[1] & std::byte{0x7F});
    const std::size_t wide = length == 126 ? 2 : length == 127 ? 8 : 0;
    header.size = static_cast<std::uint8_t>(2 + wide);
    header.length = length;
    if (is_control(header.opcode))
        return wide == 0 ? progress::done : fail(websocket_errc::bad_control_frame);
    if (wide != 0) {
        if (in.size() < header.size)
            return progress::more;
        header.length = 0;
        for (std::size_t i = 0; i != wide; ++i)
            header.length = header.length << 8 | std::to_integer<std::uint64_t>(in[2 + i]);
        if (header.length <= (wide == 2 ? max_control_payload : 0xFFFF) || header.length >> 63 != 0)
            return fail(websocket_errc::bad_length);
    }
    const auto received = kept_ ? kept_->payload.size() : 0;
    if (header.length > limits_.max_payload - received && !COSIO_MUTANT(no_size_limit_on_websocket))
        return fail(websocket_errc::message_too_large);
    return progress::done;
}

websocket_decoder::progress websocket_decoder::fail(websocket_errc why) noexcept
{
    failure_ = why;
    ignore_the_rest();
    kept_.reset();
    retained_.reset();
    return progress::failed;
}

void websocket_decoder::ignore_the_rest() noexcept
{
    closed_ = true;
    begin_ = end_ = nullptr;
}

websocket_decoder::remainder& websocket_decoder::kept()
{
    if (!kept_)
        kept_ = std::make_unique_for_overwrite<remainder>();
    return *kept_;
}

void websocket_decoder::keep_header()
{
    auto& rest = kept();
    rest.raw_size = static_cast<std::uint8_t>(fed());
    std::copy(begin_, end_, rest.raw.data());
    begin_ = end_;
}

}  // namespace cosio::wire
